//! HTML that cannot be made by accident: text becomes markup in one place, which
//! escapes it, and the names of elements and attributes are written in this
//! program. So nothing that a lockfile says can be anything but text.

/// A piece of a page: markup of this program around escaped text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

/// The name and value of an attribute; the value is escaped.
pub(super) type Attribute<'a> = (&'static str, &'a str);

impl Html {
    /// What this program itself wrote, such as its style sheet.
    pub(super) fn of_program(markup: &'static str) -> Self {
        Self(markup.to_owned())
    }

    /// Pieces, one after the other.
    pub(super) fn join(pieces: impl IntoIterator<Item = Self>) -> Self {
        Self(pieces.into_iter().map(|piece| piece.0).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// The only way from text to HTML.
impl From<&str> for Html {
    fn from(text: &str) -> Self {
        let mut escaped = String::with_capacity(text.len());
        text.chars().for_each(|c| escape(c, &mut escaped));
        Self(escaped)
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl<const N: usize> From<[Html; N]> for Html {
    fn from(pieces: [Html; N]) -> Self {
        Self::join(pieces)
    }
}

impl From<Vec<Html>> for Html {
    fn from(pieces: Vec<Html>) -> Self {
        Self::join(pieces)
    }
}

/// One element with what is in it.
pub(super) fn element(
    name: &'static str,
    attributes: &[Attribute<'_>],
    inside: impl Into<Html>,
) -> Html {
    let end = if is_in_line(name) { "" } else { "\n" };
    Html(format!("{}{}</{name}>{end}", opening(name, attributes), inside.into().0))
}

/// An element that holds nothing, such as `meta`.
pub(super) fn void(name: &'static str, attributes: &[Attribute<'_>]) -> Html {
    Html(opening(name, attributes) + "\n")
}

fn opening(name: &'static str, attributes: &[Attribute<'_>]) -> String {
    let value = |(name, value): &Attribute<'_>| format!(" {name}=\"{}\"", Html::from(*value).0);
    format!("<{name}{}>", attributes.iter().map(value).collect::<String>())
}

/// All others end a line, so that the file can be read and compared as text.
fn is_in_line(name: &str) -> bool {
    matches!(name, "a" | "b" | "bdi" | "code" | "span")
}

/// An element without attributes.
pub(super) fn plain(name: &'static str, inside: impl Into<Html>) -> Html {
    element(name, &[], inside)
}

fn escape(c: char, escaped: &mut String) {
    match c {
        '&' => escaped.push_str("&amp;"),
        '<' => escaped.push_str("&lt;"),
        '>' => escaped.push_str("&gt;"),
        '"' => escaped.push_str("&quot;"),
        '\'' => escaped.push_str("&#39;"),
        '\n' => escaped.push('\n'),
        c if is_unseen(c) => escaped.extend(c.escape_unicode()),
        c => escaped.push(c),
    }
}

/// Characters that no reader sees but that change what is read: they turn the
/// direction of writing, join, hide or stand for nothing. They are shown as
/// `\u{202e}`.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_inside_elements_and_attributes() {
        let hostile = "</td><script src='//a.io'>\"&\"</script>";
        let html = element("td", &[("title", hostile)], hostile).into_text();
        let escaped =
            "&lt;/td&gt;&lt;script src=&#39;//a.io&#39;&gt;&quot;&amp;&quot;&lt;/script&gt;";
        assert_eq!(html, format!("<td title=\"{escaped}\">{escaped}</td>\n"));
    }

    #[test]
    fn what_nobody_sees_is_shown() {
        assert_eq!(
            Html::from("a\u{202e}gpj\u{200b}\u{feff}").into_text(),
            "a\\u{202e}gpj\\u{200b}\\u{feff}"
        );
        assert_eq!(Html::from("\u{0}\u{1b}[31m\r\t").into_text(), "\\u{0}\\u{1b}[31m\\u{d}\\u{9}");
        assert_eq!(Html::from("보따리 résumé\n日本").into_text(), "보따리 résumé\n日本");
    }

    #[test]
    fn pieces_keep_their_order() {
        let list = plain("ul", vec![plain("li", "a"), plain("li", "<b>")]);
        assert_eq!(list.into_text(), "<ul><li>a</li>\n<li>&lt;b&gt;</li>\n</ul>\n");
        assert!(Html::default().is_empty());
    }
}
