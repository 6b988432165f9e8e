//! The form of the script's answer: `== NAME` begins a section, `| LINE` is a
//! line of it, `== end` is last. A value can never look like a section, and a
//! greeting that a login shell prints in front is passed over.

use std::collections::BTreeMap;

/// Longer lines are cut: nothing we ask for has them.
const LONGEST_LINE: usize = 4096;

/// Lines by section, control characters replaced.
#[derive(Debug)]
pub(crate) struct Answer(BTreeMap<String, Vec<String>>);

impl Answer {
    /// None when the end is missing.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut sections: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut current = None;
        for line in text.lines() {
            if line == "== end" {
                return Some(Self(sections));
            }
            if let Some(name) = line.strip_prefix("== ") {
                current = Some(name);
                sections.insert(name.to_owned(), Vec::new());
            } else if let (Some(name), Some(line)) = (current, line.strip_prefix("| ")) {
                sections.entry(name.to_owned()).or_default().push(clean(line));
            }
        }
        None
    }

    /// The lines of a section; none when it is absent.
    pub(crate) fn lines(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first line of a section that holds anything.
    pub(crate) fn word(&self, name: &str) -> Option<String> {
        let line = self.lines(name).iter().map(|line| line.trim()).find(|line| !line.is_empty())?;
        Some(line.to_owned())
    }

    /// The first line as a number.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.word(name)?.parse().ok()
    }

    /// Each line cut into words.
    pub(crate) fn words(&self, name: &str) -> impl Iterator<Item = Vec<&str>> {
        self.lines(name).iter().map(|line| line.split_whitespace().collect())
    }
}

fn clean(line: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\t' { '\u{fffd}' } else { c };
    line.chars().take(LONGEST_LINE).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_section_is_a_value() {
        let text = "Welcome!\n== a\n| == b\n| == end\nstray\n== c\n| \u{1b}[2J\n== end\n== d\n";
        let answer = Answer::read(text).unwrap();
        assert_eq!(answer.lines("a"), ["== b", "== end"]);
        assert_eq!(answer.word("c").unwrap(), "\u{fffd}[2J");
        assert!(answer.lines("b").is_empty() && answer.lines("d").is_empty());
    }

    #[test]
    fn an_answer_without_its_end_is_none() {
        assert!(Answer::read("== a\n| 1\n").is_none());
        assert!(Answer::read("").is_none());
    }
}
