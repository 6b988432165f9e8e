//! Why there is no report.

use crate::apt::AptError;
use bundles::{BundleError, PlanError};
use manifests::{ExitCode, Failure, SbomFormat, yaml::InputError};
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
    /// The lockfile inside a bundle cannot have become that bundle.
    #[error("the lockfile in bundle `{path}` cannot become a bundle")]
    Plan {
        /// The bundle.
        path: PathBuf,
        /// Why not.
        source: PlanError,
    },
    /// A bundle and the lockfile inside it are of different releases.
    #[error("bundle `{path}` claims to be {bundle}, and its lockfile is of {lockfile}")]
    OtherRelease {
        /// The bundle.
        path: PathBuf,
        /// What the bundle says.
        bundle: String,
        /// What the lockfile says.
        lockfile: String,
    },
    /// A bundle lacks a document that its lockfile asks for.
    #[error("bundle `{path}` carries no bill of materials in {}, and its lockfile asks for one", format.title())]
    NoSbom {
        /// The bundle.
        path: PathBuf,
        /// In which format.
        format: SbomFormat,
    },
    /// The packages inside are not those that the lockfile lists.
    #[error("the OS packages in bundle `{path}` make no repository")]
    Packages {
        /// The bundle.
        path: PathBuf,
        /// Why not.
        source: AptError,
    },
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
            Self::Plan { .. }
            | Self::OtherRelease { .. }
            | Self::NoSbom { .. }
            | Self::Packages { .. }
            | Self::Changed { .. } => ExitCode::Untrusted,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Bundle(error) => error.hint(),
            Self::Lockfile(error) => error.hint(),
            Self::Plan { .. }
            | Self::OtherRelease { .. }
            | Self::NoSbom { .. }
            | Self::Packages { .. } => Some(
                "`bottari-builder build` does not write such a bundle: ask whoever made it".into(),
            ),
            Self::Changed { .. } => Some("run it again while nobody writes to the file".into()),
        }
    }
}
