//! What happens during a run, as data. The journal is one reader of it, the
//! screen another; neither can change what the engine does.

use crate::plan::{HostName, RunId, StepId};
use serde::{Deserialize, Serialize};

/// One thing that happened. Holds no output of commands, so no secret either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum StepEvent {
    /// The hosts are ours; steps begin.
    RunStarted {
        /// The run.
        run: RunId,
        /// How many steps the plan has.
        steps: usize,
        /// How many of them an earlier part of this run has done.
        done_before: usize,
    },
    /// A host was locked for this run.
    HostLocked {
        /// The host.
        host: HostName,
    },
    /// A step begins to change its host.
    StepStarted {
        /// The step.
        step: StepId,
        /// What it does.
        title: String,
        /// What the look at the host found missing.
        why: String,
    },
    /// There was nothing to do.
    StepSkipped {
        /// The step.
        step: StepId,
        /// Why not.
        why: String,
    },
    /// The host is as the step wants it.
    StepDone {
        /// The step.
        step: StepId,
    },
    /// The host is as the step wants it, but the operator should know something.
    StepWarned {
        /// The step.
        step: StepId,
        /// What.
        warning: String,
    },
    /// The step did not reach its end.
    StepFailed {
        /// The step.
        step: StepId,
        /// Why, in one line.
        cause: String,
    },
    /// No step is left that can begin.
    RunFinished {
        /// Steps that changed something.
        done: usize,
        /// Steps that found nothing to do.
        skipped: usize,
        /// Steps that failed.
        failed: usize,
        /// Steps that were never begun.
        left: usize,
    },
}

impl StepEvent {
    /// The step it is about.
    pub fn step(&self) -> Option<&StepId> {
        match self {
            Self::StepStarted { step, .. }
            | Self::StepSkipped { step, .. }
            | Self::StepDone { step }
            | Self::StepWarned { step, .. }
            | Self::StepFailed { step, .. } => Some(step),
            Self::RunStarted { .. } | Self::HostLocked { .. } | Self::RunFinished { .. } => None,
        }
    }

    /// Whether it says that the step's work is on the host.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::StepSkipped { .. } | Self::StepDone { .. } | Self::StepWarned { .. })
    }
}

/// Receives events, from one thread at a time.
pub trait StepReporter: Send + Sync + std::fmt::Debug {
    /// Takes one event; must be quick and must not fail.
    fn report(&self, event: &StepEvent);
}

/// Nobody listens.
impl StepReporter for manifests::event::Silent {
    fn report(&self, _: &StepEvent) {}
}
