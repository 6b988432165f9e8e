//! `unpack`: a bundle becomes a folder that other tools can read.

use super::{
    CommandError,
    arguments::{JobsArguments, RollbackArguments, TrustArguments},
};
use crate::unpack::{UnpackOptions, Unpacked, unpack};
use bundles::Bundle;
use clap::Args;
use console::{Console, text};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    slice,
};

/// Unpack a bundle into a folder: an OCI image layout for skopeo and other tools
///
/// Every blob is checked while it is written. Run again after a stop or a full disk, it keeps the
/// blobs that are whole. `tar --zstd -xf` gives the same files, but checks nothing.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundle: its file, its volumes in any order, or a folder that holds it
    #[arg(value_name = "BUNDLE", required = true)]
    bundle: Vec<PathBuf>,

    /// Where to [default: a folder here, named RELEASE-VERSION]
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Of a damaged bundle, write what is intact and name what is not; the exit code stays 40
    #[arg(long)]
    keep_going: bool,
    #[command(flatten)]
    jobs: JobsArguments,
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    rollback: RollbackArguments,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let keys = self.trust.keys()?;
        let bundle = match self.keep_going {
            true => keys.look_at_one(&self.bundle)?,
            false => keys.open_one(&self.bundle, console)?,
        };
        let serials = self.rollback.check(slice::from_ref(&bundle))?;
        let folder = self.output.clone().unwrap_or_else(|| default_folder(&bundle));
        let options = UnpackOptions { jobs: self.jobs.count(), keep_going: self.keep_going };
        let done = unpack(&bundle, &folder, options, &*console.reporter())?;
        serials.remember(slice::from_ref(&bundle))?;
        tell(console, &folder, &done);
        Ok(())
    }
}

fn default_folder(bundle: &Bundle) -> PathBuf {
    let manifest = bundle.manifest();
    format!("{}-{}", manifest.release, manifest.version).into()
}

fn tell(console: &Console, folder: &Path, done: &Unpacked) {
    let Unpacked { written, written_bytes, kept } = *done;
    if console.wants_json() {
        console.json(&json!({
            "folder": folder,
            "written": written,
            "written-bytes": written_bytes,
            "kept": kept,
        }));
    }
    let blobs = text::count(written, "blob", "blobs");
    let size = text::size(written_bytes);
    console.success(&format!("{}: wrote {blobs} ({size}), kept {kept}", folder.display()));
}
