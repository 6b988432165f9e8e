//! `sign`: add a signature to a bundle, on a machine that may have no network.

use super::{Ended, job, key::Password};
use bundles::{Acceptance, Bundle};
use clap::Args;
use console::Console;
use manifests::ExitCode;
use std::path::PathBuf;

/// Check every byte of a bundle, then sign it with one more key.
#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The bundle, signed or not.
    bundle: PathBuf,
    /// The secret key's file.
    #[arg(long)]
    key: PathBuf,
    #[command(flatten)]
    password: Password,
}

impl Sign {
    pub(super) fn run(self, console: &Console) -> Ended {
        let key = self.password.load(&self.key, console)?;
        let bundle = Bundle::open(&self.bundle, Acceptance::AnySigner)?;
        bundle.require_whole()?;
        // A signature vouches for every byte, so every byte is looked at first.
        bundle.verify(job::default_jobs(), console.reporter().as_ref())?;
        bundles::sign(&bundle, &key)??;
        let signatures =
            1 + bundle.signatures().iter().filter(|old| old.key_id() != key.public().id()).count();
        console.success(&format!(
            "signed {} with key {}; it has {}",
            self.bundle.display(),
            key.public().id(),
            console::text::count(signatures as u64, "signature", "signatures")
        ));
        Ok(ExitCode::Done)
    }
}
