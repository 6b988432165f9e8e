//! What can end unpacking, in words that name the file.

use bundles::BundleError;
use manifests::{ExitCode, Failure};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a bundle cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The bundle's bytes cannot be used.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The folder holds something that is not this bundle.
    #[error("`{folder}` holds something else than this bundle")]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process unpacks into the folder.
    #[error("another process unpacks into `{folder}`")]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// Some of the bundle is damaged or missing, and the rest was asked for.
    #[error("`{folder}` holds what is intact; damaged or missing: {}", listed(broken))]
    Incomplete {
        /// The folder.
        folder: PathBuf,
        /// The names of which something is not there.
        broken: Vec<String>,
        /// What was found first.
        source: Box<BundleError>,
    },
    /// The disk is full.
    #[error("the disk is full: `{path}` needs {missing} bytes more than there is room for")]
    DiskFull {
        /// The file that found no room.
        path: PathBuf,
        /// Bytes of it that were not written.
        missing: u64,
    },
    /// Something cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The first of them, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        text.push(format!("and {} more", names.len() - SHOWN));
    }
    text.join(", ")
}

impl Failure for UnpackError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Bundle(error) => error.exit_code(),
            Self::Incomplete { .. } => ExitCode::Untrusted,
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Bundle(error) => return error.hint(),
            Self::Incomplete { .. } => "`bottari-installer verify` names everything that is damaged; bring it again and run the same command again: what is here is kept".into(),
            Self::Occupied { .. } => "choose an empty folder or a new one with `-o`".into(),
            Self::Busy { .. } => "wait until it is done, or choose another folder with `-o`".into(),
            Self::DiskFull { .. } => "free some space and run the same command again: finished blobs are kept; or choose another disk with `-o`".into(),
            Self::Write { .. } => return None,
        })
    }
}

/// An error of the disk, for a file of which so many bytes are missing.
pub(super) fn failure(path: &Path, source: io::Error, missing: u64) -> UnpackError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            UnpackError::DiskFull { path, missing }
        }
        _ => UnpackError::Write { path, source },
    }
}
