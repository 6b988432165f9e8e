//! What one job takes: time, memory, bytes written, bytes fetched.

mod fence;
mod io;
mod memory;
mod process;
mod ready;

pub(crate) use fence::{Account, Fence};
pub(crate) use io::written_bytes;
pub(crate) use memory::Peak;
pub(crate) use process::measure;
pub(crate) use ready::settle;

use serde::Serialize;

/// What a job took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Sample {
    /// From its start to its end.
    pub(crate) seconds: f64,
    /// What it and its children gave the page cache to write.
    pub(crate) written: u64,
    /// What the servers sent it.
    pub(crate) fetched: u64,
    /// Answers that were wrong or missing.
    pub(crate) errors: u64,
    /// Most memory at one time.
    pub(crate) peak: Peak,
}

impl Sample {
    /// Two jobs, one after the other.
    pub(crate) fn then(self, next: Self) -> Self {
        Self {
            seconds: self.seconds + next.seconds,
            written: self.written + next.written,
            fetched: self.fetched + next.fetched,
            errors: self.errors + next.errors,
            peak: self.peak.max(next.peak),
        }
    }
}
