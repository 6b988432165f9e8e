//! Why one value is not what its type expects, in words for its writer.

use serde::de;
use std::fmt::{self, Display};

/// The message without place or field; the reader knows both and adds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint(pub(super) String);

impl Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Complaint {}

impl de::Error for Complaint {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self(format!(
            "expected {}, found `{found}`{}",
            one_of(expected),
            suggestion(found, expected)
        ))
    }
}

/// `` `a`, `b` or `c` ``
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// `` ; did you mean `a`? ``, or nothing.
pub(super) fn suggestion(found: &str, words: &[&str]) -> String {
    nearest(found, words).map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

/// The word somebody probably meant: a slip in one letter of three at most.
pub(super) fn nearest<'w>(found: &str, words: &[&'w str]) -> Option<&'w str> {
    let found = found.to_lowercase().replace('_', "-");
    let distance = |word: &str| strsim::damerau_levenshtein(&found, word);
    let near = words.iter().copied().min_by_key(|word| distance(word))?;
    (distance(near) <= near.chars().count().div_ceil(3)).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let words = ["control-plane", "worker"];
        for slip in ["controlplane", "control_plane", "Control-Plane", "control-plain"] {
            assert_eq!(nearest(slip, &words), Some("control-plane"), "{slip}");
        }
        assert_eq!(nearest("wroker", &words), Some("worker"));
        assert_eq!(nearest("edge", &words), None);
        assert_eq!(nearest("", &words), None);
    }

    #[test]
    fn lists_of_words_read_as_english() {
        assert_eq!(one_of(&["a"]), "`a`");
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
