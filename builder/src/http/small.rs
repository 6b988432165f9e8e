//! Answers that fit in memory: image manifests, and questions without a body.

use super::{HttpClient, HttpError, Request, attempts::Attempts, client::Response, validators};
use crate::cache::Answer;
use manifests::event::Reporter;
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, ETAG, HeaderMap, LAST_MODIFIED},
};

/// A whole body in memory.
#[derive(Debug, Clone)]
pub struct Small {
    /// The bytes, exactly as served.
    pub bytes: Vec<u8>,
    /// What the server said about them.
    pub headers: HeaderMap,
}

/// The answer to a question without a body.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The server says that nothing has changed.
    pub unchanged: bool,
    /// What it said besides.
    pub headers: HeaderMap,
}

impl HttpClient {
    /// GETs a body of at most `limit` bytes. `name` is for events.
    pub async fn get(
        &self,
        request: &Request,
        limit: u64,
        (name, reporter): (&str, &dyn Reporter),
    ) -> Result<Small, HttpError> {
        let mut attempts = Attempts::new(&self.options.retry, name, reporter);
        loop {
            match self.get_once(request, limit).await {
                Ok(small) => return Ok(small),
                Err(error) => attempts.pause(error).await?,
            }
        }
    }

    /// HEADs, with the conditions of an earlier answer.
    pub async fn probe(
        &self,
        request: &Request,
        earlier: &Answer,
        (name, reporter): (&str, &dyn Reporter),
    ) -> Result<Probe, HttpError> {
        let conditions = validators::conditions(earlier).unwrap_or_default();
        let mut attempts = Attempts::new(&self.options.retry, name, reporter);
        loop {
            match self.send(Method::HEAD, request, &conditions).await {
                Ok(response) => return Ok(probe(&response)),
                Err(error) => attempts.pause(error).await?,
            }
        }
    }

    async fn get_once(&self, request: &Request, limit: u64) -> Result<Small, HttpError> {
        let response = self.send(Method::GET, request, &HeaderMap::new()).await?;
        self.whole(response, limit).await
    }

    /// The body of an answer, at most `limit` bytes of it.
    pub(super) async fn whole(&self, response: Response, limit: u64) -> Result<Small, HttpError> {
        let mut response = response.into_plain()?;
        let headers = response.inner.headers().clone();
        let mut bytes = Vec::new();
        let url = response.inner.url().clone();
        while let Some(chunk) =
            response.inner.chunk().await.map_err(|error| self.failed(&url, error))?
        {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > limit {
                return Err(HttpError::size(&url, format!("at most {limit} bytes"), "more".into()));
            }
        }
        Ok(Small { bytes, headers })
    }
}

fn probe(response: &Response) -> Probe {
    Probe {
        unchanged: response.inner.status() == StatusCode::NOT_MODIFIED,
        headers: response.inner.headers().clone(),
    }
}

impl Small {
    /// What to remember of this answer.
    pub(crate) fn answer(&self, url: &url::Url, digest: manifests::Digest) -> Answer {
        answer(url, &self.headers, self.bytes.len() as u64, digest)
    }
}

/// What to remember of an answer.
pub(super) fn answer(
    url: &url::Url,
    headers: &HeaderMap,
    size: u64,
    digest: manifests::Digest,
) -> Answer {
    Answer {
        url: url.clone(),
        etag: validators::text(headers, ETAG),
        last_modified: validators::text(headers, LAST_MODIFIED),
        content_type: validators::text(headers, CONTENT_TYPE),
        size,
        digest,
    }
}
