//! What every connection shares, and the one function that answers a request.

use super::{
    access::{Access, Deed},
    access_log::{AccessLog, Subject},
    apt, blob,
    budget::Budget,
    crowd::{Crowd, Guest},
    files::ServedFile,
    health::Health,
    holdings::Holdings,
    lists::{self, Page},
    metrics::{self, Metrics, Now},
    names::RepositoryName,
    referrers,
    reply::{Refusal, Reply, document, json_reply},
    route::Route,
    shelf::Shelf,
    stream::Sending,
    visit::Visit,
    writable::{Overlay, Read, Write},
};
use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    http::{HeaderName, HeaderValue, Request, StatusCode, request::Parts},
};
use manifests::Digest;
use serde_json::json;
use std::sync::{Arc, PoisonError, RwLock};

/// Tells old clients that this is a registry of the second generation.
const VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// A registry and file server, before it has a socket.
#[derive(Debug)]
pub(crate) struct Site {
    shelf: RwLock<Arc<Shelf>>,
    health: Arc<Health>,
    access: Arc<Access>,
    budget: Budget,
    crowd: Arc<Crowd>,
    pub(crate) metrics: Arc<Metrics>,
    log: Option<AccessLog>,
    overlay: Option<Arc<Overlay>>,
}

/// A request, with what it is answered from and by.
#[derive(Clone, Copy)]
struct Ask<'a> {
    shelf: &'a Shelf,
    sending: Sending<'a>,
    request: &'a Parts,
}

impl Site {
    pub(crate) fn new(
        shelf: Shelf,
        health: Arc<Health>,
        access: Arc<Access>,
        crowd: Arc<Crowd>,
        log: Option<AccessLog>,
    ) -> Self {
        let shelf = RwLock::new(Arc::new(shelf));
        let (budget, metrics) = (Budget::new(), Arc::default());
        Self { shelf, health, access, budget, crowd, metrics, log, overlay: None }
    }

    /// Takes pushes, into this overlay.
    pub(crate) fn with_overlay(self, overlay: Option<Arc<Overlay>>) -> Self {
        Self { overlay, ..self }
    }

    /// What is served at this moment.
    pub(crate) fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the operator should know of pushes beside these bundles.
    pub(crate) fn survey(&self, holdings: &Holdings) -> Vec<String> {
        self.overlay.as_ref().map_or_else(Vec::new, |overlay| overlay.survey(holdings))
    }

    /// Serves this from now on. Gives what the operator should know of pushes that
    /// were hidden before.
    pub(crate) fn show(&self, next: Shelf) -> Vec<String> {
        let (before, now) = (self.shelf(), Arc::clone(&next.holdings));
        // First, so that no push comes between that was judged by what was before.
        if let Some(overlay) = &self.overlay {
            overlay.stand_beside(Arc::clone(&now));
        }
        *self.shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        let overlay = self.overlay.as_ref();
        overlay.map_or_else(Vec::new, |overlay| overlay.uncovered(&before.holdings, &now))
    }

    /// Answers one request and logs it when its last byte is gone.
    pub(crate) async fn answer<B>(&self, guest: &Arc<Guest>, request: Request<B>) -> Reply
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (request, body) = request.into_parts();
        let mut visit = Visit::new(guest, &request, &self.metrics, self.log.as_ref());
        let reply = match self.permit(&request).await {
            Ok(()) => self.respond(guest, &request, Body::new(body), visit.subject()).await,
            Err(refusal) => Err(refusal),
        };
        let mut reply = match reply {
            Ok(reply) => reply,
            Err(refusal) => refusal.reply(),
        };
        reply.headers_mut().insert(VERSION, HeaderValue::from_static("registry/2.0"));
        visit.follow(reply)
    }

    /// Asked before anything else; how this registry is may be asked by everybody.
    async fn permit(&self, request: &Parts) -> Result<(), Refusal> {
        let deed = match (request.uri.path(), Deed::of(&request.method)) {
            ("/healthz", Deed::Read) => return Ok(()),
            // Clients ask here whether and how to log in, and never again: told that
            // nobody needs to, they would push without a name.
            ("/v2" | "/v2/", Deed::Read) if self.overlay.is_some() => Deed::Write,
            // Numbers are for those who run it, also where everybody may pull.
            (path, Deed::Read) if matches!(Route::parse(path), Ok(Route::Metrics)) => Deed::Write,
            (_, deed) => deed,
        };
        self.access.permit(&request.headers, deed).await?;
        Ok(())
    }

    /// Only pushes depend on a body; nobody else reads it.
    async fn respond(
        &self,
        guest: &Arc<Guest>,
        request: &Parts,
        body: Body,
        subject: &mut Subject,
    ) -> Result<Reply, Refusal> {
        let (deed, current) = (Deed::of(&request.method), self.shelf());
        let sending = Sending { budget: &self.budget, health: &self.health, guest };
        let ask = Ask { shelf: &current, sending, request };
        match &self.overlay {
            None if deed == Deed::Write => Err(Refusal::Unsupported),
            None => self.look(ask, Route::parse(request.uri.path())?, subject).await,
            Some(overlay) => {
                let route = Route::parse(request.uri.path())?;
                if deed == Deed::Write || matches!(route, Route::Uploads(_) | Route::Upload(..)) {
                    let write = Write { overlay, holdings: &current.holdings, request };
                    return Ok(write.answer(route, subject, body).await);
                }
                let read = Read { overlay, holdings: &current.holdings, sending, request };
                self.look_beside(read, &current, route, subject).await
            }
        }
    }

    /// Looks in the bundles, and beside them where that makes a difference.
    async fn look_beside(
        &self,
        read: Read<'_>,
        current: &Shelf,
        route: Route,
        subject: &mut Subject,
    ) -> Result<Reply, Refusal> {
        let query = read.request.uri.query();
        let ask = Ask { shelf: current, sending: read.sending, request: read.request };
        match &route {
            Route::Catalog => read.catalog(&Page::parse(query)?).await,
            Route::Tags(name) => {
                subject.name = Some(name.to_string());
                read.tags(name, &Page::parse(query)?).await
            }
            Route::Referrers(name, digest) => {
                subject.name = Some(name.to_string());
                subject.digest = Some(digest.clone());
                let held = match current.tags(name) {
                    Ok(_) => current.referrers(digest).await?,
                    Err(_not_in_a_bundle) => &[],
                };
                read.referrers(name, digest, held).await
            }
            _ => match self.look(ask, route.clone(), subject).await {
                Err(
                    refusal @ (Refusal::NameUnknown(_)
                    | Refusal::ManifestUnknown(_)
                    | Refusal::BlobUnknown(_)),
                ) => read.instead(&route, subject, refusal).await,
                other => other,
            },
        }
    }

    /// Looks in the bundles.
    async fn look(
        &self,
        ask: Ask<'_>,
        route: Route,
        subject: &mut Subject,
    ) -> Result<Reply, Refusal> {
        let Ask { shelf: current, sending, request } = ask;
        let query = request.uri.query();
        match route {
            Route::Base => Ok(json_reply("application/json", &json!({}))),
            Route::Health => Ok(self.health_reply()),
            Route::Metrics => Ok(self.metrics_reply()),
            Route::Catalog => {
                let names = current.holdings.repositories().map(RepositoryName::as_str);
                Ok(lists::catalog(names, &Page::parse(query)?))
            }
            Route::Tags(name) => {
                subject.name = Some(name.to_string());
                let tags = current.tags(&name)?.keys().map(String::as_str);
                Ok(lists::tags(name.as_str(), tags, &Page::parse(query)?))
            }
            Route::Manifest(name, reference) => {
                subject.name = Some(name.to_string());
                let found = current.manifest(&name, &reference)?;
                subject.digest = Some(found.record.digest.clone());
                blob::reply(sending, request, found, &found.record.media_type).await
            }
            Route::Blob(name, digest) => {
                subject.name = Some(name.to_string());
                subject.digest = Some(digest.clone());
                let found = current.blob(&name, &digest)?;
                blob::reply(sending, request, found, "application/octet-stream").await
            }
            Route::Referrers(name, digest) => {
                subject.name = Some(name.to_string());
                subject.digest = Some(digest.clone());
                self.referrers(current, &name, &digest, query).await
            }
            Route::Uploads(_) | Route::Upload(..) => Err(Refusal::NotFound),
            Route::FileList(folder) => {
                current.files().await?.list(&folder).ok_or(Refusal::FileUnknown(folder))
            }
            Route::File(path) => {
                let file = current.files().await?.named(&path);
                file_reply(ask, subject, (path, file)).await
            }
            Route::Source(path) => {
                let file = current.files().await?.at_source(&path);
                file_reply(ask, subject, (path, file)).await
            }
            Route::AptList(folder) => {
                let list = current.holdings.package_files(&folder);
                list.ok_or(Refusal::PackageUnknown(folder))
            }
            Route::Apt(path) => {
                let found = current.holdings.package_file(&path);
                let found = found.ok_or_else(|| Refusal::PackageUnknown(path.clone()))?;
                let is_fixed = apt::is_package(&path);
                subject.name = Some(path);
                subject.digest = Some(found.record.digest.clone());
                blob::package_reply(sending, request, found, is_fixed).await
            }
        }
    }

    fn health_reply(&self) -> Reply {
        let mut reply = json_reply("application/json", &self.health.describe());
        if self.health.is_damaged() {
            *reply.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        reply
    }

    fn metrics_reply(&self) -> Reply {
        let (connections, damages) = (self.crowd.count(), self.health.damages());
        let now = Now { connections, damages, bundles: self.health.bundles() };
        document(metrics::MEDIA_TYPE, self.metrics.render(&now))
    }

    async fn referrers(
        &self,
        current: &Shelf,
        name: &RepositoryName,
        digest: &Digest,
        query: Option<&str>,
    ) -> Result<Reply, Refusal> {
        let kind = lists::fields(query).find(|(key, _)| key == "artifactType");
        // Whoever asks of a repository that is not here hears that nothing refers to
        // it: "not found" would mean that this cannot be asked at all.
        let found = match current.tags(name) {
            Ok(_) => current.referrers(digest).await?,
            Err(_unknown) => &[],
        };
        Ok(referrers::reply(found, kind.as_ref().map(|(_, kind)| kind.as_str())))
    }
}

async fn file_reply(
    ask: Ask<'_>,
    subject: &mut Subject,
    (path, file): (String, Option<&ServedFile>),
) -> Result<Reply, Refusal> {
    let Ask { shelf, sending, request } = ask;
    let found = file.and_then(|file| Some((file, shelf.holdings.blob(&file.digest)?)));
    let (file, found) = found.ok_or_else(|| Refusal::FileUnknown(path.clone()))?;
    subject.name = Some(path);
    subject.digest = Some(file.digest.clone());
    blob::reply(sending, request, found, &file.media_type).await
}
