//! What happens during a long job, as data. The core sends events and never
//! prints; the console turns them into bars, plain lines or JSON.

use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Event {
    /// A part of the job began. Totals are what is known beforehand.
    PhaseStarted {
        /// What the part does: "fetching", "packing".
        title: String,
        /// How many things will be worked on.
        items: u64,
        /// How many bytes in all, when known.
        bytes: Option<u64>,
    },
    /// The part that began last is over.
    PhaseFinished {
        /// The title it began with.
        title: String,
    },
    /// Bytes of one thing begin to move.
    TransferStarted {
        /// Tells this transfer from the others; never used twice.
        id: u64,
        /// The thing, in the user's words.
        name: String,
        /// Its size, when known.
        bytes: Option<u64>,
    },
    /// More bytes of it have moved.
    TransferAdvanced {
        /// The transfer.
        id: u64,
        /// How many bytes since the last such event.
        bytes: u64,
    },
    /// No more bytes of it will move.
    TransferFinished {
        /// The transfer.
        id: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// A source failed in a way that may pass; it is tried again.
    Retrying {
        /// The thing being fetched.
        name: String,
        /// Which attempt failed, from 1.
        attempt: u32,
        /// How long we wait before the next one, in milliseconds.
        wait_ms: u64,
        /// What went wrong.
        why: String,
    },
    /// Something worth a line that needs no action.
    Notice {
        /// The line.
        text: String,
    },
    /// Something the user should act on or acknowledge.
    Warning {
        /// The line.
        text: String,
    },
}

/// How a transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every byte arrived and was checked.
    Done,
    /// It was already here; nothing moved.
    Cached,
    /// It was given up.
    Failed,
}

/// Receives events. Called from many threads at once.
pub trait Reporter: Send + Sync + std::fmt::Debug {
    /// Takes one event; must be quick and must not fail.
    fn report(&self, event: &Event);
}

/// A reporter for tests and for callers that do not care.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _: &Event) {}
}

/// Sends the events of one transfer, and says it failed when dropped early.
#[derive(Debug)]
pub struct Transfer<'a> {
    reporter: &'a dyn Reporter,
    id: u64,
    ended: bool,
}

impl<'a> Transfer<'a> {
    /// Announces a transfer.
    pub fn start(reporter: &'a dyn Reporter, name: &str, bytes: Option<u64>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        reporter.report(&Event::TransferStarted { id, name: name.to_owned(), bytes });
        Self { reporter, id, ended: false }
    }

    /// Says that `bytes` more have moved.
    pub fn advance(&self, bytes: u64) {
        self.reporter.report(&Event::TransferAdvanced { id: self.id, bytes });
    }

    /// Says how it ended.
    pub fn finish(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    fn end(&mut self, outcome: Outcome) {
        self.ended = true;
        self.reporter.report(&Event::TransferFinished { id: self.id, outcome });
    }
}

impl Drop for Transfer<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Outcome::Failed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Debug, Default)]
    struct Log(Mutex<Vec<Event>>);

    impl Reporter for Log {
        fn report(&self, event: &Event) {
            self.0.lock().unwrap().push(event.clone());
        }
    }

    #[test]
    fn a_dropped_transfer_is_reported_as_failed() {
        let log = Log::default();
        Transfer::start(&log, "a", None).finish(Outcome::Done);
        drop(Transfer::start(&log, "b", Some(3)));
        let outcomes: Vec<_> = log
            .0
            .lock()
            .unwrap()
            .iter()
            .filter_map(|event| match event {
                Event::TransferFinished { outcome, .. } => Some(*outcome),
                _ => None,
            })
            .collect();
        assert_eq!(outcomes, [Outcome::Done, Outcome::Failed]);
    }

    #[test]
    fn events_are_one_flat_json_object_each() {
        let event =
            Event::Retrying { name: "x".into(), attempt: 1, wait_ms: 250, why: "503".into() };
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(
            json,
            r#"{"event":"retrying","name":"x","attempt":1,"wait-ms":250,"why":"503"}"#
        );
    }
}
