//! What can go wrong on our own disk.

use manifests::{Digest, ExitCode, Failure};
use std::path::{Path, PathBuf};

/// The cache cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A file or folder of the cache.
    #[error("cannot {action} `{path}`")]
    Io {
        /// The verb: "create", "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What arrives cannot be written into the bundle, which is the only place
    /// it goes to.
    #[error("cannot write what arrives into the bundle")]
    Landing(#[source] std::io::Error),
    /// The bytes that arrived are not the bytes that were asked for.
    #[error("expected {expected}, found {found} after {size} bytes")]
    WrongBytes {
        /// The digest they should have.
        expected: Digest,
        /// The digest they have.
        found: Digest,
        /// How many there were.
        size: u64,
    },
    /// A blob that was here a moment ago.
    #[error("{digest} was removed or damaged while it was in use")]
    Gone {
        /// The blob.
        digest: Digest,
    },
}

impl CacheError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

impl Failure for CacheError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Io { .. } | Self::Landing(_) | Self::Gone { .. } => ExitCode::Step,
            Self::WrongBytes { .. } => ExitCode::Source,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => Some(
                "check free space and permissions there, or choose another place with `--cache DIR` (with `--no-cache`: with `-o`), then run the same command again: a cache keeps what has arrived".into(),
            ),
            Self::Landing(_) => Some(
                "check free space and permissions where the bundle goes, or choose another place with `-o`".into(),
            ),
            Self::Gone { .. } => Some("run the same command again".into()),
            Self::WrongBytes { .. } => None,
        }
    }
}
