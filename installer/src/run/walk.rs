//! One call of `apply`: opens the journal, walks, and stops when asked.

use super::{RunError, new_run};
use crate::{
    engine::{Engine, StepReporter, Summary},
    journal::Journal,
    plan::{HostName, Plan, RunFolder},
    steps::{Artifacts, Hosts},
};
use manifests::event::{Event, Reporter};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};
use tokio::sync::mpsc;

/// A message for each time the operator asks for an end.
pub type Interrupts = mpsc::Receiver<()>;

/// Everything that one call needs.
#[derive(Debug, Clone, Copy)]
pub struct Walk<'a> {
    /// Where the journal is.
    pub folder: &'a RunFolder,
    /// What is done; the plan stored in `folder`.
    pub plan: &'a Plan,
    /// The ways to the hosts.
    pub hosts: &'a Hosts,
    /// The bytes of the bundle.
    pub artifacts: &'a dyn Artifacts,
    /// Who does it.
    pub operator: &'a str,
    /// Hosts whose lock is broken, whoever holds it.
    pub break_locks: &'a [HostName],
    /// At most so many steps at once.
    pub parallel: usize,
    /// How long to wait between two looks at something that takes its time.
    pub pause: Duration,
    /// Hears of steps.
    pub steps: &'a dyn StepReporter,
    /// Hears of uploads.
    pub reporter: &'a dyn Reporter,
}

impl Walk<'_> {
    /// Walks the plan. The first interrupt lets the steps that run come to
    /// their end; the second does not wait for them.
    pub async fn go(&self, interrupts: &mut Interrupts) -> Result<Summary, RunError> {
        let (path, run) = (self.folder.journal(), new_run(SystemTime::now()));
        let (mut journal, contents) =
            Journal::open(&path, &self.plan.digest(), run, SystemTime::now)?;
        let stop = AtomicBool::new(false);
        let engine = self.engine(&stop);
        let mut walking = std::pin::pin!(engine.apply(&mut journal, &contents));
        loop {
            tokio::select! {
                biased;
                ended = &mut walking => return Ok(ended?),
                Some(()) = interrupts.recv() => {
                    if stop.swap(true, Ordering::Relaxed) {
                        return Err(RunError::Interrupted);
                    }
                    let text = "stopping when the running steps have ended; \
                                once more to stop without waiting, which loses nothing";
                    self.reporter.report(&Event::Notice { text: text.into() });
                }
            }
        }
    }

    fn engine<'e>(&'e self, stop: &'e AtomicBool) -> Engine<'e> {
        Engine {
            plan: self.plan,
            hosts: self.hosts,
            artifacts: self.artifacts,
            operator: self.operator,
            break_locks: self.break_locks,
            parallel: self.parallel,
            pause: self.pause,
            stop,
            reporter: self.reporter,
            steps: self.steps,
        }
    }
}
