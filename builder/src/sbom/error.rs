//! Why there is no document.

use crate::cache::CacheError;
use bundles::BundleError;
use manifests::{Digest, ExitCode, Failure};
use std::io;

/// A blob could not be looked into because it is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    /// A blob is not there or cannot be read.
    #[error("cannot read {digest} of `{user}`")]
    Read {
        /// The blob.
        digest: Digest,
        /// Who needs it: `component/name`.
        user: String,
        /// Why.
        source: io::Error,
    },
    /// A blob has other bytes than its name says.
    #[error("a blob of `{user}` is damaged: expected {expected}, found {found}")]
    Differs {
        /// Who needs it: `component/name`.
        user: String,
        /// The digest it should have.
        expected: Digest,
        /// The digest it has.
        found: Digest,
    },
    /// The cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The operator asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Failure for SbomError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read { source, .. } => match of_bundle(source) {
                Some(error) => error.exit_code(),
                None => ExitCode::Step,
            },
            Self::Differs { .. } => ExitCode::Source,
            Self::Cache(error) => error.exit_code(),
            Self::Interrupted => ExitCode::Interrupted,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } => of_bundle(source).and_then(Failure::hint),
            Self::Differs { .. } => {
                Some("a damaged download is fetched anew when the same command is run again; a bundle must be made anew".into())
            }
            Self::Cache(error) => error.hint(),
            Self::Interrupted => {
                Some("run the same command again: what was looked into is kept".into())
            }
        }
    }
}

fn of_bundle(source: &io::Error) -> Option<&BundleError> {
    source.get_ref()?.downcast_ref()
}
