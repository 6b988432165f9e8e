//! The list of what is missing or damaged of a bundle: a text that is small enough
//! to be read by whoever approves that it crosses, and to be typed if it must.

use manifests::{ExitCode, Failure};
use std::{
    collections::BTreeSet,
    fmt,
    fs::File,
    io::{self, Read},
    num::ParseIntError,
    ops::Range,
    path::{Path, PathBuf},
    str::FromStr,
};

/// What the first line says; the number rises when the layout changes.
const FIRST: &str = "bottari resend list 1";

/// Chunks of one bundle that somebody lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResendList {
    /// Release, version and serial, for people.
    pub release: String,
    /// SHA-256 of `bottari.json`, in hex: what tells the bundle.
    pub manifest: String,
    /// The chunks, from 0, ascending, with gaps between the ranges.
    pub chunks: Vec<Range<u64>>,
    /// What is wrong, for people: one line each.
    pub notes: Vec<String>,
}

/// Longest list that is read, in bytes: every second chunk of the largest bundle.
const LIMIT: u64 = 16 << 20;

/// Why a text is no list.
#[derive(Debug, thiserror::Error)]
pub enum ResendListError {
    /// The file cannot be read.
    #[error("cannot read the list `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It begins otherwise.
    #[error("this is no resend list: its first line is not `{FIRST}`")]
    Other,
    /// A line is missing or not understood.
    #[error("the list is damaged: `{0}` is missing or wrong")]
    Line(&'static str),
    /// A slip of the pen, or of the medium.
    #[error("the list was changed: its lines add up to `{found}`, its last line says `{said}`")]
    Sum {
        /// What the lines hash to.
        found: String,
        /// What is written.
        said: String,
    },
}

impl Failure for ResendListError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }

    fn hint(&self) -> Option<String> {
        let carried = !matches!(self, Self::Read { .. });
        let advice = "compare it with what `verify --resend-list` wrote, and carry it again";
        carried.then(|| advice.into())
    }
}

impl ResendList {
    pub(crate) fn new(
        release: String,
        manifest: String,
        chunks: &BTreeSet<u64>,
        notes: Vec<String>,
    ) -> Self {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for chunk in chunks {
            match ranges.last_mut() {
                Some(last) if last.end == *chunk => last.end += 1,
                _ => ranges.push(*chunk..*chunk + 1),
            }
        }
        Self { release, manifest, chunks: ranges, notes }
    }

    /// Reads a list that was carried.
    pub fn read(path: &Path) -> Result<Self, ResendListError> {
        let read = |source| ResendListError::Read { path: path.to_owned(), source };
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(LIMIT).read_to_string(&mut text))
            .map_err(read)?;
        text.parse()
    }

    /// How many chunks are asked for.
    pub fn count(&self) -> u64 {
        self.chunks.iter().map(|range| range.end - range.start).sum()
    }

    /// Eight digits that stand for the list.
    pub(crate) fn sum(&self) -> String {
        sum(&self.lines())
    }

    /// The lines that count.
    fn lines(&self) -> String {
        let range = |range: &Range<u64>| match range.end - range.start {
            1 => range.start.to_string(),
            _ => format!("{}-{}", range.start, range.end - 1),
        };
        let chunks: Vec<_> = self.chunks.iter().map(range).collect();
        let Self { release, manifest, .. } = self;
        format!("{FIRST}\nrelease {release}\nmanifest {manifest}\nchunks {}\n", chunks.join(" "))
    }
}

impl fmt::Display for ResendList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        write!(f, "{lines}sum {}\n\n", sum(&lines))?;
        f.write_str("# Carry this file to where the bundle was built, and run there:\n")?;
        f.write_str("#   bottari-builder resend THIS-FILE BUNDLE\n")?;
        self.notes.iter().try_for_each(|note| writeln!(f, "# {}", note.replace(['\n', '\r'], " ")))
    }
}

impl FromStr for ResendList {
    type Err = ResendListError;

    fn from_str(text: &str) -> Result<Self, ResendListError> {
        let mut lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        if lines.next() != Some(FIRST) {
            return Err(ResendListError::Other);
        }
        let mut take = |word: &'static str| {
            let line = lines.next().and_then(|line| line.strip_prefix(word)?.strip_prefix(' '));
            line.map(str::trim).ok_or(ResendListError::Line(word))
        };
        let release = take("release")?.to_owned();
        let manifest = take("manifest")?.to_owned();
        let chunks = ranges(take("chunks")?).ok_or(ResendListError::Line("chunks"))?;
        let said = take("sum")?.to_owned();
        let list = Self { release, manifest, chunks, notes: Vec::new() };
        let found = sum(&list.lines());
        if found == said { Ok(list) } else { Err(ResendListError::Sum { found, said }) }
    }
}

/// Ascending ranges, of which at least one is there.
fn ranges(text: &str) -> Option<Vec<Range<u64>>> {
    let ranges: Vec<_> =
        text.split_whitespace().map(|word| range(word).ok()).collect::<Option<_>>()?;
    let sane = ranges.iter().all(|range| !range.is_empty());
    let ascending = ranges.windows(2).all(|pair| pair[0].end < pair[1].start);
    (sane && ascending && !ranges.is_empty()).then_some(ranges)
}

fn range(word: &str) -> Result<Range<u64>, ParseIntError> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    Ok(first.parse()?..last.parse::<u64>()?.saturating_add(1))
}

/// Eight digits that tell a slip.
fn sum(lines: &str) -> String {
    blake3::hash(lines.as_bytes()).to_hex()[..8].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> ResendList {
        let chunks = BTreeSet::from([0, 1, 2, 40, 77, 78]);
        let notes = vec!["volume 3 of 9 is missing".into()];
        ResendList::new("demo 1.0.0 (serial 7)".into(), "ab12".repeat(16), &chunks, notes)
    }

    #[test]
    fn a_list_is_short_and_read_back_without_its_notes() {
        let text = list().to_string();
        insta::assert_snapshot!(text, @"
        bottari resend list 1
        release demo 1.0.0 (serial 7)
        manifest ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12
        chunks 0-2 40 77-78
        sum 4ffd23dc

        # Carry this file to where the bundle was built, and run there:
        #   bottari-builder resend THIS-FILE BUNDLE
        # volume 3 of 9 is missing
        ");
        let read: ResendList = text.parse().unwrap();
        assert_eq!(read, ResendList { notes: Vec::new(), ..list() });
        assert_eq!(list().count(), 6);
        let typed = text.lines().filter(|line| !line.starts_with('#'));
        let typed = typed.map(|line| format!("  {line} ")).collect::<Vec<_>>().join("\r\n");
        assert!(typed.parse::<ResendList>().is_ok(), "blanks do not count");
    }

    #[test]
    fn a_slip_of_the_pen_is_told() {
        let text = list().to_string();
        let error = text.replace("40", "41").parse::<ResendList>().unwrap_err();
        assert!(matches!(error, ResendListError::Sum { .. }), "{error}");
        for (from, to, line) in [
            ("release", "relase", "release"),
            ("0-2 40", "2-0 40", "chunks"),
            ("0-2 40", "0-2 2", "chunks"),
            ("0-2 40", "0-2 x", "chunks"),
            ("sum", "", "sum"),
        ] {
            let error = text.replace(from, to).parse::<ResendList>().unwrap_err();
            assert!(matches!(error, ResendListError::Line(found) if found == line), "{error}");
        }
        for other in ["", "demo", "release x"] {
            let error = other.parse::<ResendList>().unwrap_err();
            assert!(matches!(error, ResendListError::Other), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, chunks in "chunks [0-9 -]{0,40}") {
            let _ = text.parse::<ResendList>();
            let whole = format!("{FIRST}\nrelease x\nmanifest y\n{chunks}\nsum 12345678\n");
            let _ = whole.parse::<ResendList>();
        }
    }
}
