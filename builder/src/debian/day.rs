//! Dates as archives write them: `Sat, 11 Jul 2026 10:16:37 UTC`.

use std::time::SystemTime;

/// Reads a date; nothing when it is none. Archives say `UTC`, `GMT` or `+0000`.
pub(super) fn parse_day(text: &str) -> Option<SystemTime> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [weekday, day, month, year, time, zone] = words[..] else { return None };
    if !["UTC", "GMT", "+0000"].contains(&zone) {
        return None;
    }
    let http = format!("{weekday} {day:0>2} {month} {year} {time:0>8} GMT");
    httpdate::parse_http_date(&http).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn dates_are_read_as_archives_write_them() {
        let expected = UNIX_EPOCH + Duration::from_secs(1_783_764_997);
        for text in [
            "Sat, 11 Jul 2026 10:16:37 UTC",
            "Sat, 11 Jul 2026 10:16:37 GMT",
            "Sat,  11 Jul 2026 10:16:37 +0000",
        ] {
            assert_eq!(parse_day(text), Some(expected), "{text}");
        }
        assert!(parse_day("Thu, 6 Aug 2026 8:00:00 UTC").is_some());
        for text in [
            "",
            "yesterday",
            "Sat, 11 Jul 2026 10:16:37 CET",
            "Sat, 11 Jul 2026",
            "Sat, 41 Jul 2026 10:16:37 UTC",
        ] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }
}
