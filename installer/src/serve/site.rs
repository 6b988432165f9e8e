//! What every connection shares, and the one function that answers a request.

use super::{
    access::{Access, Deed},
    access_log::{AccessLog, Entry, Subject},
    blob,
    files::{Files, ServedFile},
    health::Health,
    holdings::{Found, Holdings, Tags},
    lists::{self, Page},
    names::RepositoryName,
    referrers::{self, Referrers},
    reply::{Refusal, Reply, json_reply},
    route::{Reference, Route},
    stream::{Budget, Sending},
};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, request::Parts};
use bundles::{is_index, is_manifest};
use manifests::Digest;
use serde_json::json;
use std::{net::IpAddr, sync::Arc};
use tokio::{sync::OnceCell, task::spawn_blocking};

/// Tells old clients that this is a registry of the second generation.
const VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// A registry and file server, before it has a socket.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) holdings: Arc<Holdings>,
    health: Arc<Health>,
    access: Arc<Access>,
    budget: Budget,
    log: Option<AccessLog>,
    files: OnceCell<Files>,
    referrers: OnceCell<Referrers>,
}

impl Site {
    pub(crate) fn new(
        holdings: Holdings,
        health: Arc<Health>,
        access: Arc<Access>,
        log: Option<AccessLog>,
    ) -> Self {
        let (files, referrers) = (OnceCell::new(), OnceCell::new());
        let (holdings, budget) = (Arc::new(holdings), Budget::new());
        Self { holdings, health, access, budget, log, files, referrers }
    }

    /// Answers one request and logs it when its last byte is gone.
    pub(crate) async fn answer<B>(&self, client: IpAddr, request: Request<B>) -> Reply {
        // Nothing we answer depends on a body, so none is read.
        let (request, _) = request.into_parts();
        let entry = self.log.as_ref().map(|_| Entry::new(client, &request));
        let mut subject = Subject::default();
        let reply = match self.permit(&request).await {
            Ok(()) => self.respond(&request, &mut subject).await,
            Err(refusal) => Err(refusal),
        };
        let mut reply = match reply {
            Ok(reply) => reply,
            Err(refusal) => refusal.reply(),
        };
        reply.headers_mut().insert(VERSION, HeaderValue::from_static("registry/2.0"));
        match (&self.log, entry) {
            (Some(log), Some(entry)) => log.follow(reply, entry, subject),
            _ => reply,
        }
    }

    /// Asked before anything else; how this registry is may be asked by everybody.
    async fn permit(&self, request: &Parts) -> Result<(), Refusal> {
        if request.uri.path() == "/healthz" && Deed::of(&request.method) == Deed::Read {
            return Ok(());
        }
        self.access.permit(&request.headers, Deed::of(&request.method)).await?;
        Ok(())
    }

    async fn respond(&self, request: &Parts, subject: &mut Subject) -> Result<Reply, Refusal> {
        if request.method != Method::GET && request.method != Method::HEAD {
            return Err(Refusal::Unsupported);
        }
        let query = request.uri.query();
        match Route::parse(request.uri.path())? {
            Route::Base => Ok(json_reply("application/json", &json!({}))),
            Route::Health => Ok(self.health_reply()),
            Route::Catalog => {
                let names = self.holdings.repositories().map(RepositoryName::as_str);
                Ok(lists::catalog(names, &Page::parse(query)?))
            }
            Route::Tags(name) => {
                subject.name = Some(name.to_string());
                let tags = self.tags(&name)?.keys().map(String::as_str);
                Ok(lists::tags(name.as_str(), tags, &Page::parse(query)?))
            }
            Route::Manifest(name, reference) => {
                subject.name = Some(name.to_string());
                let found = self.manifest(&name, &reference)?;
                subject.digest = Some(found.record.digest.clone());
                blob::reply(self.sending(), request, found, &found.record.media_type).await
            }
            Route::Blob(name, digest) => {
                subject.name = Some(name.to_string());
                subject.digest = Some(digest.clone());
                let found = self.blob(&name, &digest)?;
                blob::reply(self.sending(), request, found, "application/octet-stream").await
            }
            Route::Referrers(name, digest) => {
                subject.name = Some(name.to_string());
                subject.digest = Some(digest.clone());
                self.referrers(&name, &digest, query).await
            }
            Route::FileList(folder) => {
                self.files().await?.list(&folder).ok_or(Refusal::FileUnknown(folder))
            }
            Route::File(path) => {
                let file = self.files().await?.named(&path);
                self.file(request, subject, path, file).await
            }
            Route::Source(path) => {
                let file = self.files().await?.at_source(&path);
                self.file(request, subject, path, file).await
            }
        }
    }

    fn sending(&self) -> Sending<'_> {
        Sending { budget: &self.budget, health: &self.health }
    }

    fn health_reply(&self) -> Reply {
        let mut reply = json_reply("application/json", &self.health.describe());
        if self.health.is_damaged() {
            *reply.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        reply
    }

    fn tags(&self, name: &RepositoryName) -> Result<&Tags, Refusal> {
        self.holdings.tags(name).ok_or_else(|| Refusal::NameUnknown(name.to_string()))
    }

    fn manifest(&self, name: &RepositoryName, reference: &Reference) -> Result<Found<'_>, Refusal> {
        let tags = self.tags(name)?;
        let unknown = |text: String| Refusal::ManifestUnknown(text);
        let digest = match reference {
            Reference::Digest(digest) => digest,
            Reference::Tag(tag) => tags.get(tag).ok_or_else(|| unknown(tag.clone()))?,
        };
        let found = self.holdings.blob(digest).ok_or_else(|| unknown(digest.to_string()))?;
        let kind = &found.record.media_type;
        match is_manifest(kind) || is_index(kind) {
            true => Ok(found),
            false => Err(unknown(digest.to_string())),
        }
    }

    /// Blobs have no owner here: every repository that is known answers with
    /// every blob there is.
    fn blob(&self, name: &RepositoryName, digest: &Digest) -> Result<Found<'_>, Refusal> {
        self.tags(name)?;
        self.holdings.blob(digest).ok_or_else(|| Refusal::BlobUnknown(digest.to_string()))
    }

    async fn referrers(
        &self,
        name: &RepositoryName,
        digest: &Digest,
        query: Option<&str>,
    ) -> Result<Reply, Refusal> {
        self.tags(name)?;
        let holdings = Arc::clone(&self.holdings);
        let read = || async {
            let read = spawn_blocking(move || referrers::collect(&holdings)).await;
            read.expect("reading manifests does not panic")
                .inspect_err(|error| self.health.report(error))
                .map_err(|_error| unreadable("manifests"))
        };
        let all = self.referrers.get_or_try_init(read).await?;
        let kind = lists::fields(query).find(|(key, _)| key == "artifactType");
        let found = all.get(digest).map_or(&[][..], Vec::as_slice);
        Ok(referrers::reply(found, kind.as_ref().map(|(_, kind)| kind.as_str())))
    }

    async fn files(&self) -> Result<&Files, Refusal> {
        let holdings = Arc::clone(&self.holdings);
        let read = || async {
            let read = spawn_blocking(move || Files::read(&holdings)).await;
            read.expect("reading lockfiles does not panic")
                .inspect_err(|error| self.health.report(error))
                .map_err(|_error| unreadable("lockfile"))
        };
        self.files.get_or_try_init(read).await
    }

    async fn file(
        &self,
        request: &Parts,
        subject: &mut Subject,
        path: String,
        file: Option<&ServedFile>,
    ) -> Result<Reply, Refusal> {
        let found = file.and_then(|file| Some((file, self.holdings.blob(&file.digest)?)));
        let (file, found) = found.ok_or_else(|| Refusal::FileUnknown(path.clone()))?;
        subject.name = Some(path);
        subject.digest = Some(file.digest.clone());
        blob::reply(self.sending(), request, found, &file.media_type).await
    }
}

fn unreadable(what: &str) -> Refusal {
    Refusal::Damaged(format!(
        "the {what} of a bundle cannot be read; the log of this registry says why"
    ))
}
