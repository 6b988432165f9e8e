//! What sections are built of: tables, lists of facts, code.

use crate::report::html::{Html, element, plain};

/// A table whose head is repeated on every printed page. Its columns are sized by
/// the style sheet, by `class`.
pub(super) fn table(class: &'static str, heads: &[&str], bodies: Vec<Html>) -> Html {
    let cells = heads.iter().map(|head| element("th", &[("scope", "col")], *head));
    let head = plain("thead", plain("tr", cells.collect::<Vec<_>>()));
    let table = element("table", &[("class", class)], [head, Html::join(bodies)]);
    element("div", &[("class", "table")], table)
}

/// Rows that stay together on paper.
pub(super) fn body(rows: impl Into<Html>) -> Html {
    plain("tbody", rows)
}

pub(super) fn row(cells: impl IntoIterator<Item = Html>) -> Html {
    plain("tr", cells.into_iter().collect::<Vec<_>>())
}

pub(super) fn cell(inside: impl Into<Html>) -> Html {
    plain("td", inside)
}

pub(super) fn number(text: impl Into<Html>) -> Html {
    element("td", &[("class", "number")], text)
}

/// The cell that names its row.
pub(super) fn row_head(inside: impl Into<Html>) -> Html {
    element("th", &[("scope", "row")], inside)
}

/// Bytes, names, addresses: exactly as they are, in a fixed width.
pub(super) fn code(text: &str) -> Html {
    element("code", &[("translate", "no")], text)
}

pub(super) fn paragraph(text: impl Into<Html>) -> Html {
    plain("p", text)
}

pub(super) fn note(text: impl Into<Html>) -> Html {
    element("p", &[("class", "note")], text)
}

/// A short word in a frame; its class says how it looks, the word what it means.
pub(super) fn mark(class: &'static str, text: &str) -> Html {
    element("span", &[("class", class)], text)
}

/// Names with their values.
pub(super) fn facts(facts: Vec<(&str, Html)>) -> Html {
    let fact = |(name, value): (&str, Html)| {
        let pair = [plain("dt", name), plain("dd", value)];
        plain("div", pair)
    };
    plain("dl", facts.into_iter().map(fact).collect::<Vec<_>>())
}

pub(super) fn small(text: impl Into<Html>) -> Html {
    element("div", &[("class", "small")], text)
}
