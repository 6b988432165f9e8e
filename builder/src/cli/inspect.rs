//! `inspect`: what is in a bundle, from its header alone.

use super::{Ended, verify::Keys};
use bundles::{Acceptance, Bundle};
use clap::Args;
use console::Console;
use manifests::ExitCode;
use std::path::PathBuf;

/// Show what is in a bundle, without checking its contents. Signatures are
/// checked against the keys given with `--trust`; without any, none is.
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The bundle.
    bundle: PathBuf,
    #[command(flatten)]
    keys: Keys,
}

impl Inspect {
    pub(super) fn run(self, console: &Console) -> Ended {
        let trust = self.keys.trust()?;
        let acceptance = trust.as_ref().map_or(Acceptance::AnySigner, Acceptance::Trusted);
        let bundle = Bundle::open(&self.bundle, acceptance)?;
        console.inspection(&bundle.inspect());
        Ok(ExitCode::Done)
    }
}
