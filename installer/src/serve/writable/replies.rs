//! Answers to pushes.

use super::place::UploadId;
use crate::serve::{names::RepositoryName, reply::Reply};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use manifests::Digest;

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const UPLOAD: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// Without a body.
pub(super) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    if status != StatusCode::NO_CONTENT {
        set(reply.headers_mut(), header::CONTENT_LENGTH, "0");
    }
    reply
}

/// Something is here now, under this path.
pub(super) fn created(path: &str, digest: &Digest) -> Reply {
    let mut reply = empty(StatusCode::CREATED);
    set(reply.headers_mut(), header::LOCATION, path);
    set(reply.headers_mut(), CONTENT_DIGEST, &digest.to_string());
    reply
}

/// A blob is here now.
pub(super) fn blob_created(name: &RepositoryName, digest: &Digest) -> Reply {
    created(&format!("/v2/{name}/blobs/{digest}"), digest)
}

/// Where an upload goes on, and how far it is.
pub(super) fn accepted(name: &RepositoryName, id: &UploadId, length: u64) -> Reply {
    let mut reply = empty(StatusCode::ACCEPTED);
    let headers = reply.headers_mut();
    set(headers, header::LOCATION, &format!("/v2/{name}/blobs/uploads/{id}"));
    set(headers, header::RANGE, &format!("0-{}", length.saturating_sub(1)));
    set(headers, UPLOAD, &id.to_string());
    reply
}

pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    headers.insert(name, value(text));
}

pub(super) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("names, digests and numbers can stand in a header")
}
