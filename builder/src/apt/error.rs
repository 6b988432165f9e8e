//! Why there is no repository.

use super::{deb::DebError, paragraph::ParagraphError};
use crate::{keys::KeyError, sbom::SbomError};
use manifests::{ExitCode, Failure, packages::SystemName};

/// A repository cannot be made of what is here.
#[derive(Debug, thiserror::Error)]
pub enum AptError {
    /// A package is not there, or is damaged.
    #[error(transparent)]
    Blob(#[from] SbomError),
    /// A package that dpkg would not take either.
    #[error("`{user}` is not a package that apt can install")]
    Deb {
        /// The package: `system/name`.
        user: String,
        /// What is wrong with the file.
        source: DebError,
    },
    /// A package that describes itself in a way that could be misread.
    #[error("what `{user}` says of itself cannot go into an index")]
    Paragraph {
        /// The package: `system/name`.
        user: String,
        /// What is wrong with its control file.
        source: ParagraphError,
    },
    /// Another package than its index says.
    #[error("`{user}` is another package: expected {expected}, found {found}")]
    Other {
        /// The package: `system/name`.
        user: String,
        /// Name, version and architecture in the lockfile.
        expected: String,
        /// Those in the package.
        found: String,
    },
    /// No archive says when its packages are of.
    #[error("system `{system}` has no index, and so its repository no date")]
    Undated {
        /// The system.
        system: SystemName,
    },
    /// It cannot be signed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Failure for AptError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Blob(error) => error.exit_code(),
            Self::Deb { .. } | Self::Paragraph { .. } | Self::Other { .. } => ExitCode::Source,
            Self::Undated { .. } => ExitCode::Input,
            Self::Key(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Blob(error) => error.hint(),
            Self::Other { .. } => Some("somebody changed the lockfile, or the archive's index says other things than its packages: make the lockfile anew with `bottari-builder lock`; when it comes to the same, tell those who run the archive, and lock without this package".into()),
            Self::Deb { .. } | Self::Paragraph { .. } => Some("these are the bytes that the archive vouches for: tell those who run it, and lock without this package".into()),
            Self::Undated { .. } => Some("make the lockfile anew with `bottari-builder lock`".into()),
            Self::Key(error) => error.hint(),
        }
    }
}
