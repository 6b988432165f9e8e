//! Lines of versions: `1.33` is every 1.33.x, `19` is every 19.x.y. Rules speak of
//! lines, because that is what projects support.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A line of versions: one to three numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line(Vec<u32>);

/// A minor line: two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

/// Minor lines from one to another: `1.29 to 1.33`, `1.31 or newer`, `1.25 or
/// older`, or one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minors {
    oldest: Option<Minor>,
    newest: Option<Minor>,
}

/// Why a text is not a line, or not a range of lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: expected {expected}")]
pub struct LineError {
    text: String,
    what: &'static str,
    expected: &'static str,
}

impl Line {
    /// Whether a version is of this line: `v1.33.5`, `1.33.5-0` are of `1.33`.
    pub fn holds(&self, version: &str) -> bool {
        numbers(version).starts_with(&self.0)
    }
}

impl Minor {
    /// The minor line of a version; none when it does not begin with two numbers.
    pub fn of(version: &str) -> Option<Self> {
        match numbers(version)[..] {
            [major, minor, ..] => Some(Self { major, minor }),
            _ => None,
        }
    }
}

impl Minors {
    /// The lines from `oldest` to `newest`, both included.
    pub(super) fn between(oldest: Minor, newest: Minor) -> Self {
        Self { oldest: Some(oldest), newest: Some(newest) }
    }

    /// Whether a line is one of these.
    pub fn hold(&self, minor: Minor) -> bool {
        self.oldest.is_none_or(|oldest| oldest <= minor)
            && self.newest.is_none_or(|newest| minor <= newest)
    }
}

/// The numbers that a version begins with, after the `v` that some write.
fn numbers(version: &str) -> Vec<u32> {
    let text = version.strip_prefix('v').unwrap_or(version);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let parts = text[..end].split('.');
    parts.map_while(|part| part.parse().ok()).collect()
}

impl FromStr for Line {
    type Err = LineError;
    fn from_str(text: &str) -> Result<Self, LineError> {
        let parts: Option<Vec<_>> = text.split('.').map(number).collect();
        parts.filter(|parts| parts.len() <= 3).map(Self).ok_or_else(|| LineError {
            text: text.to_owned(),
            what: "a line of versions",
            expected: "one to three numbers, such as 1.33 or 19",
        })
    }
}

impl FromStr for Minors {
    type Err = LineError;
    fn from_str(text: &str) -> Result<Self, LineError> {
        minors(text).ok_or_else(|| LineError {
            text: text.to_owned(),
            what: "a range of versions",
            expected: "`1.29 to 1.33`, `1.31 or newer`, `1.25 or older` or `1.30`",
        })
    }
}

fn minors(text: &str) -> Option<Minors> {
    if let Some(oldest) = text.strip_suffix(" or newer") {
        return Some(Minors { oldest: Some(minor(oldest)?), newest: None });
    }
    if let Some(newest) = text.strip_suffix(" or older") {
        return Some(Minors { oldest: None, newest: Some(minor(newest)?) });
    }
    let (oldest, newest) = text.split_once(" to ").unwrap_or((text, text));
    let (oldest, newest) = (minor(oldest)?, minor(newest)?);
    (oldest <= newest).then(|| Minors::between(oldest, newest))
}

fn minor(text: &str) -> Option<Minor> {
    let (major, minor) = text.split_once('.')?;
    Some(Minor { major: number(major)?, minor: number(minor)? })
}

fn number(text: &str) -> Option<u32> {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for Minors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.oldest, self.newest) {
            (Some(oldest), Some(newest)) if oldest == newest => write!(f, "{oldest}"),
            (Some(oldest), Some(newest)) => write!(f, "{oldest} to {newest}"),
            (Some(oldest), None) => write!(f, "{oldest} or newer"),
            (None, Some(newest)) => write!(f, "{newest} or older"),
            (None, None) => f.write_str("any version"),
        }
    }
}

impl TryFrom<String> for Line {
    type Error = LineError;
    fn try_from(text: String) -> Result<Self, LineError> {
        text.parse()
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.to_string()
    }
}

impl TryFrom<String> for Minors {
    type Error = LineError;
    fn try_from(text: String) -> Result<Self, LineError> {
        text.parse()
    }
}

impl From<Minors> for String {
    fn from(minors: Minors) -> Self {
        minors.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_the_versions_that_begin_with_its_numbers() {
        let line: Line = "1.3".parse().unwrap();
        for version in ["v1.3.0", "1.3", "1.3.5-0", "v1.3.4-lab", "1.3.0+k1"] {
            assert!(line.holds(version), "{version}");
        }
        for version in ["v1.33.0", "1", "v2.1.3", "debian-12", "", "1.x"] {
            assert!(!line.holds(version), "{version}");
        }
        assert!("19".parse::<Line>().unwrap().holds("v19.2.3"));
    }

    #[test]
    fn lines_are_ordered_as_numbers() {
        let (older, newer): (Line, Line) = ("1.9".parse().unwrap(), "1.10".parse().unwrap());
        assert!(older < newer);
        for text in ["", "v1.2", "1.", "1.2.3.4", "1.x", "+1"] {
            assert!(text.parse::<Line>().is_err(), "{text}");
        }
    }

    #[test]
    fn ranges_include_both_ends_and_are_written_as_they_are_read() {
        let held = |text: &str| -> Vec<u32> {
            let range: Minors = text.parse().unwrap();
            assert_eq!(range.to_string(), text);
            (28..=32).filter(|minor| range.hold(Minor { major: 1, minor: *minor })).collect()
        };
        assert_eq!(held("1.29 to 1.31"), [29, 30, 31]);
        assert_eq!(held("1.31 or newer"), [31, 32]);
        assert_eq!(held("1.29 or older"), [28, 29]);
        assert_eq!(held("1.30"), [30]);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "1", "1.31 to 1.29", "1.29 - 1.31", "1.29 to", "v1.29", "1.2.3"] {
            assert!(text.parse::<Minors>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_minor_line_of_a_version() {
        let minor = |version| Minor::of(version).map(|minor| minor.to_string());
        assert_eq!(minor("v1.33.5").as_deref(), Some("1.33"));
        assert_eq!(minor("v19"), None);
        assert_eq!(minor("debian-12"), None);
    }
}
