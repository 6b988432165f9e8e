//! Why a journal cannot be used.

use manifests::{Digest, ExitCode, Failure};
use std::{io, path::PathBuf};

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It was written by another version.
    #[error("journal `{}` has format `{found}`: expected `{}`", path.display(), super::FORMAT)]
    Format {
        /// The journal.
        path: PathBuf,
        /// What its first record says.
        found: String,
    },
    /// A record that is not the last one cannot be read.
    #[error("line {line} of journal `{}` cannot be read", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// It belongs to another plan.
    #[error("journal `{}` was written for another plan: expected {expected}, found {found}", path.display())]
    OtherPlan {
        /// The journal.
        path: PathBuf,
        /// Digest of the stored plan.
        expected: Digest,
        /// Digest of the plan that it names.
        found: Digest,
    },
    /// The disk of this machine.
    #[error("journal `{}` cannot be read or written", path.display())]
    File {
        /// The journal.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for JournalError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Format { .. } => "finish the run with the installer that began it",
            Self::Damaged { .. } | Self::OtherPlan { .. } => {
                "move the run folder away and run the same command again: \
                 what is done is found on the hosts"
            }
            Self::File { .. } => "see that the disk is not full and the folder is yours",
        };
        Some(hint.into())
    }
}
