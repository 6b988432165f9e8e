//! Walks a plan: every step when what it needs is done, hosts side by side, one
//! step at a time on each. It can be stopped anywhere, with kill -9 or a power
//! cut, and the same call goes on: the journal tells what was done, and the
//! host, looked at again, tells what is.

mod error;
mod event;
mod hosts;
mod lock;
mod recorder;
mod run;
mod schedule;

pub use error::{EngineError, FailedStep};
pub use event::{StepEvent, StepReporter};
pub use lock::{Holder, Locked, break_lock, release, take};
pub use run::{Summary, unfinished};

use crate::{
    plan::{HostName, Plan},
    steps::{Artifacts, Hosts},
};
use manifests::event::Reporter;
use std::{sync::atomic::AtomicBool, time::Duration};

/// Everything a run needs beside its journal.
#[derive(Debug, Clone, Copy)]
pub struct Engine<'a> {
    /// What is to be done.
    pub plan: &'a Plan,
    /// The ways to the hosts; at least those of the plan.
    pub hosts: &'a Hosts,
    /// The bytes of the bundle.
    pub artifacts: &'a dyn Artifacts,
    /// Who runs this, for locks: "kim@console-1".
    pub operator: &'a str,
    /// Hosts whose lock is broken, whoever holds it.
    pub break_locks: &'a [HostName],
    /// At most so many steps at once.
    pub parallel: usize,
    /// How long to wait between two looks at something that takes its time.
    pub pause: Duration,
    /// No step is begun once this is set; those that run come to their end.
    pub stop: &'a AtomicBool,
    /// Hears of uploads.
    pub reporter: &'a dyn Reporter,
    /// Hears of steps.
    pub steps: &'a dyn StepReporter,
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
