//! `inspect`: what a bundle says it holds, without reading all of it.

use super::{
    CommandError,
    arguments::{Keys, TrustArguments, warn},
    verify::in_volumes,
};
use bundles::{Bundle, Cut};
use clap::Args;
use console::{Console, Counts, text};
use manifests::lockfile::Lockfile;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Show what a bundle holds
///
/// Reads the header and the lockfile inside, both checked, and nothing else: to know that all
/// bytes are intact, use `verify`. Of volumes, any one is enough to tell what they belong to, and
/// those that are missing are named.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundles: files, volumes in any order, or folders that hold them
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,
    #[command(flatten)]
    trust: TrustArguments,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let keys = self.trust.keys()?;
        for bundle in &keys.look(&self.bundles)? {
            warn(bundle, console);
            let lockfile = bundle.lockfile().inspect_err(|_| {
                // It lies in a volume that is not here; the header is.
                if !console.wants_json() {
                    console.data(&heading(bundle, &keys, ""));
                }
            })?;
            if console.wants_json() {
                console.json(&json(bundle, &keys, &lockfile));
            } else {
                console.data(&heading(bundle, &keys, &console::choices(&lockfile)));
                console.table(&console::contents(&lockfile));
                console.data(&console::notes(&lockfile));
                console.data(&totals(bundle, &lockfile));
            }
        }
        Ok(())
    }
}

fn heading(bundle: &Bundle, keys: &Keys, choices: &str) -> String {
    let manifest = bundle.manifest();
    let arches: Vec<_> = manifest.arches.iter().map(|arch| arch.as_str()).collect();
    let signers = bundle.signatures().iter().map(|signature| keys.describe(signature.key_id()));
    format!(
        "release    {} {}, serial {}\n\
         title      {}\n\
         {choices}for        {}\n\
         signed by  {}\n\n",
        manifest.release,
        manifest.version,
        manifest.serial,
        text::one_line(&manifest.title),
        arches.join(", "),
        signers.collect::<Vec<_>>().join("\n           "),
    )
}

fn totals(bundle: &Bundle, lockfile: &Lockfile) -> String {
    let blobs = &bundle.manifest().blobs;
    format!(
        "\n{}: {} in {}, {} as a bundle{}\n",
        Counts::of(lockfile),
        text::size(blobs.iter().map(|blob| blob.size).sum()),
        text::count(blobs.len() as u64, "blob", "blobs"),
        text::size(bundle.file_size()),
        in_volumes(bundle),
    )
}

fn json(bundle: &Bundle, keys: &Keys, lockfile: &Lockfile) -> Value {
    let signatures: Vec<_> =
        bundle.signatures().iter().map(|signature| keys.json(signature.key_id())).collect();
    json!({
        "path": bundle.path(),
        "size": bundle.file_size(),
        "volumes": bundle.volumes().map(Cut::count),
        "signatures": signatures,
        "manifest": bundle.manifest(),
        "lockfile": lockfile,
    })
}
