//! One blob into one repository: mounted from another one where that is possible,
//! else sent, and after a cut continued where the registry is.
//!
//! A small blob is one PUT. A larger one is sent as one long PATCH of open length,
//! as Docker does it, which can be ended anywhere in good order; after a cut one
//! with `Content-Range` goes on. An empty PUT with the digest closes it, and the
//! registry checks that over all bytes.

use super::{
    attempts::Attempts,
    contents::is_of,
    error::PushError,
    feed::Feed,
    http::Answer,
    login::Scope,
    registry::{Ask, PATIENCE_AT_END, PATIENCE_WITH_BYTES, Registry},
    remembered::Uploads,
};
use axum::{
    body::Body,
    http::{Method, Request, Uri, header},
};
use bundles::{BlobRecord, Bundle};
use manifests::event::{Outcome, Transfer};
use std::time::Duration;

/// Up to this size a blob is sent in one request: to send it again costs no more
/// than to ask how much of it is there.
const SMALL: u64 = 4 << 20;

const OCTETS: &str = "application/octet-stream";

/// What happened to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    Mounted,
    /// With so many bytes on the line, those of failed attempts too.
    Sent(u64),
}

/// A blob on its way into a repository.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    pub(super) registry: &'a Registry<'a>,
    pub(super) uploads: &'a Uploads,
    pub(super) bundle: &'a Bundle,
    pub(super) blob: &'a BlobRecord,
    pub(super) repository: &'a str,
    /// Another repository that has it.
    pub(super) from: Option<&'a str>,
}

/// How far an upload is.
#[derive(Debug)]
struct Open {
    location: String,
    offset: u64,
}

/// What earlier attempts leave to later ones.
#[derive(Debug, Default)]
struct Way {
    known: Option<Open>,
    /// The most that the registry ever had.
    furthest: u64,
    sent: u64,
}

/// How an attempt ended without an error.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Mounted,
    Sent,
    /// The registry has a part: go on from there.
    More,
}

/// An attempt that failed, and how long the registry wants us to wait.
type Failed = (PushError, Option<Duration>);

/// An error that brings no wish for a wait.
fn at_once(error: impl Into<PushError>) -> Failed {
    (error.into(), None)
}

impl Upload<'_> {
    /// Brings it there.
    pub(super) async fn run(&self) -> Result<Moved, PushError> {
        let name = self.what();
        let mut attempts = Attempts::new(self.registry.retry, &name, self.registry.reporter);
        let mut way = Way::default();
        loop {
            self.registry.stop.check()?;
            let before = way.furthest;
            let step = self.attempt(&mut way).await;
            if way.furthest > before {
                attempts.progressed();
            }
            match step {
                Ok(Step::Mounted) => return Ok(Moved::Mounted),
                Ok(Step::Sent) => return Ok(Moved::Sent(way.sent)),
                Ok(Step::More) => {}
                Err((error, wait)) => attempts.pause(error, wait, &self.registry.stop).await?,
            }
        }
    }

    fn what(&self) -> String {
        let user = self.blob.users.first().map_or("a blob", String::as_str);
        format!("{user} {}", self.blob.digest.short())
    }

    async fn attempt(&self, way: &mut Way) -> Result<Step, Failed> {
        if way.known.is_none() && self.blob.size > SMALL {
            way.known = self.found().await?;
        }
        let open = match way.known.take() {
            Some(open) => open,
            None => match self.begin().await? {
                Some(location) => Open { location, offset: 0 },
                None => return Ok(Step::Mounted),
            },
        };
        way.furthest = way.furthest.max(open.offset);
        let feed = Feed::new();
        let step = self.send(open, &feed, way).await;
        way.sent += feed.sent();
        match feed.damage() {
            Some(damage) => Err(at_once(damage)),
            None => step,
        }
    }

    /// Everything that is not there yet, then the end.
    async fn send(&self, mut open: Open, feed: &Feed, way: &mut Way) -> Result<Step, Failed> {
        let size = self.blob.size;
        let transfer = Transfer::start(self.registry.reporter, &self.what(), Some(size));
        transfer.advance(open.offset);
        if size > SMALL && open.offset < size {
            let answer = feed.told(&transfer, self.patch(&open, feed)).await.map_err(at_once)?;
            open = self.advanced(&open, &answer, feed)?;
            way.furthest = way.furthest.max(open.offset);
            if open.offset < size {
                way.known = Some(open);
                return Ok(Step::More);
            }
        }
        let put = self.put(&open, feed, size <= SMALL);
        let answer = feed.told(&transfer, put).await.map_err(at_once)?;
        if answer.status.as_u16() != 201 {
            return Err(self.failed(&Method::PUT, &answer));
        }
        self.check_digest(&answer).map_err(at_once)?;
        self.uploads.forget(self.repository, &self.blob.digest);
        transfer.finish(Outcome::Done);
        Ok(Step::Sent)
    }

    /// How far an upload is after a PATCH.
    fn advanced(&self, open: &Open, answer: &Answer, feed: &Feed) -> Result<Open, Failed> {
        if !matches!(answer.status.as_u16(), 201 | 202 | 204) {
            return Err(self.failed(&Method::PATCH, answer));
        }
        let location = self.location(answer).map_err(at_once)?;
        let taken = || (open.offset + feed.sent_last()).min(self.blob.size);
        let offset = answer.received().unwrap_or_else(taken);
        if !(open.offset + 1..=self.blob.size).contains(&offset) {
            return Err(self.failed(&Method::PATCH, answer));
        }
        self.remember(&location);
        Ok(Open { location, offset })
    }

    /// An upload that was begun, and how far the registry says it is. Only where the
    /// registry has nothing of it the address is forgotten: another login, or the same
    /// one later, may go on where this one may not.
    async fn found(&self) -> Result<Option<Open>, Failed> {
        let Some(location) = self.uploads.get(self.repository, &self.blob.digest) else {
            return Ok(None);
        };
        let ask = self.ask(Method::GET, location);
        let answer = self.registry.once(&ask).await.map_err(at_once)?;
        let is_gone = matches!(answer.status.as_u16(), 404 | 410);
        if !is_gone && !answer.status.is_success() {
            return Err(self.failed(&Method::GET, &answer));
        }
        let offset = answer.received().filter(|offset| (1..=self.blob.size).contains(offset));
        let Some(offset) = offset.filter(|_| !is_gone) else {
            self.uploads.forget(self.repository, &self.blob.digest);
            return Ok(None);
        };
        let location = self.location(&answer).unwrap_or(ask.address);
        Ok(Some(Open { location, offset }))
    }

    /// Begins an upload; `None` when the registry had the blob and mounted it.
    async fn begin(&self) -> Result<Option<String>, Failed> {
        let mut address = format!("/v2/{}/blobs/uploads/", self.repository);
        if let Some(from) = self.from {
            let (digest, from) = (&self.blob.digest, super::login::escaped(from));
            address = format!("{address}?mount={digest}&from={from}");
        }
        let mut ask = self.ask(Method::POST, address);
        ask.scope.from = self.from.map(str::to_owned);
        let answer = self.registry.once(&ask).await.map_err(at_once)?;
        match answer.status.as_u16() {
            201 => {
                self.check_digest(&answer).map_err(at_once)?;
                Ok(None)
            }
            202 => {
                let location = self.location(&answer).map_err(at_once)?;
                if self.blob.size > SMALL {
                    self.remember(&location);
                }
                Ok(Some(location))
            }
            _ => Err(self.failed(&Method::POST, &answer)),
        }
    }

    /// All bytes from where the upload is. The length is left open, so that the
    /// operator can end it in good order.
    async fn patch(&self, open: &Open, feed: &Feed) -> Result<Answer, PushError> {
        let (size, offset) = (self.blob.size, open.offset);
        let request = || {
            let mut request = Request::patch(&open.location).header(header::CONTENT_TYPE, OCTETS);
            if offset > 0 {
                request = request.header(header::CONTENT_RANGE, format!("{offset}-{}", size - 1));
            }
            let stop = Some(self.registry.stop.clone());
            let body = feed.body(self.bundle, (&self.blob.digest, offset..size), stop)?;
            self.built(request.body(body))
        };
        self.registry.authorized(&self.scope(), PATIENCE_WITH_BYTES, &feed.progress, request).await
    }

    /// Closes an upload: with the digest, and for a small blob with its bytes.
    async fn put(&self, open: &Open, feed: &Feed, bytes: bool) -> Result<Answer, PushError> {
        let joint = if open.location.contains('?') { '&' } else { '?' };
        let address = format!("{}{joint}digest={}", open.location, self.blob.digest);
        let request = || {
            let length = if bytes { self.blob.size } else { 0 };
            let body = match bytes {
                true => feed.body(self.bundle, (&self.blob.digest, 0..length), None)?,
                false => Body::empty(),
            };
            let request = Request::put(&address).header(header::CONTENT_TYPE, OCTETS);
            self.built(request.header(header::CONTENT_LENGTH, length).body(body))
        };
        self.registry.authorized(&self.scope(), PATIENCE_AT_END, &feed.progress, request).await
    }

    fn built(
        &self,
        request: Result<Request<Body>, axum::http::Error>,
    ) -> Result<Request<Body>, PushError> {
        request.map_err(|error| self.registry.pool.place.broken(error))
    }

    fn ask(&self, method: Method, address: String) -> Ask {
        Ask::new(method, address, self.repository, &self.what())
    }

    fn scope(&self) -> Scope {
        Scope { repository: self.repository.to_owned(), from: None }
    }

    /// Path and query of where to go on. Whatever host a registry names there, it
    /// is only ever the one of the command line that is talked to.
    fn location(&self, answer: &Answer) -> Result<String, PushError> {
        let text = answer.header("location").and_then(|text| text.parse::<Uri>().ok());
        let path = text.and_then(|uri| Some(uri.path_and_query()?.to_string()));
        let path = path.filter(|path| path.starts_with('/'));
        path.ok_or_else(|| PushError::Answer {
            host: self.registry.host(),
            what: self.what(),
            missing: "a location",
        })
    }

    /// The registry's digest must be ours.
    fn check_digest(&self, answer: &Answer) -> Result<(), PushError> {
        match answer.digest() {
            Some(found) if !is_of(self.blob, &found) => Err(PushError::OtherDigest {
                host: self.registry.host(),
                what: self.what(),
                expected: self.blob.digest.clone(),
                found: found.to_string(),
            }),
            _ => Ok(()),
        }
    }

    fn remember(&self, location: &str) {
        if let Err(error) = self.uploads.put(self.repository, &self.blob.digest, location) {
            let text = format!("cannot remember where an upload is: {error}");
            self.registry.reporter.report(&manifests::event::Event::Notice { text });
        }
    }

    /// An answer that does not bring us further. What the registry has of the blob
    /// is of no use any more when it did not like it, unless only the place was wrong
    /// (416), or the operator's wish ended a body early.
    fn failed(&self, method: &Method, answer: &Answer) -> Failed {
        if let Err(stopped) = self.registry.stop.check() {
            return at_once(stopped);
        }
        let (host, what, status) = (self.registry.host(), self.what(), answer.status.as_u16());
        let is_lost = matches!(status, 200..=299 | 400 | 404 | 410 | 416);
        if is_lost && matches!(*method, Method::PATCH | Method::PUT) {
            if status != 416 {
                self.uploads.forget(self.repository, &self.blob.digest);
            }
            return at_once(PushError::Lost { host, what, status, said: answer.said() });
        }
        let ask = self.ask(method.clone(), String::new());
        (self.registry.refusal(&ask, answer), answer.retry_after())
    }
}
