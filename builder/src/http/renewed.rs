//! Small files that change in their place, such as what an archive says of itself:
//! the server is asked only for what has changed since it was asked last.

use super::{HttpClient, HttpError, Request, attempts::Attempts, validators};
use crate::cache::{Answer, Cache};
use manifests::{
    Algorithm, Digest,
    event::{Outcome, Reporter, Transfer},
};
use reqwest::{Method, StatusCode, header::HeaderMap};

/// A small file, and the most bytes it may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Renewable<'a> {
    pub(crate) request: &'a Request,
    /// The thing in the user's words.
    pub(crate) name: &'a str,
    pub(crate) limit: u64,
}

/// The file as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Renewed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: Digest,
}

/// What was here before the question.
type Earlier = Option<(Answer, Vec<u8>)>;

impl HttpClient {
    /// Brings a file that may have changed; its bytes are in the cache as well.
    pub(crate) async fn renew(
        &self,
        file: Renewable<'_>,
        cache: &Cache,
        reporter: &dyn Reporter,
    ) -> Result<Renewed, HttpError> {
        let earlier = earlier(file.request, cache)?;
        let transfer = Transfer::start(reporter, file.name, None);
        let mut attempts = Attempts::new(&self.options.retry, file.name, reporter);
        loop {
            match self.renew_once(file, earlier.as_ref(), cache).await {
                Ok((renewed, outcome)) => {
                    if outcome == Outcome::Done {
                        transfer.advance(renewed.bytes.len() as u64);
                    }
                    transfer.finish(outcome);
                    return Ok(renewed);
                }
                Err(error) => attempts.pause(error).await?,
            }
        }
    }

    async fn renew_once(
        &self,
        file: Renewable<'_>,
        earlier: Option<&(Answer, Vec<u8>)>,
        cache: &Cache,
    ) -> Result<(Renewed, Outcome), HttpError> {
        let conditions = earlier.and_then(|(answer, _)| validators::conditions(answer));
        let conditions: HeaderMap = conditions.unwrap_or_default();
        let response = self.send(Method::GET, file.request, &conditions).await?;
        if let (StatusCode::NOT_MODIFIED, Some((answer, bytes))) =
            (response.inner.status(), earlier)
        {
            let renewed = Renewed { bytes: bytes.clone(), digest: answer.digest.clone() };
            return Ok((renewed, Outcome::Cached));
        }
        let small = self.whole(response, file.limit).await?;
        let digest = cache.store(&small.bytes, Algorithm::Sha256)?;
        cache.remember(&small.answer(&file.request.url, digest.clone()))?;
        Ok((Renewed { bytes: small.bytes, digest }, Outcome::Done))
    }
}

/// The last answer with its bytes, which were hashed again.
fn earlier(request: &Request, cache: &Cache) -> Result<Earlier, HttpError> {
    let Some(answer) = cache.answer(&request.url) else { return Ok(None) };
    let bytes = cache.read(&answer.digest)?;
    Ok(bytes.map(|bytes| (answer, bytes)))
}
