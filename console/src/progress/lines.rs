//! Plain lines for logs and pipes: phases, finished transfers, retries, and now
//! and then how the whole stands. Nothing is ever overwritten.

use super::Clock;
use super::phase::{Phase, Running, bytes_standing};
use super::tally::Tally;
use super::words;
use crate::color::Paint;
use crate::talk::Talk;
use crate::text;
use manifests::event::{Event, Outcome, Reporter};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A log of a silent hour helps nobody; one of every second neither.
const BETWEEN_STANDINGS: Duration = Duration::from_secs(10);

/// The reader that writes lines.
#[derive(Debug)]
pub(crate) struct Lines {
    talk: Talk,
    paint: Paint,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tally: Tally,
    last_standing: Duration,
}

impl Lines {
    /// Writes to `talk`, by the time of `clock`.
    pub(crate) fn new(talk: Talk, paint: Paint, clock: Clock) -> Self {
        Self { talk, paint, clock, state: Mutex::default() }
    }

    fn line_for(&self, event: &Event, state: &mut State, now: Duration) -> Option<String> {
        let State { tally, last_standing } = state;
        match event {
            Event::PhaseStarted { title, items, bytes } => {
                *last_standing = now;
                tally.begin(Phase::new(title, *items, *bytes, now));
                Some(phase_line(title, *items, *bytes))
            }
            Event::PhaseFinished { title } => tally.end(title, now),
            Event::TransferStarted { id, name, bytes } => {
                tally.start(*id, name, *bytes);
                None
            }
            Event::TransferAdvanced { id, bytes } => {
                tally.advance(*id, *bytes, now);
                None
            }
            Event::TransferFinished { id, outcome } => {
                let verb = tally.title().map_or_else(|| "done".to_owned(), words::past_verb);
                tally.finish(*id, *outcome).map(|item| transfer_line(&item, *outcome, &verb))
            }
            spoken => words::spoken(spoken, self.paint),
        }
    }
}

impl Reporter for Lines {
    fn report(&self, event: &Event) {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = self.line_for(event, &mut state, now) {
            self.talk.line(&line);
        }
        if now.saturating_sub(state.last_standing) >= BETWEEN_STANDINGS
            && let Some(standing) = state.tally.standing(now)
        {
            state.last_standing = now;
            self.talk.line(&standing);
        }
    }
}

fn phase_line(title: &str, items: u64, bytes: Option<u64>) -> String {
    let items = (items > 0).then(|| text::count(items, "item", "items"));
    let parts: Vec<_> = [items, bytes.map(text::size)].into_iter().flatten().collect();
    let colon = if parts.is_empty() { "" } else { ": " };
    text::printable(&format!("{title}{colon}{}", parts.join(", "))).into_owned()
}

/// `fetched  etcd-v3.5.23-linux-amd64.tar.gz  21.4 MiB`
fn transfer_line(item: &Running, outcome: Outcome, verb: &str) -> String {
    let (label, amount) = match outcome {
        Outcome::Done => (verb, item.moved.max(item.bytes.unwrap_or(0))),
        Outcome::Cached => ("cached", item.bytes.unwrap_or(item.moved)),
        Outcome::Failed => ("failed", item.moved),
    };
    let amount = match outcome {
        Outcome::Failed => bytes_standing(amount, item.bytes).unwrap_or_default(),
        Outcome::Done | Outcome::Cached => text::size(amount),
    };
    let line = format!("{}  {}  {amount}", text::fit(label, 7), item.name);
    line.trim_end().to_owned()
}
