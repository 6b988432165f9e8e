//! What was asked and how it was answered, so that tests can count work.

use super::{asked::Asked, reply::Reply};
use axum::http::header;

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, as it was sent.
    pub query: Option<String>,
    /// The `Range` header.
    pub range: Option<String>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// How many bytes of body were offered; a client that goes away takes fewer.
    pub body_bytes: u64,
}

impl Request {
    pub(crate) fn new(asked: &Asked, reply: &Reply) -> Self {
        let text = |name| asked.header(&name).map(str::to_owned);
        Self {
            method: asked.method.to_string(),
            path: asked.path.clone(),
            query: asked.query.clone(),
            range: text(header::RANGE),
            authorization: text(header::AUTHORIZATION),
            status: reply.status.as_u16(),
            body_bytes: if asked.wants_body() { reply.body.len() } else { 0 },
        }
    }
}
