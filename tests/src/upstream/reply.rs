//! How a request for something that is there is answered, and how faults change
//! that answer.

use super::{
    asked::Asked,
    body::{Ending, Payload},
    connection::Line,
    entry::Entry,
    fault::Fault,
    range::{Wanted, wanted},
    shared::InFlight,
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::json;
use std::ops::Range;

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// An answer before it is sent.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Payload,
}

impl Reply {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Payload::empty() }
    }

    /// An error the way registries word it.
    pub(crate) fn error(status: StatusCode, code: &str) -> Self {
        let message = code.to_lowercase().replace('_', " ");
        let text = json!({ "errors": [{ "code": code, "message": message }] }).to_string();
        let mut reply = Self { body: Payload::text(text), ..Self::empty(status) };
        reply.set(header::CONTENT_TYPE, "application/json");
        reply.promise_length();
        reply
    }

    pub(crate) fn set(&mut self, name: HeaderName, value: &str) {
        let value = HeaderValue::from_str(value).expect("tests set printable headers");
        self.headers.insert(name, value);
    }

    fn promise_length(&mut self) {
        self.headers.insert(header::CONTENT_LENGTH, self.body.len().into());
    }

    /// The answer for an entry, whole or in part, or 304 or 416.
    pub(crate) fn entry(mut entry: Entry, asked: &Asked, faults: &[Fault]) -> Self {
        for fault in faults {
            match fault {
                Fault::DropEtag => entry.etag.clear(),
                Fault::IgnoreRange => entry.takes_ranges = false,
                _ => (),
            }
        }
        let mut reply = choose(&entry, asked);
        reply.describe(&entry);
        for fault in faults {
            reply.spoil(fault);
        }
        reply
    }

    fn describe(&mut self, entry: &Entry) {
        self.set(header::LAST_MODIFIED, &entry.modified);
        if !entry.etag.is_empty() {
            self.set(header::ETAG, &entry.etag);
        }
        if entry.takes_ranges {
            self.set(header::ACCEPT_RANGES, "bytes");
        }
        if let Some(digest) = &entry.digest {
            self.set(CONTENT_DIGEST, &digest.to_string());
        }
    }

    fn spoil(&mut self, fault: &Fault) {
        match fault {
            Fault::CutAfter(count) => self.body.end_after(*count, Ending::Cut),
            Fault::StallAfter(count) => self.body.end_after(*count, Ending::Stall),
            Fault::PromiseMore(count) => {
                let promised = self.body.len() + count;
                self.headers.insert(header::CONTENT_LENGTH, promised.into());
                self.body.end_after(promised, Ending::Cut);
            }
            Fault::PromiseLess(count) => {
                self.body.end_after(self.body.len().saturating_sub(*count), Ending::Complete);
                self.promise_length();
            }
            Fault::WrongBytes => self.body.spoil(),
            _ => (),
        }
    }

    pub(crate) fn into_response(self, asked: &Asked, line: Line, work: InFlight) -> Response {
        let body = if asked.wants_body() {
            Body::from_stream(self.body.into_stream(line, work))
        } else {
            Body::empty()
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// 304, 416, 206 or 200, as the conditions and the range of the request say.
fn choose(entry: &Entry, asked: &Asked) -> Reply {
    if is_unchanged(entry, asked) {
        return Reply::empty(StatusCode::NOT_MODIFIED);
    }
    let range = asked.header(&header::RANGE);
    let usable = entry.takes_ranges && asked.wants_body() && may_resume(entry, asked);
    match wanted(range.filter(|_| usable), entry.len) {
        Wanted::Whole => part(entry, StatusCode::OK, 0..entry.len),
        Wanted::Part(range) => {
            let place = format!("bytes {}-{}/{}", range.start, range.end - 1, entry.len);
            let mut reply = part(entry, StatusCode::PARTIAL_CONTENT, range);
            reply.set(header::CONTENT_RANGE, &place);
            reply
        }
        Wanted::Unsatisfiable => {
            let mut reply = Reply::empty(StatusCode::RANGE_NOT_SATISFIABLE);
            reply.set(header::CONTENT_RANGE, &format!("bytes */{}", entry.len));
            reply.promise_length();
            reply
        }
    }
}

fn part(entry: &Entry, status: StatusCode, range: Range<u64>) -> Reply {
    let mut reply = Reply::empty(status);
    reply.body = Payload::new(entry.source.clone(), range);
    reply.set(header::CONTENT_TYPE, &entry.media_type);
    reply.promise_length();
    reply
}

fn is_unchanged(entry: &Entry, asked: &Asked) -> bool {
    match asked.header(&header::IF_NONE_MATCH) {
        Some(tags) => tags.split(',').any(|tag| is_validator(entry, tag.trim())),
        None => asked.header(&header::IF_MODIFIED_SINCE) == Some(entry.modified.as_str()),
    }
}

/// `If-Range`: a part is of use only to a client that has the rest of this version.
fn may_resume(entry: &Entry, asked: &Asked) -> bool {
    asked.header(&header::IF_RANGE).is_none_or(|text| is_validator(entry, text))
}

fn is_validator(entry: &Entry, text: &str) -> bool {
    text == entry.modified || (!entry.etag.is_empty() && text == entry.etag)
}
