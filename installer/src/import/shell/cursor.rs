//! One line, character by character, with the place of each.

use manifests::cluster::Place;

#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    rest: &'t str,
    place: Place,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(line: u64, text: &'t str) -> Self {
        Self { rest: text, place: Place { line, column: 1 } }
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next()?;
        self.rest = chars.as_str();
        self.place.column += 1;
        Some(next)
    }

    /// Passes over this text when it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let here = self.rest.starts_with(text);
        if here {
            for _ in text.chars() {
                self.bump();
            }
        }
        here
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let begin = self.rest;
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
        begin.strip_suffix(self.rest).unwrap_or(begin)
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_while(is_blank);
    }

    /// Whether a word ends here.
    pub(super) fn at_blank_or_end(&self) -> bool {
        self.peek().is_none_or(is_blank)
    }
}

pub(super) fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}
