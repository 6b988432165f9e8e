//! What can go wrong while a bundle is written.

use crate::error::BundleError;
use manifests::{Digest, ExitCode, Failure};
use std::{io, path::PathBuf};

/// Why a bundle could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A blob cannot be read.
    #[error("cannot read blob {digest} of `{user}`")]
    Source {
        /// The blob.
        digest: Digest,
        /// The first thing that needs it.
        user: String,
        /// Why.
        source: io::Error,
    },
    /// A blob is not what the lockfile says.
    #[error(
        "`{user}` differs from the lockfile: expected {expected} ({expected_size} bytes), found {found} ({found_size} bytes)"
    )]
    Differs {
        /// The first thing that needs it.
        user: String,
        /// Digest by the lockfile.
        expected: Digest,
        /// Size by the lockfile.
        expected_size: u64,
        /// Digest of what was read; of the first bytes, when it is too long.
        found: Digest,
        /// Bytes read.
        found_size: u64,
    },
    /// The earlier bundle cannot be copied from.
    #[error("cannot reuse the earlier bundle")]
    Reuse(#[source] BundleError),
    /// Somebody asked to stop.
    #[error("interrupted before the bundle was whole")]
    Stopped,
    /// The bundle cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for WriteError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Source { .. } | Self::Differs { .. } => ExitCode::Source,
            Self::Write { .. } => ExitCode::Input,
            Self::Reuse(error) => error.exit_code(),
            Self::Stopped => ExitCode::Interrupted,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Source { .. } => "run the same build without `--offline`: what the cache lacks is fetched".into(),
            Self::Differs { .. } => "the cache is damaged: the file was removed; run the same build again to fetch it".into(),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space or write elsewhere with `-o`, then run the same build again: what is in the cache is kept".into()
            }
            Self::Reuse(_) => "run the same build without `--reuse`, or with another bundle".into(),
            Self::Write { .. } => return None,
            Self::Stopped => "run the same build again: what is in the cache is kept".into(),
        })
    }
}
