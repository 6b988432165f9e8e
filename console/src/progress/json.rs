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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::clock::FakeClock;
    use crate::testing::Sink;
    use manifests::event::Outcome;

    fn json_lines() -> (JsonLines, Sink, FakeClock) {
        let (sink, time) = (Sink::default(), FakeClock::default());
        (JsonLines::new(Talk::plain(sink.stream()), time.clock()), sink, time)
    }

    #[test]
    fn every_event_is_one_line() {
        let (json, log, _) = json_lines();
        json.report(&Event::PhaseStarted { title: "fetching".into(), items: 1, bytes: Some(9) });
        json.report(&Event::TransferStarted { id: 7, name: "보따리\n".into(), bytes: None });
        json.report(&Event::TransferAdvanced { id: 7, bytes: 9 });
        json.report(&Event::TransferFinished { id: 7, outcome: Outcome::Done });
        json.report(&Event::PhaseFinished { title: "fetching".into() });
        json.report(&Event::Warning { text: "old".into() });
        insta::assert_snapshot!(log.text(), @r#"
        {"event":"phase-started","title":"fetching","items":1,"bytes":9}
        {"event":"transfer-started","id":7,"name":"보따리\n","bytes":null}
        {"event":"transfer-advanced","id":7,"bytes":9}
        {"event":"transfer-finished","id":7,"outcome":"done"}
        {"event":"phase-finished","title":"fetching"}
        {"event":"warning","text":"old"}
        "#);
    }

    #[test]
    fn pieces_are_added_up_and_none_is_lost() {
        let (json, log, time) = json_lines();
        json.report(&Event::TransferStarted { id: 1, name: "a".into(), bytes: None });
        for _ in 0..1000 {
            json.report(&Event::TransferAdvanced { id: 1, bytes: 3 });
            time.pass(1);
        }
        json.report(&Event::TransferFinished { id: 1, outcome: Outcome::Failed });
        let events = log.text();
        let told: Vec<serde_json::Value> =
            events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let pieces: Vec<_> = told.iter().filter_map(|event| event.get("bytes")?.as_u64()).collect();
        assert_eq!(pieces.iter().sum::<u64>(), 3000);
        assert_eq!(pieces.len(), 2, "{events}");
        assert_eq!(told.last().unwrap()["event"], "transfer-finished");
    }
}
