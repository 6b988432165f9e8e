//! `inspect`: what a bundle holds, without reading all of it.

use super::{
    Ended,
    verify::{Keys, in_volumes},
};
use bundles::{Acceptance, Bundle, Cut, Gaps};
use clap::Args;
use console::{Console, Counts, text};
use manifests::{ExitCode, lockfile::Lockfile};
use serde_json::json;
use std::path::PathBuf;

/// Show what is in a bundle, reading only its header and the lockfile inside.
/// Signatures are checked against the keys given with `--trust`; without any,
/// none is. Any volume is enough to tell what it belongs to.
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The bundle: its file, its volumes in any order, or a folder that holds it.
    #[arg(required = true)]
    bundle: Vec<PathBuf>,
    #[command(flatten)]
    keys: Keys,
}

impl Inspect {
    pub(super) fn run(self, console: &Console) -> Ended {
        let trust = self.keys.trust()?;
        let acceptance = trust.as_ref().map_or(Acceptance::AnySigner, Acceptance::Trusted);
        let bundle = Bundle::open_one(&self.bundle, acceptance, Gaps::Tell)?;
        for fault in bundle.faults() {
            console.warn(&fault.to_string());
        }
        let lockfile = bundle.lockfile().inspect_err(|_| {
            // It lies in a volume that is not here; the header is.
            if !console.wants_json() {
                console.data(&heading(&bundle, ""));
            }
        })?;
        if console.wants_json() {
            console.json(&json!({
                "path": bundle.path(),
                "size": bundle.file_size(),
                "volumes": bundle.volumes().map(Cut::count),
                "signatures": signers(&bundle),
                "manifest": bundle.manifest(),
                "lockfile": lockfile,
            }));
        } else {
            console.data(&heading(&bundle, &console::choices(&lockfile)));
            console.table(&console::contents(&lockfile));
            console.data(&console::notes(&lockfile));
            console.data(&totals(&bundle, &lockfile));
        }
        Ok(ExitCode::Done)
    }
}

fn heading(bundle: &Bundle, choices: &str) -> String {
    let manifest = bundle.manifest();
    format!(
        "release    {} {}, serial {}\ntitle      {}\n{choices}written by {}\nsigned by  {}\n\n",
        manifest.release,
        manifest.version,
        manifest.serial,
        text::one_line(&manifest.title),
        manifest.encoder,
        match signers(bundle) {
            none if none.is_empty() => "nobody".to_owned(),
            signers => signers.join(", "),
        },
    )
}

fn signers(bundle: &Bundle) -> Vec<String> {
    let trusted = |key| match bundle.signed_by().contains(&key) {
        true => format!("{key} (trusted)"),
        false => format!("{key} (not checked)"),
    };
    bundle.signatures().iter().map(|signature| trusted(signature.key_id())).collect()
}

fn totals(bundle: &Bundle, lockfile: &Lockfile) -> String {
    let blobs = bundle.manifest().blobs.len() as u64;
    format!(
        "\n{}: {}, {}{}\n",
        Counts::of(lockfile),
        text::count(blobs, "blob", "blobs"),
        text::size(bundle.file_size()),
        in_volumes(bundle)
    )
}
