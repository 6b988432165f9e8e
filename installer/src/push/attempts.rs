//! Trying again: counting failures without progress, waiting, and knowing when
//! to stop.

use super::{error::PushError, stop::Stop};
use manifests::event::{Event, Reporter};
use std::time::Duration;

/// The longest wait that a registry may ask for.
const LONGEST_ASKED: Duration = Duration::from_mins(2);

/// How often and after what time.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// Failures in a row, without any progress, after which it is given up.
    pub attempts: u32,
    /// The first wait; each next one is twice as long.
    pub first_wait: Duration,
    /// The longest wait of our own.
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        let longest_wait = Duration::from_secs(30);
        Self { attempts: 6, first_wait: Duration::from_millis(500), longest_wait }
    }
}

/// The attempts at one thing.
#[derive(Debug)]
pub(super) struct Attempts<'a> {
    retry: Retry,
    name: &'a str,
    reporter: &'a dyn Reporter,
    failures: u32,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(retry: Retry, name: &'a str, reporter: &'a dyn Reporter) -> Self {
        Self { retry, name, reporter, failures: 0 }
    }

    /// Forgets earlier failures, because bytes have arrived: a layer of many
    /// gigabytes on a bad line may be cut any number of times.
    pub(super) fn progressed(&mut self) {
        self.failures = 0;
    }

    /// Waits before the next attempt, or says that there is none.
    pub(super) async fn pause(
        &mut self,
        error: PushError,
        asked: Option<Duration>,
        stop: &Stop,
    ) -> Result<(), PushError> {
        if !error.is_passing() {
            return Err(error);
        }
        self.failures += 1;
        let attempts = self.failures;
        if attempts >= self.retry.attempts {
            let (what, source) = (self.name.to_owned(), Box::new(error));
            return Err(PushError::Exhausted { what, attempts, source });
        }
        let wait = self.retry.wait(attempts, asked, fastrand::f64());
        self.reporter.report(&Event::Retrying {
            name: self.name.to_owned(),
            attempt: attempts,
            wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            why: manifests::with_causes(&error),
        });
        stop.sleep(wait).await
    }
}

impl Retry {
    /// At least half of the wait and at most all of it, so that tasks which
    /// failed together do not come back together.
    fn wait(&self, failures: u32, asked: Option<Duration>, jitter: f64) -> Duration {
        let doubled = self.first_wait.saturating_mul(1 << (failures - 1).min(16));
        let own = doubled.min(self.longest_wait).mul_f64(0.5 + jitter / 2.0);
        asked.map_or(own, |asked| asked.min(LONGEST_ASKED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_never_meet() {
        let retry = Retry::default();
        assert_eq!(retry.wait(1, None, 1.0), Duration::from_millis(500));
        assert_eq!(retry.wait(1, None, 0.0), Duration::from_millis(250));
        assert_eq!(retry.wait(3, None, 1.0), Duration::from_secs(2));
        assert_eq!(retry.wait(40, None, 1.0), Duration::from_secs(30));
    }

    #[test]
    fn a_registry_that_asks_for_time_gets_it_within_reason() {
        let retry = Retry::default();
        assert_eq!(retry.wait(1, Some(Duration::from_secs(9)), 0.3), Duration::from_secs(9));
        assert_eq!(retry.wait(1, Some(Duration::from_hours(9)), 0.3), LONGEST_ASKED);
    }
}
