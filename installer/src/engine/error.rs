//! How a run can end badly.

use super::Holder;
use crate::{
    journal::JournalError,
    plan::{HostName, PlanError, StepId},
    steps::StepError,
};
use manifests::{ExitCode, Failure};

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Steps failed. The others that could be done are done.
    #[error("{}", describe(failed, *left))]
    Steps {
        /// The steps, at least one, in the order in which they failed.
        failed: Vec<FailedStep>,
        /// How many steps were never begun.
        left: usize,
        /// Why the first of them failed.
        #[source]
        first: std::sync::Arc<StepError>,
    },
    /// It was asked to stop, and every step that ran came to its end.
    #[error("stopped as asked: {left} of the plan's steps were not begun")]
    Stopped {
        /// How many steps were never begun.
        left: usize,
    },
    /// Somebody else works on a host.
    #[error(
        "host `{host}` is in use by run `{}` of {} since {}",
        holder.run, holder.operator, age(holder.age_seconds)
    )]
    Locked {
        /// The host.
        host: HostName,
        /// Who has it.
        holder: Holder,
    },
    /// A host cannot be made ready for the run.
    #[error("host `{host}` cannot be made ready")]
    Host {
        /// The host.
        host: HostName,
        /// Why.
        source: Box<StepError>,
    },
    /// The plan has steps for a host that nobody gave a way to.
    #[error("host `{host}` of the plan is not among the hosts of this run")]
    UnknownHost {
        /// The host.
        host: HostName,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// A step that failed.
#[derive(Debug, Clone)]
pub struct FailedStep {
    /// The step.
    pub step: StepId,
    /// Its host.
    pub host: HostName,
    /// Why; [`StepError::log_tail`] has the end of what it said.
    pub error: std::sync::Arc<StepError>,
}

impl Failure for EngineError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Steps { .. } => ExitCode::Step,
            Self::Stopped { .. } => ExitCode::Interrupted,
            Self::Locked { .. } | Self::Host { .. } => ExitCode::Host,
            Self::UnknownHost { .. } => ExitCode::Input,
            Self::Journal(error) => error.exit_code(),
            Self::Plan(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Steps { first, .. } => {
                let again = "run the same command again: it goes on from here";
                Some(match first.hint() {
                    Some(hint) => format!("{hint}; then {again}"),
                    None => again.into(),
                })
            }
            Self::Stopped { .. } => Some("run the same command again: it goes on from here".into()),
            Self::Locked { host, .. } => Some(format!(
                "wait for that run; if nobody works there any more, add `--break-lock {host}`"
            )),
            Self::Host { source, .. } => source.hint(),
            Self::UnknownHost { .. } => Some("run `bottari-installer plan` again".into()),
            Self::Journal(error) => error.hint(),
            Self::Plan(error) => error.hint(),
        }
    }
}

fn describe(failed: &[FailedStep], left: usize) -> String {
    let names: Vec<_> = failed.iter().map(|failed| format!("`{}`", failed.step)).collect();
    let noun = if failed.len() == 1 { "step" } else { "steps" };
    let rest = match left {
        0 => String::new(),
        1 => "; 1 step was not begun".to_owned(),
        left => format!("; {left} steps were not begun"),
    };
    format!("{noun} {} failed{rest}", names.join(", "))
}

fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
