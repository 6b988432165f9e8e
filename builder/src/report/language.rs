//! The languages a report speaks, and texts that exist in all of them.

use std::fmt;

/// A language of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Korean.
    Korean,
    /// English.
    English,
}

impl Language {
    /// Its tag in HTML.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }
}

/// One text in every language. `{name}` in it is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) korean: &'static str,
    pub(super) english: &'static str,
}

impl Text {
    /// The text in one language.
    pub(super) fn to(self, language: Language) -> &'static str {
        match language {
            Language::Korean => self.korean,
            Language::English => self.english,
        }
    }

    /// The same with its places filled in one pass: a value that looks like a
    /// place stays as it is.
    pub(super) fn with(self, language: Language, values: &[(&str, &dyn fmt::Display)]) -> String {
        let mut parts = self.to(language).split('{');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            let value = values.iter().find(|(place, _)| *place == name);
            filled += &value.map_or_else(|| format!("{{{name}}}"), |(_, value)| value.to_string());
            filled += rest;
        }
        filled
    }
}

/// Names texts and lists them all, so that a test can read every one.
macro_rules! texts {
    ($($name:ident: $korean:literal, $english:literal;)+) => {
        $(pub(in crate::report) const $name: Text = Text { korean: $korean, english: $english };)+
        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),+];
    };
}

pub(super) use texts;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once() {
        let text = Text { korean: "{b}의 {a}", english: "{a} of {b}" };
        let values: [(&str, &dyn fmt::Display); 2] = [("a", &1), ("b", &"{a}")];
        assert_eq!(text.with(Language::English, &values), "1 of {a}");
        assert_eq!(text.with(Language::Korean, &values), "{a}의 1");
    }
}
