//! Counting what a server has sent, by its own access log.

use crate::problem::{Result, at};
use std::{fs, path::Path, thread::sleep, time::Duration};

/// A line is written after its client has the last byte.
const SETTLE: Duration = Duration::from_millis(50);

/// A server that can tell how much it has sent.
pub(crate) trait SentBytes {
    /// Bytes of bodies since it was started.
    fn sent_bytes(&self) -> Result<u64>;
}

/// Adds up a log that has stopped to grow.
pub(super) fn sum(path: &Path, bytes_of: impl Fn(&str) -> Option<u64>) -> Result<u64> {
    let read = || fs::read(path).map_err(at(path));
    let mut text = read()?;
    loop {
        sleep(SETTLE);
        let more = read()?;
        if more.len() == text.len() {
            break;
        }
        text = more;
    }
    Ok(String::from_utf8_lossy(&text).lines().filter_map(bytes_of).sum())
}

/// The size in a line of the common log format: `… "GET /v2/ HTTP/1.1" 200 2 …`.
/// The answer to `HEAD` has none.
pub(super) fn common(line: &str) -> Option<u64> {
    let (_, request) = line.split_once(" \"GET ")?;
    let (_, answer) = request.split_once("\" ")?;
    answer.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bodies_are_counted() {
        let get =
            r#"127.0.0.1 - - [20/Nov/2026:10:00:00 +0000] "GET /v2/a HTTP/1.1" 200 1234 "" "x""#;
        assert_eq!(common(get), Some(1234));
        assert_eq!(common(&get.replace("GET", "HEAD")), None);
        assert_eq!(common("time=now level=warning msg=\"GET more\""), None);
    }
}
