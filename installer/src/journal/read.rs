//! Reads a journal that may have been torn off at any byte of its last record.

use super::{FORMAT, JournalError, failed};
use crate::{engine::StepEvent, plan::RunId};
use manifests::Digest;
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};

/// The first record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// The run.
    pub run: RunId,
    /// Digest of the stored plan.
    pub plan: Digest,
}

impl Header {
    /// The header of a new run.
    pub fn new(run: RunId, plan: Digest) -> Self {
        Self { format: FORMAT.into(), run, plan }
    }
}

/// Every other record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it was written, in milliseconds since 1970.
    pub at: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: StepEvent,
}

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Its first record.
    pub header: Header,
    /// All others.
    pub records: Vec<Record>,
    /// Where the last whole record ends.
    pub(super) whole_bytes: u64,
}

impl Contents {
    /// What a journal holds that has just been started.
    pub(super) fn new(header: Header) -> Self {
        Self { header, records: Vec::new(), whole_bytes: 0 }
    }
}

/// Reads a journal. `None` when there is none, or when its very first record
/// was torn off: then nothing had begun.
pub fn read(path: &Path) -> Result<Option<Contents>, JournalError> {
    match fs::read(path) {
        Ok(bytes) => parse(path, &bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(path, source)),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Option<Contents>, JournalError> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let Some(first) = lines.next().filter(|line| line.ends_with(b"\n")) else { return Ok(None) };
    let header = header(path, first)?;
    let mut contents = Contents { whole_bytes: first.len() as u64, ..Contents::new(header) };
    let mut lines = lines.filter(|line| line.ends_with(b"\n")).peekable();
    while let Some(line) = lines.next() {
        match serde_json::from_slice(line) {
            Ok(record) => contents.records.push(record),
            // Only the last record can have been on its way to the disk.
            Err(_) if lines.peek().is_none() => break,
            Err(source) => {
                let line = contents.records.len() + 2;
                return Err(JournalError::Damaged { path: path.to_owned(), line, source });
            }
        }
        contents.whole_bytes += line.len() as u64;
    }
    Ok(Some(contents))
}

/// Looks at the format alone first: another version may have other fields.
fn header(path: &Path, line: &[u8]) -> Result<Header, JournalError> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    let damaged = |source| JournalError::Damaged { path: path.to_owned(), line: 1, source };
    let Head { format } = serde_json::from_slice(line).map_err(damaged)?;
    if format != FORMAT {
        return Err(JournalError::Format { path: path.to_owned(), found: format });
    }
    serde_json::from_slice(line).map_err(damaged)
}
