//! What a run has done so far: one JSON line per event, on the disk before the
//! run goes on. It lives with the operator, never in the cluster, and holds no
//! secret. It explains the past; what a host is like now, the host decides.

mod error;
mod outstanding;
mod read;
mod times;

pub use error::JournalError;
pub use outstanding::{done, is_finished, outstanding};
pub use read::{Contents, Header, Record, read};
pub use times::{Times, times};

use crate::{engine::StepEvent, plan::RunId};
use manifests::Digest;
use serde::Serialize;
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// What a journal of this version says in its first record.
pub const FORMAT: &str = "bottari.journal/v1";

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    now: fn() -> SystemTime,
}

impl Journal {
    /// Goes on with the journal of this plan, or starts one for `new_run`.
    pub fn open(
        path: &Path,
        plan: &Digest,
        new_run: RunId,
        now: fn() -> SystemTime,
    ) -> Result<(Self, Contents), JournalError> {
        let Some(contents) = read(path)? else {
            let contents = Contents::new(Header::new(new_run, plan.clone()));
            return Ok((Self::create(path, &contents.header, now)?, contents));
        };
        if contents.header.plan != *plan {
            let (expected, found) = (plan.clone(), contents.header.plan);
            return Err(JournalError::OtherPlan { path: path.to_owned(), expected, found });
        }
        Ok((Self::resume(path, &contents, now)?, contents))
    }

    fn create(path: &Path, header: &Header, now: fn() -> SystemTime) -> Result<Self, JournalError> {
        let file = File::create(path).map_err(|source| failed(path, source))?;
        let mut journal = Self { path: path.to_owned(), file, now };
        journal.write(header)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| failed(path, source))?;
        Ok(journal)
    }

    /// Goes on behind the last whole record of `contents`, which was read from
    /// this path; a torn one is cut off.
    fn resume(
        path: &Path,
        contents: &Contents,
        now: fn() -> SystemTime,
    ) -> Result<Self, JournalError> {
        let open = || {
            let file = OpenOptions::new().append(true).open(path)?;
            file.set_len(contents.whole_bytes)?;
            file.sync_all()?;
            Ok(file)
        };
        let file = open().map_err(|source| failed(path, source))?;
        Ok(Self { path: path.to_owned(), file, now })
    }

    /// Adds one event; when this returns, it is on the disk.
    pub fn append(&mut self, event: &StepEvent) -> Result<(), JournalError> {
        let at = (self.now)().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let at = u64::try_from(at).expect("the clock is not 500 million years fast");
        self.write(&Record { at, event: event.clone() })
    }

    fn write(&mut self, record: &impl Serialize) -> Result<(), JournalError> {
        let mut line = serde_json::to_string(record).expect("records have text keys only");
        line.push('\n');
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|source| failed(&self.path, source))
    }
}

fn failed(path: &Path, source: io::Error) -> JournalError {
    JournalError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
