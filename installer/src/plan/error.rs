//! Why there is no plan to walk.

use super::{HostName, StepId};
use manifests::{ExitCode, Failure};
use std::{io, path::PathBuf};

/// Why a plan cannot be read, stored or walked.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It was written by another version.
    #[error("the plan has format `{found}`: expected `{}`", super::FORMAT)]
    Format {
        /// What its first field says.
        found: String,
    },
    /// It is not JSON, or a word in it is not what it should be.
    #[error("the plan cannot be read")]
    Json(#[source] serde_json::Error),
    /// Two steps have one name.
    #[error("step `{step}` is in the plan twice")]
    Duplicate {
        /// The name.
        step: StepId,
    },
    /// Two steps would share a unit on the host.
    #[error("steps `{step}` and `{other}` would have the same unit name")]
    SameUnit {
        /// The second step.
        step: StepId,
        /// The first.
        other: StepId,
    },
    /// A step's name begins with another host than the one it runs on.
    #[error("step `{step}` runs on `{host}`: expected its name to begin with that host")]
    WrongHost {
        /// The step.
        step: StepId,
        /// Where it would run.
        host: HostName,
    },
    /// A step waits for one that is not there.
    #[error("step `{step}` needs `{need}`, which is not in the plan")]
    UnknownNeed {
        /// The step that waits.
        step: StepId,
        /// What it waits for.
        need: StepId,
    },
    /// Steps wait for each other.
    #[error("these steps wait for each other: {}", join(steps))]
    Cycle {
        /// All that can never start.
        steps: Vec<StepId>,
    },
    /// An unfinished run was made for something else.
    #[error("a run in `{}` is not finished, and {what} has changed since it began", folder.display())]
    Changed {
        /// What differs.
        what: String,
        /// Where the run is.
        folder: PathBuf,
    },
    /// Somebody works in this folder.
    #[error("another installer is working in `{}`", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk of this machine.
    #[error("`{}` cannot be read or written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for PlanError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Format { .. } => "finish the run with the installer that began it",
            Self::Changed { .. } => {
                "finish the run with the bundle and the cluster file it began with, \
                 or add `--replan` to plan the rest anew"
            }
            Self::Busy { .. } => "wait until it ends, or give another folder with `--run-dir`",
            Self::File { .. } => "see that the disk is not full and the folder is yours",
            _ => "the file was changed by hand: run `bottari-installer plan` again",
        };
        Some(hint.into())
    }
}

fn join(steps: &[StepId]) -> String {
    steps.iter().map(|step| format!("`{step}`")).collect::<Vec<_>>().join(", ")
}
