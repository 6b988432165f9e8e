//! A registry that is asked and told things: past its gate, again after failures
//! that may pass, and with its refusals in words.

use super::{
    attempts::{Attempts, Retry},
    error::PushError,
    http::{Answer, Pool, Progress},
    login::{Gate, Scope},
    stop::Stop,
};
use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, header},
};
use bundles::{DOCKER_LIST_TYPE, DOCKER_MANIFEST_TYPE, INDEX_TYPE, MANIFEST_TYPE};
use bytes::Bytes;
use manifests::event::Reporter;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long an upload may wait for a byte to move: a slow line may hold a few MiB
/// that count as moved and are not there yet.
pub(super) const PATIENCE_WITH_BYTES: Duration = Duration::from_mins(3);

/// The same at the end of an upload: registries read the whole blob once more.
pub(super) const PATIENCE_AT_END: Duration = Duration::from_mins(15);

/// One registry.
#[derive(Debug)]
pub(super) struct Registry<'a> {
    pub(super) pool: Pool,
    pub(super) gate: Gate,
    pub(super) retry: Retry,
    pub(super) stop: Stop,
    pub(super) reporter: &'a dyn Reporter,
}

/// One request, which can be sent again as often as needed.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: Method,
    /// Path and query.
    pub(super) address: String,
    pub(super) scope: Scope,
    /// The thing in the user's words.
    pub(super) what: String,
    pub(super) body: Option<(String, Bytes)>,
}

impl Ask {
    pub(super) fn new(method: Method, address: String, repository: &str, what: &str) -> Self {
        let scope = Scope { repository: repository.to_owned(), from: None };
        Self { method, address, scope, what: what.to_owned(), body: None }
    }

    /// The request, with every manifest's type welcome: registries give older
    /// clients something else.
    fn request(&self) -> Result<Request<Body>, axum::http::Error> {
        let accept = [INDEX_TYPE, MANIFEST_TYPE, DOCKER_LIST_TYPE, DOCKER_MANIFEST_TYPE].join(", ");
        let request = Request::builder().method(&self.method).uri(&self.address);
        let request = request.header(header::ACCEPT, accept);
        match &self.body {
            None if matches!(self.method, Method::GET | Method::HEAD) => {
                request.body(Body::empty())
            }
            None => request.header(header::CONTENT_LENGTH, 0).body(Body::empty()),
            Some((media_type, bytes)) => {
                request.header(header::CONTENT_TYPE, media_type).body(Body::from(bytes.clone()))
            }
        }
    }
}

impl Registry<'_> {
    /// Host and port.
    pub(super) fn host(&self) -> String {
        self.pool.place.authority.to_string()
    }

    /// Sends a request until it is answered, at least with a refusal that stays.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Answer, PushError> {
        let mut attempts = Attempts::new(self.retry, &ask.what, self.reporter);
        loop {
            self.stop.check()?;
            let (error, wait) = match self.once(ask).await {
                Ok(answer) if is_passing(&answer) => {
                    (self.refusal(ask, &answer), answer.retry_after())
                }
                Ok(answer) => return Ok(answer),
                Err(error) => (error, None),
            };
            attempts.pause(error, wait, &self.stop).await?;
        }
    }

    /// Sends a request once, and once more with a new pass when that is wanted.
    pub(super) async fn once(&self, ask: &Ask) -> Result<Answer, PushError> {
        let patience = match ask.method {
            Method::PUT => PATIENCE_AT_END,
            _ => PATIENCE,
        };
        self.authorized(&ask.scope, patience, &Progress::new(), || {
            ask.request().map_err(|error| self.pool.place.broken(error))
        })
        .await
    }

    /// Sends what `request` makes, as often as the gate wants it.
    pub(super) async fn authorized(
        &self,
        scope: &Scope,
        patience: Duration,
        progress: &Progress,
        mut request: impl FnMut() -> Result<Request<Body>, PushError>,
    ) -> Result<Answer, PushError> {
        let pass = self.gate.pass(scope).await?;
        let first = with_pass(request()?, pass.as_ref());
        let answer = self.pool.send(first, progress, patience).await?;
        if answer.status.as_u16() != 401 {
            return Ok(answer);
        }
        match self.gate.again(scope, pass.as_ref(), &answer).await? {
            None => Ok(answer),
            again => {
                self.pool.send(with_pass(request()?, again.as_ref()), progress, patience).await
            }
        }
    }

    /// Whether this is a registry that lets us in.
    pub(super) async fn greet(&self) -> Result<(), PushError> {
        let ask = Ask::new(Method::GET, "/v2/".to_owned(), "", "the first question");
        let mut answer = self.once(&ask).await?;
        if is_passing(&answer) {
            answer = self.ask(&ask).await?;
        }
        match answer.status.as_u16() {
            200 => Ok(()),
            401 | 403 | 413 | 507 => Err(self.refusal(&ask, &answer)),
            status => Err(PushError::NoRegistry { host: self.host(), status }),
        }
    }

    /// What an answer means that is not the one that was hoped for.
    pub(super) fn refusal(&self, ask: &Ask, answer: &Answer) -> PushError {
        let (host, said, status) = (self.host(), answer.said(), answer.status.as_u16());
        let (what, repository) = (ask.what.clone(), ask.scope.repository.clone());
        let who = self.gate.who();
        if is_full(status, &said.0) {
            return PushError::Full { host, what, status, said };
        }
        match status {
            // Whoever got in before has the right password and not the right to write.
            401 if repository.is_empty() || !self.gate.has_login() => self.gate.refused(host, said),
            403 if repository.is_empty() => self.gate.refused(host, said),
            401 | 403 => PushError::Forbidden { host, who, repository, said },
            405 => PushError::ReadOnly { host, method: ask.method.to_string(), said },
            404 => PushError::NoPlace { host, repository, status, said },
            400 if said.0.contains("NAME_INVALID") => {
                PushError::NoPlace { host, repository, status, said }
            }
            _ => PushError::Refused { host, what, status, said },
        }
    }
}

fn with_pass(mut request: Request<Body>, pass: Option<&HeaderValue>) -> Request<Body> {
    if let Some(pass) = pass {
        request.headers_mut().insert(header::AUTHORIZATION, pass.clone());
    }
    request
}

/// Whether the same request may be answered better a little later.
pub(super) fn is_passing(answer: &Answer) -> bool {
    let status = answer.status.as_u16();
    let later = matches!(status, 408 | 429 | 500 | 502..=504);
    later && !is_full(status, &answer.said().0)
}

/// Quotas and full disks, as registries and the proxies before them tell of them.
fn is_full(status: u16, said: &str) -> bool {
    const WORDS: [&str; 4] = ["no space left", "quota", "upper limit", "disk full"];
    let said = said.to_lowercase();
    matches!(status, 413 | 507) || (status >= 400 && WORDS.iter().any(|word| said.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_registries_are_known_by_status_or_by_their_words() {
        assert!(is_full(413, "") && is_full(507, ""));
        assert!(is_full(500, "unknown error (UNKNOWN), {\"Err\":28}: no space left on device"));
        let harbor = "adding 1.1 GiB of storage resource will exceed the configured upper limit";
        assert!(is_full(412, harbor) && is_full(403, "Quota exceeded"));
        assert!(!is_full(500, "unknown error") && !is_full(403, "denied"));
    }
}
