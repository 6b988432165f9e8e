//! `large`: how much memory a bundle of 20 GB takes. The files are holes, so making
//! them takes no time; what is built of them is as large as any other bundle.

mod files;
mod jobs;
mod space;
mod table;

use crate::{
    measure::{Account, Sample},
    problem::{Result, write},
    report::{self, Machine},
};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// What every job has to do with, in bytes; as a limit it counts page cache too.
const MEMORY: u64 = 192 << 20;

/// How to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder to work in; what is made in it is removed at the end
    #[arg(long, value_name = "DIR", env = "BOTTARI_BENCH_DIR", default_value = "target/bench")]
    work: PathBuf,
    /// Files of 4 MiB instead of 512 MiB, to see that everything works
    #[arg(long)]
    small: bool,
    /// Write everything that was measured into this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What a job took.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    job: &'static str,
    sample: Sample,
    /// None where no group could be made, so nothing was limited.
    account: Option<Account>,
    /// What it fetched, read or sent.
    bytes: u64,
    met: bool,
}

impl Row {
    fn new(job: &'static str, sample: Sample, account: Option<Account>, bytes: u64) -> Self {
        Self { job, sample, account, bytes, met: sample.peak.resident <= MEMORY }
    }
}

/// Measures and prints it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let (site, rows) = jobs::run(&options.work, size(options))?;
    let machine = Machine::here();
    report::print(&format!("{}{}", machine.text(), table::text(&site, &rows)))?;
    let Some(path) = &options.json else { return Ok(()) };
    let value = json!({
        "machine": machine,
        "limit": MEMORY,
        "file-bytes": site.file_bytes,
        "bundle-bytes": site.bundle_bytes,
        "rows": rows,
    });
    write(path, &serde_json::to_string_pretty(&value)?)
}

/// Bytes of each file.
fn size(options: &Options) -> u64 {
    if options.small { 4 << 20 } else { 512 << 20 }
}
