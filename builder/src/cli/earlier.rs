//! The bundle that a build begins from: one that is named, or the one that it is
//! about to replace.

use crate::{
    keys::{self, KeyError, SigningKey},
    supply::SupplyError,
};
use bundles::{Acceptance, Bundle, BundleError, PublicKey, Reuse, Trust};
use clap::Args;
use manifests::Failure;
use std::path::{Path, PathBuf};

/// What of an earlier build may be used.
#[derive(Debug, Args)]
#[command(next_help_heading = "Earlier bundle")]
pub(super) struct Earlier {
    /// Take what has not changed from this bundle instead of the cache or the
    /// sources; it must be signed by the key that signs now, or one to trust.
    /// A bundle that is to be replaced is looked at anyway, for what need not be
    /// packed again.
    #[arg(long, value_name = "BUNDLE")]
    reuse: Option<PathBuf>,
    /// A public key whose bundles may be reused; may be given several times.
    #[arg(long, value_name = "PUB")]
    trust: Vec<PathBuf>,
}

impl Earlier {
    /// The bundle that is named. It must be there and trusted.
    pub(super) fn named(
        &self,
        signer: Option<&SigningKey>,
    ) -> Result<Option<Reuse>, Box<dyn Failure>> {
        let Some(path) = &self.reuse else { return Ok(None) };
        Ok(Some(open(path, self.keys(signer)?).map_err(SupplyError::Bundle)?))
    }

    /// The bundle that is going to be replaced, when it can be used.
    pub(super) fn replaced(&self, signer: Option<&SigningKey>, path: &Path) -> Option<Reuse> {
        let keys = self.keys(signer).ok().filter(|keys| !keys.is_empty() && path.is_file())?;
        // One volume at this place is not the bundle, even with all others beside it.
        open(path, keys).ok().filter(|reuse| reuse.bundle().require_whole().is_ok())
    }

    fn keys(&self, signer: Option<&SigningKey>) -> Result<Vec<PublicKey>, KeyError> {
        let trusted = self.trust.iter().map(|path| keys::to_trust(path));
        let own = signer.map(|key| Ok(key.public().clone()));
        trusted.chain(own).collect()
    }
}

fn open(path: &Path, keys: Vec<PublicKey>) -> Result<Reuse, BundleError> {
    Reuse::new(Bundle::open(path, Acceptance::Trusted(&Trust::new(keys, 1)))?)
}
