//! Deciding, without doing anything, how a download goes on: what to ask for,
//! and what an answer means for the bytes that are here.

use super::{Expected, HttpError, client::Response, request::readable, validators};
use crate::cache::{Note, Partial};
use reqwest::{
    StatusCode,
    header::{CONTENT_RANGE, HeaderMap, HeaderValue, IF_RANGE, RANGE},
};
use url::Url;

/// Where a download stands before an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Every byte is here.
    Whole,
    /// Nothing that is here can be used.
    Nothing,
    /// The first bytes are here; the rest must match this validator, if any.
    Begun { offset: u64, validator: Option<String> },
}

/// What an answer brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Brings {
    /// All bytes from the first. In all, if the server tells.
    All(Option<u64>),
    /// The rest, to be appended. In all, if the server tells.
    Rest(Option<u64>),
}

/// An answer whose body can be taken.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) response: Response,
    pub(super) brings: Brings,
}

pub(super) fn standing(partial: &Partial, url: &Url, expected: &Expected) -> Standing {
    let offset = partial.size();
    let Some(note) = partial.note() else { return Standing::Nothing };
    match expected.size {
        Some(size) if offset == size && expected.digest.is_some() => return Standing::Whole,
        Some(size) if offset >= size => return Standing::Nothing,
        _ => {}
    }
    let validator = note.validator.clone().filter(|_| note.url == *url);
    if expected.digest.is_some() || (validator.is_some() && note.is_of_this_boot()) {
        Standing::Begun { offset, validator }
    } else {
        // Nobody could tell whether the two halves belong together.
        Standing::Nothing
    }
}

/// The headers that ask for the rest.
pub(super) fn headers(standing: &Standing) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Standing::Begun { offset, validator } = standing {
        let range = HeaderValue::from_str(&format!("bytes={offset}-")).expect("a plain number");
        headers.insert(RANGE, range);
        let validator = validator.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
        headers.extend(validator.map(|value| (IF_RANGE, value)));
    }
    headers
}

/// Judges an answer before its body is read.
pub(super) fn judge(
    response: Response,
    url: &Url,
    standing: &Standing,
) -> Result<Offer, HttpError> {
    let response = response.into_plain()?;
    let brings = match (response.inner.status(), standing) {
        (StatusCode::OK, _) => Brings::All(response.inner.content_length()),
        (StatusCode::PARTIAL_CONTENT, Standing::Begun { offset, validator }) => {
            continues(response.inner.headers(), *offset, validator.as_deref())
                .ok_or_else(|| HttpError::Discontinued { url: readable(url), offset: *offset })?
        }
        (status, _) => {
            let status = status.as_u16();
            return Err(HttpError::Status { url: readable(url), status, retry_after: None });
        }
    };
    Ok(Offer { response, brings })
}

/// Whether these bytes go exactly behind ours, and are of the same version.
fn continues(headers: &HeaderMap, offset: u64, validator: Option<&str>) -> Option<Brings> {
    let (start, total) = content_range(headers)?;
    let now = validators::strong(headers);
    let other = matches!((validator, &now), (Some(ours), Some(theirs)) if ours != theirs);
    (start == offset && !other).then_some(Brings::Rest(total))
}

/// The first byte and the whole size of `bytes 5-9/10` (`*` when unknown).
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

/// The note of bytes that begin with this answer.
pub(super) fn note(response: &Response, url: &Url) -> Note {
    Note::new(url, validators::strong(response.inner.headers()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::ETAG;

    fn range(text: &'static str, etag: &'static str) -> HeaderMap {
        [(CONTENT_RANGE, text), (ETAG, etag)]
            .map(|(name, value)| (name, HeaderValue::from_static(value)))
            .into_iter()
            .collect()
    }

    #[test]
    fn only_the_byte_after_ours_of_the_same_version_continues() {
        let ours = Some("\"1\"");
        let same = range("bytes 5-9/10", "\"1\"");
        assert_eq!(continues(&same, 5, ours), Some(Brings::Rest(Some(10))));
        assert_eq!(continues(&range("bytes 5-9/*", "\"1\""), 5, ours), Some(Brings::Rest(None)));
        assert_eq!(continues(&same, 4, ours), None);
        assert_eq!(continues(&range("bytes 5-9/10", "\"2\""), 5, ours), None);
        assert_eq!(continues(&HeaderMap::new(), 5, ours), None);
    }

    #[test]
    fn the_rest_is_asked_for_only_under_the_same_validator() {
        let standing = Standing::Begun { offset: 5, validator: Some("\"1\"".into()) };
        let headers = headers(&standing);
        assert_eq!(
            (&headers[RANGE], &headers[IF_RANGE]),
            (&"bytes=5-".parse().unwrap(), &"\"1\"".parse().unwrap())
        );
    }
}
