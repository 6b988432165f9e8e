//! A blob as an answer: its headers, the part that is wanted, and its bytes.

use super::{
    holdings::Found,
    range::{self, Marks, Wanted},
    reply::{Refusal, Reply},
    stream::{BlobStream, Sending},
};
use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts,
    },
};
use manifests::Digest;
use std::{
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What clients compare with the digest they asked for.
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Since when addresses with a digest in them stand for their bytes: always, and so
/// one day for all bundles: 2010-01-01, in seconds since 1970.
const ALWAYS: u64 = 1_262_304_000;

/// What the headers say of a blob.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    /// Its digest.
    pub(crate) digest: &'a Digest,
    /// Its length in bytes.
    pub(crate) size: u64,
    /// Its media type.
    pub(crate) media_type: &'a str,
    /// Whether its address stands for nothing else, ever.
    pub(crate) is_fixed: bool,
}

impl Told<'_> {
    fn since(self) -> Option<SystemTime> {
        self.is_fixed.then_some(UNIX_EPOCH + Duration::from_secs(ALWAYS))
    }
}

/// Answers with a blob of a bundle, or the part of it that the request names.
pub(crate) async fn reply(
    sending: Sending<'_>,
    request: &Parts,
    found: Found<'_>,
    media_type: &str,
) -> Result<Reply, Refusal> {
    let (digest, size) = (&found.record.digest, found.record.size);
    let told = Told { digest, size, media_type, is_fixed: false };
    answer(request, told, async |bytes| body(sending, found, bytes).await).await
}

/// The same for a file of a repository of OS packages. apt goes on with a package that
/// it has a part of, and knows dates alone.
pub(crate) async fn package_reply(
    sending: Sending<'_>,
    request: &Parts,
    found: Found<'_>,
    is_fixed: bool,
) -> Result<Reply, Refusal> {
    let bundles::BlobRecord { digest, size, media_type, .. } = found.record;
    let told = Told { digest, size: *size, media_type, is_fixed };
    answer(request, told, async |bytes| body(sending, found, bytes).await).await
}

/// Answers with a blob, or the part of it that the request names; `body` begins to
/// read a part.
pub(crate) async fn answer(
    request: &Parts,
    told: Told<'_>,
    body: impl AsyncFnOnce(Range<u64>) -> Result<Body, Refusal>,
) -> Result<Reply, Refusal> {
    let etag = format!("\"{}\"", told.digest);
    let mut reply = Response::new(Body::empty());
    describe(reply.headers_mut(), told, &etag);
    let marks = Marks { etag: &etag, since: told.since() };
    let part = match range::wanted(&request.headers, marks, told.size) {
        Wanted::Nothing => {
            *reply.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(reply);
        }
        // A range is defined for GET alone.
        _ if request.method == Method::HEAD => None,
        Wanted::Whole => None,
        Wanted::Part(part) => Some(part),
        Wanted::Outside => {
            *reply.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            set(reply.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{}", told.size));
            set(reply.headers_mut(), header::CONTENT_LENGTH, "0");
            return Ok(reply);
        }
    };
    let bytes = mark(&mut reply, part, told.size);
    if request.method == Method::GET && !bytes.is_empty() {
        *reply.body_mut() = body(bytes).await?;
    }
    Ok(reply)
}

async fn body(sending: Sending<'_>, found: Found<'_>, bytes: Range<u64>) -> Result<Body, Refusal> {
    let Found { bundle, record } = found;
    let stream = BlobStream::start(bundle, record, bytes, sending).await;
    // A client must not learn where files lie on this host.
    let damaged = |_| {
        Refusal::Damaged("the bytes of this blob cannot be read or are damaged; the log of this registry says which bundle and where".into())
    };
    stream.map(Body::from_stream).map_err(damaged)
}

fn describe(headers: &mut HeaderMap, told: Told<'_>, etag: &str) {
    set(headers, header::CONTENT_TYPE, told.media_type);
    set(headers, header::ETAG, etag);
    set(headers, header::ACCEPT_RANGES, "bytes");
    set(headers, CONTENT_DIGEST, &told.digest.to_string());
    if let Some(since) = told.since() {
        set(headers, header::LAST_MODIFIED, &httpdate::fmt_http_date(since));
    }
}

/// Sets status and lengths for a part or the whole; gives the bytes to send.
fn mark(reply: &mut Reply, part: Option<Range<u64>>, size: u64) -> Range<u64> {
    let bytes = part.clone().unwrap_or(0..size);
    let length = bytes.end - bytes.start;
    set(reply.headers_mut(), header::CONTENT_LENGTH, &length.to_string());
    if let Some(part) = part {
        *reply.status_mut() = StatusCode::PARTIAL_CONTENT;
        let text = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        set(reply.headers_mut(), header::CONTENT_RANGE, &text);
    }
    bytes
}

/// A media type from a manifest may be any text; one that cannot stand in a
/// header is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
