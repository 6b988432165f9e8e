//! The books of a whole job: the phases under way, innermost last, and the
//! transfers under way. Pure: events and the time go in, facts come out.

use super::phase::{Phase, Running};
use crate::text;
use manifests::event::Outcome;
use std::collections::BTreeMap;
use std::time::Duration;

/// What is under way.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    phases: Vec<Phase>,
    running: BTreeMap<u64, Running>,
}

impl Tally {
    /// A phase begins inside the one that runs, if any.
    pub(crate) fn begin(&mut self, phase: Phase) {
        self.phases.push(phase);
    }

    /// A phase is over; gives its summary, or nothing when it never began.
    pub(crate) fn end(&mut self, title: &str, now: Duration) -> Option<String> {
        let index = self.phases.iter().rposition(|phase| phase.title == text::one_line(title))?;
        Some(self.phases.remove(index).summary(now))
    }

    /// A transfer begins.
    pub(crate) fn start(&mut self, id: u64, name: &str, bytes: Option<u64>) {
        self.running
            .insert(id, Running { name: text::one_line(name).into_owned(), bytes, moved: 0 });
    }

    /// Bytes of a transfer moved.
    pub(crate) fn advance(&mut self, id: u64, bytes: u64, now: Duration) {
        if let Some(item) = self.running.get_mut(&id) {
            item.moved += bytes;
        }
        if let Some(phase) = self.phases.last_mut() {
            phase.advance(bytes, now);
        }
    }

    /// A transfer is over; gives what is known of it.
    pub(crate) fn finish(&mut self, id: u64, outcome: Outcome) -> Option<Running> {
        let item = self.running.remove(&id)?;
        if let Some(phase) = self.phases.last_mut() {
            phase.settle(&item, outcome);
        }
        Some(item)
    }

    /// The title of the innermost phase.
    pub(crate) fn title(&self) -> Option<&str> {
        self.phases.last().map(|phase| phase.title.as_str())
    }

    /// One line about the innermost phase.
    pub(crate) fn standing(&self, now: Duration) -> Option<String> {
        let running_bytes = self.running.values().map(|item| item.moved).sum();
        self.phases.last().map(|phase| phase.standing(running_bytes, now))
    }

    /// The transfers under way, oldest first.
    pub(crate) fn running(&self) -> impl Iterator<Item = (u64, &Running)> {
        self.running.iter().map(|(id, item)| (*id, item))
    }
}
