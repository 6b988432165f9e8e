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
                let item = tally.finish(*id, *outcome)?;
                is_worth_a_line(&item, *outcome).then(|| transfer_line(&item, *outcome, &verb))
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

/// Hundreds of image manifests would bury the layers; the end of the phase
/// counts them all.
fn is_worth_a_line(item: &Running, outcome: Outcome) -> bool {
    const SMALL: u64 = 64 << 10;
    outcome == Outcome::Failed || item.moved.max(item.bytes.unwrap_or(0)) >= SMALL
}

fn phase_line(title: &str, items: u64, bytes: Option<u64>) -> String {
    let items = (items > 0).then(|| text::count(items, "item", "items"));
    let parts: Vec<_> = [items, bytes.map(text::size)].into_iter().flatten().collect();
    let colon = if parts.is_empty() { "" } else { ": " };
    text::one_line(&format!("{title}{colon}{}", parts.join(", "))).into_owned()
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
    let line = format!("{}  {}  {amount}", text::fit(label, 8), item.name);
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::clock::FakeClock;
    use crate::testing::{Sink, plain};
    use manifests::event::Transfer;

    const MIB: u64 = 1 << 20;

    fn lines() -> (Lines, Sink, FakeClock) {
        let (sink, time) = (Sink::default(), FakeClock::default());
        (Lines::new(Talk::plain(sink.stream()), plain(), time.clock()), sink, time)
    }

    #[test]
    fn a_job_reads_as_a_log() {
        let (lines, log, time) = lines();
        let title = || "fetching".to_owned();
        lines.report(&Event::PhaseStarted { title: title(), items: 3, bytes: Some(60 * MIB) });
        let etcd = Transfer::start(&lines, "etcd-v3.5.23-linux-amd64.tar.gz", Some(40 * MIB));
        Transfer::start(&lines, "helm-v3.18.0.tar.gz", Some(10 * MIB)).finish(Outcome::Cached);
        for _ in 0..20 {
            time.pass(1000);
            etcd.advance(2 * MIB);
        }
        etcd.finish(Outcome::Done);
        let gone = Transfer::start(&lines, "calicoctl", Some(10 * MIB));
        gone.advance(MIB);
        drop(gone);
        lines.report(&Event::Retrying {
            name: "calicoctl".into(),
            attempt: 1,
            wait_ms: 2000,
            why: "status 503 \u{1b}[2J".into(),
        });
        time.pass(2000);
        let again = Transfer::start(&lines, "calicoctl", None);
        again.advance(10 * MIB);
        again.finish(Outcome::Done);
        lines.report(&Event::PhaseFinished { title: title() });
        insta::assert_snapshot!(log.text(), @r"
        fetching: 3 items, 60.0 MiB
        cached    helm-v3.18.0.tar.gz  10.0 MiB
        fetching: 1 of 3 items, 30.0 MiB of 60.0 MiB, 2.0 MiB/s, 15 s left
        fetching: 1 of 3 items, 50.0 MiB of 60.0 MiB, 2.0 MiB/s, 5 s left
        fetched   etcd-v3.5.23-linux-amd64.tar.gz  40.0 MiB
        failed    calicoctl  1.0 MiB of 10.0 MiB
        retrying `calicoctl` in 2.0 s: attempt 1 failed: status 503 \u{1b}[2J
        fetched   calicoctl  10.0 MiB
        fetched 2 items, 51.0 MiB in 22.0 s (1 was already here, 1 failed)
        ");
    }

    #[test]
    fn a_fast_job_says_nothing_in_between() {
        let (lines, log, time) = lines();
        lines.report(&Event::PhaseStarted { title: "packing".into(), items: 0, bytes: None });
        for _ in 0..99 {
            time.pass(100);
            Transfer::start(&lines, "x", None).advance(1);
        }
        assert_eq!(log.text().matches("packing:").count(), 0, "{}", log.text());
        time.pass(100);
        let x = Transfer::start(&lines, "x", None);
        assert_eq!(log.text().matches("packing:").count(), 1, "{}", log.text());
        x.finish(Outcome::Done);
        assert_eq!(log.text().matches("packing:").count(), 1, "{}", log.text());
    }

    #[test]
    fn phases_inside_phases_and_without_items_are_told_too() {
        let (lines, log, time) = lines();
        let begin = |title: &str| {
            lines.report(&Event::PhaseStarted { title: title.into(), items: 0, bytes: None });
        };
        let end = |title: &str| lines.report(&Event::PhaseFinished { title: title.into() });
        begin("building");
        begin("resolving charts");
        time.pass(400);
        end("resolving charts");
        end("never begun");
        lines.report(&Event::Notice { text: "the cache is new".into() });
        lines.report(&Event::Warning { text: "no arm64 variant".into() });
        time.pass(130_000);
        end("building");
        insta::assert_snapshot!(log.text(), @"
        building
        resolving charts
        resolved charts in 0.4 s
        the cache is new
        warning: no arm64 variant
        built in 2 min 10 s
        ");
    }
}
