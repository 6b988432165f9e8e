//! The books of one phase: what was promised, what is done, how fast it goes.

use super::rate::Rate;
use super::words;
use crate::text;
use manifests::event::Outcome;
use std::time::Duration;

/// One transfer that has begun and not ended.
#[derive(Debug)]
pub(crate) struct Running {
    /// What moves.
    pub(crate) name: String,
    /// Its size, when known.
    pub(crate) bytes: Option<u64>,
    /// How many bytes have moved.
    pub(crate) moved: u64,
}

/// Counts of one phase; sizes in bytes.
#[derive(Debug)]
pub(crate) struct Phase {
    pub(crate) title: String,
    started: Duration,
    all_items: u64,
    all_bytes: Option<u64>,
    done_items: u64,
    cached_items: u64,
    failed_items: u64,
    /// Bytes of items that are done or were here already.
    settled_bytes: u64,
    /// Every byte that moved, also those of items that failed.
    moved_bytes: u64,
    rate: Rate,
}

impl Phase {
    /// A phase that begins at `now`.
    pub(crate) fn new(title: &str, items: u64, bytes: Option<u64>, now: Duration) -> Self {
        Self {
            title: text::one_line(title).into_owned(),
            started: now,
            all_items: items,
            all_bytes: bytes,
            done_items: 0,
            cached_items: 0,
            failed_items: 0,
            settled_bytes: 0,
            moved_bytes: 0,
            rate: Rate::new(now),
        }
    }

    /// Notes that bytes of some item moved.
    pub(crate) fn advance(&mut self, bytes: u64, now: Duration) {
        self.moved_bytes += bytes;
        self.rate.note(now, self.moved_bytes);
    }

    /// Notes the end of one item.
    pub(crate) fn settle(&mut self, item: &Running, outcome: Outcome) {
        match outcome {
            Outcome::Done => self.done_items += 1,
            Outcome::Cached => self.cached_items += 1,
            Outcome::Failed => self.failed_items += 1,
        }
        self.settled_bytes += match outcome {
            Outcome::Done => item.moved,
            Outcome::Cached => item.bytes.unwrap_or(item.moved),
            Outcome::Failed => 0,
        };
    }

    /// Where the phase stands: `fetching: 12 of 25 items, 340.1 MiB of 1.2 GiB,
    /// 84.2 MiB/s, 11 s left`. `running_bytes` belong to items under way.
    pub(crate) fn standing(&self, running_bytes: u64, now: Duration) -> String {
        let position = self.settled_bytes + running_bytes;
        let parts = [
            self.items_standing(),
            bytes_standing(position, self.all_bytes),
            self.speed(now).map(|rate| format!("{}/s", text::size(rate))),
            self.time_left(position, now).map(|left| format!("{} left", rough(left))),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            return self.title.clone();
        }
        format!("{}: {}", self.title, parts.join(", "))
    }

    /// The line that is left when the phase is over: `fetched 25 items, 1.2 GiB
    /// in 12.3 s (3 were already here)`.
    pub(crate) fn summary(&self, now: Duration) -> String {
        let amount = self.amount();
        let head = match words::past(&self.title) {
            Some(past) => past + " ",
            None if amount.is_empty() => format!("{}: done ", self.title),
            None => format!("{}: ", self.title),
        };
        let took = text::duration(now.saturating_sub(self.started));
        format!("{head}{amount}in {took}{}", self.remarks())
    }

    fn items_standing(&self) -> Option<String> {
        let done = self.done_items + self.cached_items;
        let all = text::count(self.all_items, "item", "items");
        match self.all_items {
            0 if done == 0 => None,
            0 => Some(text::count(done, "item", "items")),
            _ => Some(format!("{done} of {all}")),
        }
    }

    fn speed(&self, now: Duration) -> Option<u64> {
        let moved_something = self.moved_bytes > 0;
        self.rate.per_second(now, self.moved_bytes).filter(|_| moved_something)
    }

    fn time_left(&self, position: u64, now: Duration) -> Option<Duration> {
        let rate = self.speed(now).filter(|rate| *rate > 0)?;
        let left = self.all_bytes?.checked_sub(position)?;
        Some(Duration::from_secs(left.div_ceil(rate)))
    }

    fn amount(&self) -> String {
        if self.done_items + self.cached_items + self.failed_items == 0 {
            return String::new();
        }
        let items = text::count(self.done_items, "item", "items");
        match self.moved_bytes {
            0 => format!("{items} "),
            bytes => format!("{items}, {} ", text::size(bytes)),
        }
    }

    fn remarks(&self) -> String {
        let cached = match self.cached_items {
            0 => None,
            1 => Some("1 was already here".to_owned()),
            many => Some(format!("{many} were already here")),
        };
        let failed = (self.failed_items > 0).then(|| format!("{} failed", self.failed_items));
        let remarks: Vec<_> = [cached, failed].into_iter().flatten().collect();
        if remarks.is_empty() {
            return String::new();
        }
        format!(" ({})", remarks.join(", "))
    }
}

/// A guess has no tenths of a second.
fn rough(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        _ => text::duration(span),
    }
}

/// `3.1 MiB of 21.4 MiB`, or what is known of it.
pub(crate) fn bytes_standing(moved: u64, all: Option<u64>) -> Option<String> {
    match all {
        Some(all) => Some(format!("{} of {}", text::size(moved), text::size(all))),
        None if moved == 0 => None,
        None => Some(text::size(moved)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn item(bytes: Option<u64>, moved: u64) -> Running {
        Running { name: "x".into(), bytes, moved }
    }

    #[test]
    fn nothing_is_claimed_that_is_not_known() {
        let mut phase = Phase::new("packing", 0, None, Duration::ZERO);
        assert_eq!(phase.standing(0, SECOND), "packing");
        phase.advance(2048, SECOND);
        assert_eq!(phase.standing(2048, SECOND), "packing: 2.0 KiB, 2.0 KiB/s");
        phase.settle(&item(None, 2048), Outcome::Done);
        assert_eq!(phase.standing(0, SECOND), "packing: 1 item, 2.0 KiB, 2.0 KiB/s");
    }

    #[test]
    fn cached_items_count_as_done_and_failed_ones_do_not() {
        let mut phase = Phase::new("fetching", 3, Some(4096), Duration::ZERO);
        phase.settle(&item(Some(1024), 0), Outcome::Cached);
        phase.advance(1024, SECOND);
        phase.settle(&item(Some(2048), 1024), Outcome::Failed);
        assert_eq!(
            phase.standing(0, SECOND),
            "fetching: 1 of 3 items, 1.0 KiB of 4.0 KiB, 1.0 KiB/s, 3 s left"
        );
    }

    #[test]
    fn a_source_that_stops_leaves_no_guess_of_the_time_left() {
        let mut phase = Phase::new("fetching", 1, Some(4096), Duration::ZERO);
        phase.advance(1024, SECOND);
        phase.advance(0, SECOND * 20);
        phase.advance(0, SECOND * 40);
        assert_eq!(
            phase.standing(1024, SECOND * 40),
            "fetching: 0 of 1 item, 1.0 KiB of 4.0 KiB, 0 B/s"
        );
    }

    #[test]
    fn summaries_read_well_with_any_title() {
        let mut phase = Phase::new("checks", 1, None, Duration::ZERO);
        assert_eq!(phase.summary(SECOND), "checks: done in 1.0 s");
        phase.settle(&item(None, 0), Outcome::Done);
        assert_eq!(phase.summary(SECOND), "checks: 1 item in 1.0 s");
    }
}
