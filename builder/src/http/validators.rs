//! Entity tags and modification dates: what tells "the same bytes" from "the
//! same address".

use crate::cache::Answer;
use reqwest::header::{
    DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use std::time::Duration;

/// The header as text, when it is text.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// What `If-Range` may say about these bytes: a strong entity tag, else a date
/// that cannot stand for two versions (RFC 9110, 8.8.2.2: a second older than
/// the answer itself).
pub(super) fn strong(headers: &HeaderMap) -> Option<String> {
    let etag = text(headers, ETAG);
    etag.filter(|etag| !etag.starts_with("W/")).or_else(|| strong_date(headers))
}

fn strong_date(headers: &HeaderMap) -> Option<String> {
    let modified = text(headers, LAST_MODIFIED)?;
    let date = httpdate::parse_http_date(&text(headers, DATE)?).ok()?;
    let age = date.duration_since(httpdate::parse_http_date(&modified).ok()?).ok()?;
    (age >= Duration::from_secs(1)).then_some(modified)
}

/// Headers that ask only for what has changed since this answer. None when the
/// server gave nothing to ask with.
pub(super) fn conditions(answer: &Answer) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, value: &Option<String>| {
        if let Some(value) = value.as_ref().and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    };
    add(IF_NONE_MATCH, &answer.etag);
    add(IF_MODIFIED_SINCE, &answer.last_modified);
    (!headers.is_empty()).then_some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(HeaderName, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    const NOON: &str = "Fri, 20 Nov 2026 12:00:00 GMT";
    const LATER: &str = "Fri, 20 Nov 2026 12:00:01 GMT";

    #[test]
    fn a_weak_entity_tag_never_joins_two_halves() {
        let weak = headers(&[(ETAG, "W/\"1\"")]);
        assert_eq!(strong(&weak), None);
        let both = headers(&[(ETAG, "W/\"1\""), (LAST_MODIFIED, NOON), (DATE, LATER)]);
        assert_eq!(strong(&both).as_deref(), Some(NOON));
        assert_eq!(strong(&headers(&[(ETAG, "\"1\"")])).as_deref(), Some("\"1\""));
    }

    #[test]
    fn a_date_as_young_as_the_answer_may_stand_for_two_versions() {
        assert_eq!(strong(&headers(&[(LAST_MODIFIED, NOON), (DATE, NOON)])), None);
        assert_eq!(strong(&headers(&[(LAST_MODIFIED, NOON)])), None);
    }
}
