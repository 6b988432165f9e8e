//! `inspect`: what a bundle says it holds, without reading all of it.

use super::{
    CommandError,
    arguments::{Keys, TrustArguments},
};
use bundles::Bundle;
use clap::Args;
use console::{Console, Counts, text};
use manifests::lockfile::Lockfile;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Show what a bundle holds
///
/// Reads the header and the lockfile inside, both checked, and nothing else: to know that all
/// bytes are intact, use `verify`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundles
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,
    #[command(flatten)]
    trust: TrustArguments,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let keys = self.trust.keys()?;
        for bundle in &keys.open(&self.bundles)? {
            let lockfile = bundle.lockfile()?;
            if console.wants_json() {
                console.json(&json(bundle, &keys, &lockfile));
            } else {
                console.data(&heading(bundle, &keys, &lockfile));
                console.table(&console::contents(&lockfile));
                console.data(&console::notes(&lockfile));
                console.data(&totals(bundle, &lockfile));
            }
        }
        Ok(())
    }
}

fn heading(bundle: &Bundle, keys: &Keys, lockfile: &Lockfile) -> String {
    let manifest = bundle.manifest();
    let arches: Vec<_> = manifest.arches.iter().map(|arch| arch.as_str()).collect();
    let signers = bundle.signatures().iter().map(|signature| keys.describe(signature.key_id()));
    format!(
        "release    {} {}, serial {}\n\
         title      {}\n\
         {}for        {}\n\
         signed by  {}\n\n",
        manifest.release,
        manifest.version,
        manifest.serial,
        text::one_line(&manifest.title),
        console::choices(lockfile),
        arches.join(", "),
        signers.collect::<Vec<_>>().join("\n           "),
    )
}

fn totals(bundle: &Bundle, lockfile: &Lockfile) -> String {
    let blobs = &bundle.manifest().blobs;
    format!(
        "\n{}: {} in {}, {} as a bundle\n",
        Counts::of(lockfile),
        text::size(blobs.iter().map(|blob| blob.size).sum()),
        text::count(blobs.len() as u64, "blob", "blobs"),
        text::size(bundle.file_size()),
    )
}

fn json(bundle: &Bundle, keys: &Keys, lockfile: &Lockfile) -> Value {
    let signatures: Vec<_> =
        bundle.signatures().iter().map(|signature| keys.json(signature.key_id())).collect();
    json!({
        "path": bundle.path(),
        "size": bundle.file_size(),
        "signatures": signatures,
        "manifest": bundle.manifest(),
        "lockfile": lockfile,
    })
}
