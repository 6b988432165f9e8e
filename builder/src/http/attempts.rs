//! Trying again: counting failures, waiting, and knowing when to stop.

use super::{HttpError, Retry};
use manifests::event::{Event, Reporter};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::{Duration, SystemTime};

/// The attempts at one thing.
#[derive(Debug)]
pub(crate) struct Attempts<'a> {
    retry: &'a Retry,
    name: &'a str,
    reporter: &'a dyn Reporter,
    failures: u32,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(retry: &'a Retry, name: &'a str, reporter: &'a dyn Reporter) -> Self {
        Self { retry, name, reporter, failures: 0 }
    }

    /// Forgets earlier failures, because an attempt brought new bytes: a file
    /// of many gigabytes over a bad line may be cut any number of times.
    pub(crate) fn progressed(&mut self) {
        self.failures = 0;
    }

    /// Waits before the next attempt, or says that there is none.
    pub(crate) async fn pause(&mut self, error: HttpError) -> Result<(), HttpError> {
        if !error.is_retryable() {
            return Err(error);
        }
        self.failures += 1;
        if self.failures >= self.retry.attempts {
            let attempts = self.failures;
            return Err(HttpError::Exhausted { attempts, source: Box::new(error) });
        }
        let wait = wait(self.retry, self.failures, &error, fastrand::f64());
        self.announce(wait, &error);
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn announce(&self, wait: Duration, error: &HttpError) {
        self.reporter.report(&Event::Retrying {
            name: self.name.to_owned(),
            attempt: self.failures,
            wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            why: error.to_string(),
        });
    }
}

fn wait(retry: &Retry, failures: u32, error: &HttpError, jitter: f64) -> Duration {
    match error.retry_after() {
        Some(asked) => asked.min(retry.longest_asked),
        None => retry.back_off(failures, jitter),
    }
}

/// The wait a server asks for: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn asked(text: &'static str) -> Option<Duration> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
        let noon = httpdate::parse_http_date("Fri, 20 Nov 2026 12:00:00 GMT").unwrap();
        retry_after(&headers, noon)
    }

    #[test]
    fn a_server_may_ask_in_seconds_or_with_a_date() {
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("Fri, 20 Nov 2026 12:00:09 GMT"), Some(Duration::from_secs(9)));
        assert_eq!(asked("Fri, 20 Nov 2026 11:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("soon"), None);
    }

    #[test]
    fn what_a_server_asks_for_replaces_our_own_wait_up_to_a_limit() {
        let retry = Retry::default();
        let error = |seconds| HttpError::Status {
            url: String::new(),
            status: 429,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(wait(&retry, 1, &error(7), 0.0), Duration::from_secs(7));
        assert_eq!(wait(&retry, 1, &error(86_400), 0.0), Duration::from_mins(5));
    }
}
