//! Why there is no report.

use bundles::BundleError;
use manifests::{ExitCode, Failure, yaml::InputError};
use std::{io, path::PathBuf};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The bundle is damaged or not trusted.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The lockfile is wrong.
    #[error(transparent)]
    Lockfile(#[from] InputError),
    /// It is not the file that was checked a moment ago.
    #[error("`{path}` changed while it was read")]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

impl Failure for ReportError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read { .. } => ExitCode::Input,
            Self::Bundle(error) => error.exit_code(),
            Self::Lockfile(error) => error.exit_code(),
            Self::Changed { .. } => ExitCode::Untrusted,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Bundle(error) => error.hint(),
            Self::Lockfile(error) => error.hint(),
            Self::Changed { .. } => Some("run it again while nobody writes to the file".into()),
        }
    }
}
