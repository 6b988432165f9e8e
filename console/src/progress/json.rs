//! Events for programs: one JSON object per line, in the form that
//! `manifests::event` gives them.

use super::Clock;
use crate::talk::Talk;
use manifests::event::{Event, Reporter};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A fast link moves thousands of pieces per second; nobody reads that many.
const BETWEEN_ADVANCES: Duration = Duration::from_millis(500);

/// The reader that writes JSON lines. The pieces of one transfer are added up
/// and told twice a second; their sum is exact when its end is told.
#[derive(Debug)]
pub(crate) struct JsonLines {
    talk: Talk,
    clock: Clock,
    untold: Mutex<BTreeMap<u64, Untold>>,
}

/// What a transfer has moved since it was told last.
#[derive(Debug)]
struct Untold {
    bytes: u64,
    told: Duration,
}

impl JsonLines {
    /// Writes to `talk`, by the time of `clock`.
    pub(crate) fn new(talk: Talk, clock: Clock) -> Self {
        Self { talk, clock, untold: Mutex::default() }
    }

    fn write(&self, event: &Event) {
        let line = serde_json::to_string(event).expect("events hold nothing JSON cannot say");
        self.talk.line(&line);
    }

    fn advance(&self, untold: &mut BTreeMap<u64, Untold>, id: u64, bytes: u64) {
        let now = self.clock.now();
        let entry = untold.entry(id).or_insert(Untold { bytes: 0, told: now });
        entry.bytes += bytes;
        if now.saturating_sub(entry.told) >= BETWEEN_ADVANCES {
            entry.told = now;
            self.write(&Event::TransferAdvanced { id, bytes: std::mem::take(&mut entry.bytes) });
        }
    }
}

impl Reporter for JsonLines {
    fn report(&self, event: &Event) {
        // Held while writing, so that no piece is told after its transfer's end.
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::TransferAdvanced { id, bytes } => self.advance(&mut untold, *id, *bytes),
            Event::TransferFinished { id, .. } => {
                if let Some(Untold { bytes: bytes @ 1.., .. }) = untold.remove(id) {
                    self.write(&Event::TransferAdvanced { id: *id, bytes });
                }
                self.write(event);
            }
            _ => self.write(event),
        }
    }
}
