//! How patient and how busy the client is.

use std::time::Duration;

/// Timeouts, limits and back-off. Every time can be set, so tests are quick.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// How long a connection may take to come up.
    pub connect_timeout: Duration,
    /// How long a server may stay silent in the middle of an answer.
    pub stall_timeout: Duration,
    /// Requests at once to one host.
    pub per_host: usize,
    /// Requests at once in all.
    pub jobs: usize,
    /// How many redirects one request may follow.
    pub redirects: usize,
    /// How failures that may pass are tried again.
    pub retry: Retry,
}

/// Exponential back-off with jitter.
#[derive(Debug, Clone)]
pub struct Retry {
    /// Attempts in a row that may fail without bringing one new byte.
    pub attempts: u32,
    /// The wait after the first failure; it doubles from there.
    pub first: Duration,
    /// The longest wait of our own.
    pub longest: Duration,
    /// The longest wait a server may ask for with `Retry-After`.
    pub longest_asked: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(15),
            stall_timeout: Duration::from_secs(30),
            per_host: 4,
            jobs: 8,
            redirects: 10,
            retry: Retry::default(),
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 6,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            longest_asked: Duration::from_mins(5),
        }
    }
}

impl Retry {
    /// The wait after failure number `failures` (from 1), for a `jitter` between
    /// 0 and 1: half of it is fixed, so that the wait really grows.
    pub fn back_off(&self, failures: u32, jitter: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let whole = self.first.saturating_mul(doubled).min(self.longest);
        whole.mul_f64(0.5 + jitter / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_limit_and_jitter_only_shortens_it() {
        let retry = Retry::default();
        let seconds = |failures| retry.back_off(failures, 1.0).as_secs_f64();
        assert!((seconds(1) - 0.5).abs() < 1e-9 && (seconds(3) - 2.0).abs() < 1e-9);
        assert!((seconds(60) - 30.0).abs() < 1e-9);
        assert!((retry.back_off(3, 0.0).as_secs_f64() - 1.0).abs() < 1e-9);
    }
}
