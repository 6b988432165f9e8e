//! Options that several verbs share, and what they mean: which keys count, what
//! this host remembers, how a bundle is opened.

use super::CommandError;
use crate::{
    rollback::{AllowedRollback, RollbackError, Serials},
    trust_store::{self, TrustStore, TrustStoreError, TrustedKey},
};
use bundles::{Acceptance, Bundle, Gaps, KeyId, PublicKey, Trust};
use clap::Args;
use console::Console;
use serde_json::{Value, json};
use std::{num::NonZeroUsize, path::PathBuf, thread};

/// Whose signature is needed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Trust")]
pub(super) struct TrustArguments {
    /// Trust this public key and no others; can be given several times
    ///
    /// Without it the keys in /etc/bottari/trust and ~/.config/bottari/trust count,
    /// which `trust add` puts there; `$BOTTARI_TRUST_DIR` replaces both folders.
    #[arg(long, value_name = "PUB")]
    trust: Vec<PathBuf>,

    /// How many trusted keys must have signed
    #[arg(long, value_name = "N", default_value = "1")]
    require: NonZeroUsize,
}

/// What this host remembers of earlier bundles.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Trust")]
pub(super) struct RollbackArguments {
    /// Accept a release that is older than what was used here before
    #[arg(long, value_name = "NAME@SERIAL")]
    allow_rollback: Vec<AllowedRollback>,

    /// Where the highest serial of each release is remembered
    ///
    /// By default /var/lib/bottari for root, else `$XDG_STATE_HOME/bottari` or
    /// ~/.local/state/bottari.
    #[arg(long, value_name = "DIR", env = "BOTTARI_STATE_DIR", hide_env_values = true)]
    state_dir: Option<PathBuf>,
}

/// How much work is done at once.
#[derive(Debug, Clone, Args)]
pub(super) struct JobsArguments {
    /// How many threads work at once [default: one for each processor]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl JobsArguments {
    pub(super) fn count(&self) -> usize {
        let processors = || thread::available_parallelism().ok();
        self.jobs.or_else(processors).map_or(1, NonZeroUsize::get)
    }
}

/// Keys that count for this command.
#[derive(Debug)]
pub(super) struct Keys {
    keys: Vec<TrustedKey>,
    require: usize,
}

impl TrustArguments {
    pub(super) fn keys(&self) -> Result<Keys, TrustStoreError> {
        let keys = match self.trust.is_empty() {
            true => TrustStore::of_this_host().keys()?,
            false => self
                .trust
                .iter()
                .map(|path| {
                    Ok(TrustedKey { key: trust_store::read_key(path)?, path: path.clone() })
                })
                .collect::<Result<_, TrustStoreError>>()?,
        };
        Ok(Keys { keys, require: self.require.get() })
    }
}

impl Keys {
    /// Opens bundles that these keys vouch for, in files, volumes or folders. All
    /// of each must be there.
    pub(super) fn open(
        &self,
        paths: &[PathBuf],
        console: &Console,
    ) -> Result<Vec<Bundle>, CommandError> {
        let bundles = Bundle::open_all(paths, Acceptance::Trusted(&self.trust()), Gaps::Refuse)?;
        for bundle in &bundles {
            warn(bundle, console);
        }
        Ok(bundles)
    }

    /// Opens the one bundle that these paths hold.
    pub(super) fn open_one(
        &self,
        paths: &[PathBuf],
        console: &Console,
    ) -> Result<Bundle, CommandError> {
        let bundle = Bundle::open_one(paths, Acceptance::Trusted(&self.trust()), Gaps::Refuse)?;
        warn(&bundle, console);
        Ok(bundle)
    }

    /// Opens bundles to look at them, also when volumes are missing.
    pub(super) fn look(&self, paths: &[PathBuf]) -> Result<Vec<Bundle>, CommandError> {
        Ok(Bundle::open_all(paths, Acceptance::Trusted(&self.trust()), Gaps::Tell)?)
    }

    /// Opens the one bundle of which these paths hold some.
    pub(super) fn look_at_one(&self, paths: &[PathBuf]) -> Result<Bundle, CommandError> {
        Ok(Bundle::open_one(paths, Acceptance::Trusted(&self.trust()), Gaps::Tell)?)
    }

    fn trust(&self) -> Trust {
        trust_store::trust(&self.keys, self.require)
    }

    /// The trusted keys that vouch for a bundle.
    pub(super) fn that_signed(&self, bundle: &Bundle) -> Vec<PublicKey> {
        let signed = |trusted: &&TrustedKey| bundle.signed_by().contains(&trusted.key.id());
        self.keys.iter().filter(signed).map(|trusted| trusted.key.clone()).collect()
    }

    /// What is known about a key that signed, for people.
    pub(super) fn describe(&self, id: KeyId) -> String {
        match self.fingerprint(id) {
            Some(fingerprint) => format!("{id} (fingerprint {fingerprint})"),
            None => format!("{id} (not trusted here)"),
        }
    }

    /// The same for programs.
    pub(super) fn json(&self, id: KeyId) -> Value {
        let fingerprint = self.fingerprint(id);
        json!({ "key-id": id.to_string(), "trusted": fingerprint.is_some(), "fingerprint": fingerprint })
    }

    fn fingerprint(&self, id: KeyId) -> Option<String> {
        let known = self.keys.iter().find(|trusted| trusted.key.id() == id)?;
        Some(known.key.fingerprint().to_string())
    }
}

/// Tells what is wrong with volumes that can be used all the same.
pub(super) fn warn(bundle: &Bundle, console: &Console) {
    for fault in bundle.faults() {
        console.warn(&fault.to_string());
    }
}

impl RollbackArguments {
    pub(super) fn serials(&self) -> Result<Serials, RollbackError> {
        match &self.state_dir {
            Some(folder) => Ok(Serials::new(folder)),
            None => Serials::in_default_place(),
        }
    }

    /// Refuses bundles that are older than what was used here.
    pub(super) fn check(&self, bundles: &[Bundle]) -> Result<Serials, RollbackError> {
        let serials = self.serials()?;
        serials.check(bundles, &self.allow_rollback)?;
        Ok(serials)
    }
}
