//! What happens is on the disk before anybody hears of it.

use super::{EngineError, StepEvent, StepReporter};
use crate::journal::Journal;

/// Writes each event to the journal, and only then tells others.
#[derive(Debug)]
pub(super) struct Recorder<'a> {
    journal: &'a mut Journal,
    reporter: &'a dyn StepReporter,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(journal: &'a mut Journal, reporter: &'a dyn StepReporter) -> Self {
        Self { journal, reporter }
    }

    pub(super) fn record(&mut self, event: &StepEvent) -> Result<(), EngineError> {
        self.journal.append(event)?;
        self.reporter.report(event);
        Ok(())
    }
}
