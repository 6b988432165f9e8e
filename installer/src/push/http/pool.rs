//! Connections to one place, kept for the next request.

use super::{Answer, Place, Progress};
use crate::push::error::PushError;
use axum::{
    body::{Body, to_bytes},
    http::{HeaderValue, Request, Response, header},
};
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Largest answer that is read: indexes of referrers are the largest.
const ANSWER_LIMIT: usize = 4 << 20;

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("bottari-installer/", env!("CARGO_PKG_VERSION")));

/// Open connections to one place.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) place: Place,
    idle: Mutex<Vec<SendRequest<Body>>>,
}

impl Pool {
    pub(crate) fn new(place: Place) -> Self {
        Self { place, idle: Mutex::default() }
    }

    /// Sends a request and reads the whole answer, as long as bytes move at least
    /// every `patience`.
    pub(crate) async fn send(
        &self,
        mut request: Request<Body>,
        progress: &Progress,
        patience: Duration,
    ) -> Result<Answer, PushError> {
        let host = HeaderValue::from_str(self.place.authority.as_str());
        let headers = request.headers_mut();
        headers.insert(header::HOST, host.expect("an authority is visible ASCII"));
        headers.insert(header::USER_AGENT, USER_AGENT);
        let mut line = self.line().await?;
        progress.moved();
        let exchange = async {
            let response = line.send_request(request).await;
            read(response.map_err(|error| self.place.broken(error))?)
                .await
                .map_err(|error| self.place.broken(error))
        };
        let silent = || self.place.broken(format!("nothing moved for {} s", patience.as_secs()));
        let answer = progress.watch(patience, exchange).await.ok_or_else(silent)??;
        if !line.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
        Ok(answer)
    }

    /// One that is open and free, or a new one.
    async fn line(&self) -> Result<SendRequest<Body>, PushError> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut line) = idle else { return self.place.connect().await };
            if line.ready().await.is_ok() {
                return Ok(line);
            }
        }
    }
}

async fn read(response: Response<Incoming>) -> Result<Answer, axum::Error> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(Body::new(body), ANSWER_LIMIT).await?;
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}
