//! How fast bytes move now: an average over the last seconds, so that a source
//! that slows down or stops is seen.

use std::collections::VecDeque;
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(10);
const GRAIN: Duration = Duration::from_millis(250);

/// A sliding window over a counter that only grows.
#[derive(Debug)]
pub(crate) struct Rate {
    /// Moments and the counter then, oldest first; the oldest is the start or
    /// the last one before the window.
    samples: VecDeque<(Duration, u64)>,
}

impl Rate {
    /// A counter that stands at zero at `start`.
    pub(crate) fn new(start: Duration) -> Self {
        Self { samples: VecDeque::from([(start, 0)]) }
    }

    /// Notes where the counter stands.
    pub(crate) fn note(&mut self, now: Duration, total: u64) {
        match self.samples.back() {
            Some((last, _)) if now.saturating_sub(*last) < GRAIN => return,
            _ => self.samples.push_back((now, total)),
        }
        let begin = now.saturating_sub(WINDOW);
        while self.samples.len() > 2 && self.samples[1].0 <= begin {
            self.samples.pop_front();
        }
    }

    /// Bytes per second up to `now`, where the counter stands at `total`.
    pub(crate) fn per_second(&self, now: Duration, total: u64) -> Option<u64> {
        let (begin, before) = self.samples.front()?;
        let millis = now.saturating_sub(*begin).as_millis();
        if millis < GRAIN.as_millis() {
            return None;
        }
        let rate = u128::from(total.saturating_sub(*before)) * 1000 / millis;
        u64::try_from(rate).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_forgets_what_is_older_than_its_window() {
        let second = Duration::from_secs;
        let mut rate = Rate::new(second(0));
        assert_eq!(rate.per_second(second(0), 0), None);
        for now in 1..=5 {
            rate.note(second(now), now * 1000);
        }
        assert_eq!(rate.per_second(second(5), 5000), Some(1000));
        for now in 6..=40 {
            rate.note(second(now), 5000);
        }
        assert_eq!(rate.per_second(second(40), 5000), Some(0));
    }
}
