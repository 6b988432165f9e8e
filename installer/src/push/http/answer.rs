//! What a registry answered, small enough to be held.

use crate::push::error::Said;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use manifests::Digest;
use serde::Deserialize;
use std::{
    fmt::Write,
    time::{Duration, SystemTime},
};

/// Most words of a registry that are repeated in a message.
const SAID: usize = 300;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<OneError>,
}

#[derive(Deserialize)]
struct OneError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: serde_json::Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The digest that the registry stored or has.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.header("docker-content-digest")?.parse().ok()
    }

    /// How many bytes of an upload are there. `0-0` may be none or one and is
    /// taken for none.
    pub(crate) fn received(&self) -> Option<u64> {
        let range = self.header("range")?;
        let (first, last) = range.trim_start_matches("bytes=").split_once('-')?;
        let last: u64 = last.parse().ok()?;
        match (first, last) {
            ("0", 0) => Some(0),
            ("0", last) => last.checked_add(1),
            _ => None,
        }
    }

    /// How long the registry wants us to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.header(header::RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// The registry's own words, on one line.
    pub(crate) fn said(&self) -> Said {
        let mut text = match serde_json::from_slice::<Errors>(&self.body) {
            Ok(Errors { errors }) => errors.iter().map(words).collect::<Vec<_>>().join("; "),
            Err(_) => String::new(),
        };
        if let Some((end, _)) = text.char_indices().nth(SAID) {
            text.truncate(end);
        }
        Said(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
    }
}

fn words(error: &OneError) -> String {
    let mut text = match (error.code.as_str(), error.message.as_str()) {
        (code, "") => code.to_owned(),
        ("", message) => message.to_owned(),
        (code, message) => format!("{message} ({code})"),
    };
    match &error.detail {
        serde_json::Value::Null => {}
        serde_json::Value::String(detail) => {
            let _infallible = write!(text, ", {detail}");
        }
        detail => {
            let _infallible = write!(text, ", {detail}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&'static str, &'static str)], body: &'static str) -> Answer {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        let headers = headers.iter().map(pair).collect();
        Answer { status: StatusCode::OK, headers, body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn a_range_tells_how_much_has_arrived() {
        let received = |range| answer(&[("range", range)], "").received();
        assert_eq!(received("0-99"), Some(100));
        assert_eq!(received("bytes=0-99"), Some(100));
        assert_eq!(received("0-0"), Some(0));
        for range in ["5-9", "0", "0-x", "-", "0-18446744073709551615"] {
            assert_eq!(received(range), None, "{range}");
        }
        assert_eq!(answer(&[], "").received(), None);
    }

    #[test]
    fn a_registrys_words_are_told_on_one_line() {
        let body = r#"{"errors": [{"code": "DENIED", "message": "no\nroom", "detail": {"a": 1}}]}"#;
        assert_eq!(answer(&[], body).said().to_string(), r#": no room (DENIED), {"a":1}"#);
        assert_eq!(answer(&[], "<html>").said().to_string(), "");
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let wait = |text| answer(&[("retry-after", text)], "").retry_after();
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Fri, 20 Nov 2015 12:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
    }
}
