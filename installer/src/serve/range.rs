//! Which part of a blob a request wants, if it wants any of it at all.

use axum::http::{HeaderMap, header};
use std::{ops::Range, time::SystemTime};

/// What to send of `size` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// One part; never empty.
    Part(Range<u64>),
    /// Nothing: the client has it already.
    Nothing,
    /// A part that does not exist.
    Outside,
}

/// What tells the bytes of one address from others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks<'a> {
    /// Of the bytes.
    pub(crate) etag: &'a str,
    /// Where an address never stands for other bytes: since when. For clients that
    /// know dates alone.
    pub(crate) since: Option<SystemTime>,
}

impl Marks<'_> {
    /// Whether a client's part is of these bytes. A later date is as good as ours: a
    /// client that lost its power has the day of its own writing.
    fn fit(self, condition: &str) -> bool {
        let is_since = |since| httpdate::parse_http_date(condition).is_ok_and(|day| day >= since);
        condition == self.etag || self.since.is_some_and(is_since)
    }
}

/// Reads `If-None-Match`, `If-Range` and `Range`. Anything that is not
/// understood, and any request for several parts at once, gets the whole.
pub(crate) fn wanted(headers: &HeaderMap, marks: Marks<'_>, size: u64) -> Wanted {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_NONE_MATCH).is_some_and(|list| matches(list, marks.etag)) {
        return Wanted::Nothing;
    }
    let unchanged = text(header::IF_RANGE).is_none_or(|condition| marks.fit(condition));
    match text(header::RANGE).filter(|_| unchanged) {
        Some(range) => part(range, size),
        None => Wanted::Whole,
    }
}

/// Weak tags are as good as strong ones here: equal digests are equal bytes.
fn matches(list: &str, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/") == etag;
    list.trim() == "*" || list.split(',').any(bare)
}

fn part(range: &str, size: u64) -> Wanted {
    let Some(bounds) = range.strip_prefix("bytes=") else { return Wanted::Whole };
    let number = |text: &str| match text.bytes().all(|b| b.is_ascii_digit()) {
        true => text.parse::<u64>().ok(),
        false => None,
    };
    match bounds.split_once('-') {
        Some(("", last)) => match number(last) {
            Some(0) => Wanted::Outside,
            Some(_) if size == 0 => Wanted::Outside,
            Some(count) => Wanted::Part(size.saturating_sub(count)..size),
            None => Wanted::Whole,
        },
        Some((first, last)) => {
            let end = if last.is_empty() { Some(u64::MAX) } else { number(last) };
            match (number(first), end) {
                (Some(first), Some(end)) if first > end => Wanted::Outside,
                (Some(first), Some(_)) if first >= size => Wanted::Outside,
                (Some(first), Some(end)) => Wanted::Part(first..end.saturating_add(1).min(size)),
                _ => Wanted::Whole,
            }
        }
        None => Wanted::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(fields: &[(header::HeaderName, &str)], size: u64) -> Wanted {
        let headers = fields.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        wanted(&headers.collect(), Marks { etag: "\"e\"", since: None }, size)
    }

    fn range(text: &str, size: u64) -> Wanted {
        ask(&[(header::RANGE, text)], size)
    }

    #[test]
    fn parts_are_counted_as_http_counts_them() {
        assert_eq!(range("bytes=0-0", 10), Wanted::Part(0..1));
        assert_eq!(range("bytes=3-", 10), Wanted::Part(3..10));
        assert_eq!(range("bytes=3-99", 10), Wanted::Part(3..10));
        assert_eq!(range("bytes=-4", 10), Wanted::Part(6..10));
        assert_eq!(range("bytes=-40", 10), Wanted::Part(0..10));
        assert_eq!(range("bytes=0-18446744073709551615", 10), Wanted::Part(0..10));
    }

    #[test]
    fn parts_that_do_not_exist_are_outside() {
        for (text, size) in [
            ("bytes=10-", 10),
            ("bytes=10-11", 10),
            ("bytes=5-3", 10),
            ("bytes=-0", 10),
            ("bytes=0-", 0),
            ("bytes=-1", 0),
        ] {
            assert_eq!(range(text, size), Wanted::Outside, "{text} of {size}");
        }
    }

    #[test]
    fn what_is_not_understood_gets_the_whole() {
        for text in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=+1-2",
            "bytes=1 -2",
            "bytes=99999999999999999999999-",
            "bytes=--1",
        ] {
            assert_eq!(range(text, 10), Wanted::Whole, "{text}");
        }
    }

    #[test]
    fn a_client_that_has_the_bytes_gets_nothing() {
        for list in ["\"e\"", "W/\"e\"", "\"x\", \"e\"", "*"] {
            assert_eq!(ask(&[(header::IF_NONE_MATCH, list)], 10), Wanted::Nothing, "{list}");
        }
        assert_eq!(ask(&[(header::IF_NONE_MATCH, "\"x\"")], 10), Wanted::Whole);
    }

    #[test]
    fn a_part_of_something_else_is_not_sent() {
        let part = |tag| ask(&[(header::IF_RANGE, tag), (header::RANGE, "bytes=1-2")], 10);
        assert_eq!(part("\"e\""), Wanted::Part(1..3));
        assert_eq!(part("\"other\""), Wanted::Whole);
    }

    #[test]
    fn a_date_counts_where_an_address_never_stands_for_other_bytes() {
        let day = "Fri, 01 Jan 2010 00:00:00 GMT";
        let since = httpdate::parse_http_date(day).unwrap();
        let part = |condition: &str, since| {
            let fields = [(header::IF_RANGE, condition), (header::RANGE, "bytes=1-2")];
            let headers = fields.map(|(name, value)| (name, value.parse().unwrap()));
            wanted(&headers.into_iter().collect(), Marks { etag: "\"e\"", since }, 10)
        };
        for day in [day, "Sat, 21 Nov 2026 18:00:00 GMT", "\"e\""] {
            assert_eq!(part(day, Some(since)), Wanted::Part(1..3), "{day}");
        }
        for other in ["Thu, 31 Dec 2009 23:59:59 GMT", "\"other\"", "", "today"] {
            assert_eq!(part(other, Some(since)), Wanted::Whole, "{other}");
        }
        assert_eq!(part(day, None), Wanted::Whole);
    }
}
