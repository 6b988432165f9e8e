//! YAML at the border: strict, with line and column, and written back the same
//! way every time.
//!
//! `serde-saphyr` by default turns a plain `yes` into `true`; release files and
//! cluster files are written by people, so only `true` and `false` are booleans
//! here, and unknown or repeated keys are mistakes.

use crate::{ExitCode, Failure};
use serde::{Serialize, de::DeserializeOwned};
use std::path::{Path, PathBuf};

/// A file whose text is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not this format, or a value in it is wrong.
    #[error("`{path}` line {line}, column {column}: {message}")]
    Text {
        /// The file.
        path: PathBuf,
        /// Line, from 1; 0 when the whole file is meant.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong.
        message: String,
    },
    /// Every value can be read, but they do not go together.
    #[error("`{path}`: {message}")]
    Meaning {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl Failure for InputError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }
}

impl InputError {
    /// A mistake that concerns the file as a whole.
    pub fn meaning(path: &Path, message: impl Into<String>) -> Self {
        Self::Meaning { path: path.to_owned(), message: message.into() }
    }
}

/// Reads one YAML document. `path` is only for messages.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, InputError> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        let message = one_line(&error.without_snippet().to_string());
        InputError::Text { path: path.to_owned(), line, column, message }
    })
}

/// The parser ends its messages with the place, which [`InputError`] shows in
/// front, where an editor finds it.
pub(crate) fn one_line(message: &str) -> String {
    let message = message.split_once(" at line ").map_or(message, |(text, _)| text);
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the text of an input file.
pub fn read(path: &Path) -> Result<String, InputError> {
    std::fs::read_to_string(path)
        .map_err(|source| InputError::Read { path: path.to_owned(), source })
}

/// Writes a document: block style, one fact per line.
pub fn render<T: Serialize>(value: &T) -> String {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(value, options)
        .expect("our types hold only maps, lists, texts and numbers")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, Serialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        version: String,
        wanted: Option<bool>,
        serial: Option<u64>,
    }

    fn read_sample(text: &str) -> Result<Sample, String> {
        parse(Path::new("a.yaml"), text).map_err(|e| e.to_string())
    }

    #[test]
    fn a_version_that_looks_like_a_number_stays_text() {
        for text in ["1.10", "3.10", "0x10", "yes", "1e3"] {
            assert_eq!(read_sample(&format!("version: {text}")).unwrap().version, text);
        }
    }

    #[test]
    fn texts_survive_writing_and_reading() {
        for text in ["1.10", "yes", "null", "~", "", " a ", "a: b", "- x", "한글", "'\"", "0o7"] {
            let sample = Sample { version: text.into(), wanted: None, serial: None };
            assert_eq!(read_sample(&render(&sample)).unwrap(), sample, "{text}");
        }
    }

    #[test]
    fn a_long_text_stays_on_its_line() {
        let version = format!("https://example.org/{}", "long/".repeat(40));
        let sample = Sample { version, wanted: None, serial: None };
        assert_eq!(render(&sample).lines().count(), 3);
    }

    #[test]
    fn mistakes_name_the_line_and_the_column() {
        let unknown = read_sample("version: v1\nwnated: true\n").unwrap_err();
        assert!(unknown.starts_with("`a.yaml` line 2, column 1: "), "{unknown}");
        let twice = read_sample("version: v1\nversion: v2\n").unwrap_err();
        assert!(twice.starts_with("`a.yaml` line 2, column 1: "), "{twice}");
        let yes = read_sample("version: v1\nwanted: yes\n").unwrap_err();
        assert!(yes.starts_with("`a.yaml` line 2, column 9: "), "{yes}");
        let number = read_sample("version: v1\nserial: one\n").unwrap_err();
        assert!(number.starts_with("`a.yaml` line 2, column 9: "), "{number}");
    }
}
