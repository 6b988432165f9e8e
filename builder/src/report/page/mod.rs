//! The report as one HTML file. Each language is a part of its own, whole in
//! itself, so that a desk prints and files the one it reads.

mod blocks;
mod changes;
mod contents;
mod findings;
mod identity;
mod notes;
mod overview;
mod packages;
mod release;
mod summary;
mod verify;

use super::{
    facts::Report,
    html::{Html, element, plain},
    language::{Language, Text},
    words,
};

/// The whole look of the page.
const STYLE: &str = include_str!("style.css");

/// Nothing is loaded and nothing runs, whatever is in the page: only its own style
/// is let through.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A report in one language.
struct Part<'a> {
    report: &'a Report<'a>,
    language: Language,
}

/// One section: its place in the page, its title and what is in it.
struct Section {
    id: &'static str,
    title: Text,
    inside: Html,
}

/// The report as an HTML file, in these languages in this order. Without any, in
/// Korean.
pub fn page(report: &Report<'_>, languages: &[Language]) -> String {
    let languages = if languages.is_empty() { &[Language::Korean] } else { languages };
    let parts: Vec<_> =
        languages.iter().map(|language| Part { report, language: *language }).collect();
    let main = plain("main", parts.iter().map(Part::render).collect::<Vec<_>>());
    let body = plain("body", [header(&parts), main]);
    let html = element("html", &[("lang", languages[0].tag())], [head(&parts), body]);
    format!("<!DOCTYPE html>\n{}", html.into_text())
}

fn head(parts: &[Part<'_>]) -> Html {
    let meta = |attributes: &[(&'static str, &str)]| super::html::void("meta", attributes);
    plain(
        "head",
        [
            meta(&[("charset", "utf-8")]),
            meta(&[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]),
            meta(&[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
            meta(&[("name", "referrer"), ("content", "no-referrer")]),
            meta(&[("name", "color-scheme"), ("content", "light")]),
            plain("title", title(parts)),
            plain("style", Html::of_program(STYLE)),
        ],
    )
}

fn title(parts: &[Part<'_>]) -> String {
    let titles: Vec<_> = parts.iter().map(|part| part.say(words::TITLE)).collect();
    format!("{} · {}", titles.join(" · "), release(parts[0].report))
}

fn release(report: &Report<'_>) -> String {
    format!("{} {}", report.release.name, report.release.version)
}

/// The one first heading of the page, and the way to each language.
fn header(parts: &[Part<'_>]) -> Html {
    let report = parts[0].report;
    let titles = parts
        .iter()
        .map(|part| element("span", &[("lang", part.language.tag())], part.say(words::TITLE)));
    let heading = [Html::join(titles), plain("bdi", release(report))];
    let jumps = match parts {
        [_] => Html::default(),
        several => jumps(several),
    };
    plain("header", [plain("h1", heading), jumps])
}

fn jumps(parts: &[Part<'_>]) -> Html {
    let jump = |part: &Part<'_>| {
        let target = format!("#{}", part.language.tag());
        let attributes = [("href", target.as_str()), ("lang", part.language.tag())];
        plain("li", element("a", &attributes, part.say(words::PART)))
    };
    let label = parts.iter().map(|part| part.say(words::JUMP)).collect::<Vec<_>>().join(" · ");
    let list = plain("ul", parts.iter().map(jump).collect::<Vec<_>>());
    element("nav", &[("aria-label", &label), ("class", "languages")], list)
}

impl Part<'_> {
    fn say(&self, text: Text) -> &'static str {
        text.to(self.language)
    }

    fn fill(&self, text: Text, values: &[(&str, &dyn std::fmt::Display)]) -> String {
        text.with(self.language, values)
    }

    fn render(&self) -> Html {
        let tag = self.language.tag();
        let sections = self.sections();
        let contents = self.table_of_contents(&sections);
        let mut inside = vec![self.title(), blocks::note(self.say(words::MADE_BY)), contents];
        inside.extend(sections.into_iter().map(|section| self.section(section)));
        element("article", &[("id", tag), ("lang", tag)], inside)
    }

    /// Names the release again: a part may be printed without the page's own title.
    fn title(&self) -> Html {
        let kind = element("span", &[("class", "kind")], self.say(words::TITLE));
        plain("h2", [kind, plain("bdi", release(self.report))])
    }

    fn sections(&self) -> Vec<Section> {
        let section = |id, title, inside| Section { id, title, inside };
        let mut sections = vec![
            section("summary", words::SUMMARY, self.summary()),
            section("signatures", words::SIGNATURES, self.identity()),
            section("findings", words::FINDINGS, self.findings()),
            section("changes", words::CHANGES, self.changes()),
            section("components", words::OVERVIEW, self.overview()),
            section("contents", words::CONTENTS, self.contents()),
            section("notes", words::NOTES, self.notes()),
            section("verify", words::VERIFY, self.verify()),
        ];
        sections.retain(|section| !section.inside.is_empty());
        sections
    }

    fn table_of_contents(&self, sections: &[Section]) -> Html {
        let entry = |section: &Section| {
            let target = format!("#{}", self.anchor(section.id));
            plain("li", element("a", &[("href", &target)], self.say(section.title)))
        };
        let list = plain("ol", sections.iter().map(entry).collect::<Vec<_>>());
        element("nav", &[("aria-label", self.say(words::JUMP)), ("class", "contents")], list)
    }

    fn section(&self, Section { id: name, title, inside }: Section) -> Html {
        let (id, heading) = (self.anchor(name), format!("{}-title", self.anchor(name)));
        let title = element("h3", &[("id", &heading)], self.say(title));
        let class = if is_long(name) { "page" } else { "part" };
        let attributes = [("id", id.as_str()), ("class", class), ("aria-labelledby", &heading)];
        element("section", &attributes, [title, inside])
    }

    /// Places are named once in the page, so each language has its own.
    fn anchor(&self, id: &str) -> String {
        format!("{}-{id}", self.language.tag())
    }
}

/// Sections that begin a printed page. The short ones between them, of a line or two
/// when all is well, share one.
fn is_long(id: &str) -> bool {
    matches!(id, "signatures" | "components" | "contents" | "notes" | "verify")
}
