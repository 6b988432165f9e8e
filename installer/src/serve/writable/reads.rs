//! Requests that look at what is here, beyond what bundles answer alone. A bundle
//! is always asked first.

use super::{overlay::Overlay, place::Tag, read::Stored, refusal::WriteRefusal, send};
use crate::serve::{
    access_log::Subject,
    blob::{self, Told},
    holdings::Holdings,
    lists::{self, Page, fields},
    names::RepositoryName,
    referrers,
    reply::{Refusal, Reply},
    route::{Reference, Route},
    stream::Sending,
};
use axum::http::request::Parts;
use manifests::Digest;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Bytes of descriptors in one answer; more come on the next page.
const PAGE: usize = 4 << 20;

/// A request that wants to look, with what it is answered from.
pub(crate) struct Read<'a> {
    pub(crate) overlay: &'a Arc<Overlay>,
    pub(crate) holdings: &'a Holdings,
    pub(crate) sending: Sending<'a>,
    pub(crate) request: &'a Parts,
}

impl Read<'_> {
    /// Answers in place of bundles that do not have it.
    pub(crate) async fn instead(
        &self,
        route: &Route,
        subject: &mut Subject,
        refusal: Refusal,
    ) -> Result<Reply, Refusal> {
        match route {
            Route::Manifest(name, reference) => {
                self.manifest(self.holdings.kept_as(name), reference.clone(), subject, refusal)
                    .await
            }
            Route::Blob(name, digest) => {
                self.blob(self.holdings.kept_as(name), digest, refusal).await
            }
            _ => Err(refusal),
        }
    }

    async fn manifest(
        &self,
        name: RepositoryName,
        reference: Reference,
        subject: &mut Subject,
        refusal: Refusal,
    ) -> Result<Reply, Refusal> {
        let find = move |overlay: &Overlay| overlay.find_manifest(&name, &reference);
        let found = self.overlay.on_disk(find).await.map_err(told)?;
        let (stored, media_type) = found.ok_or(refusal)?;
        subject.digest = Some(stored.digest.clone());
        self.send(stored, &media_type).await
    }

    /// A blob that the repository was given. Its bytes may lie in a bundle.
    async fn blob(
        &self,
        name: RepositoryName,
        digest: &Digest,
        refusal: Refusal,
    ) -> Result<Reply, Refusal> {
        const BINARY: &str = "application/octet-stream";
        let (held, wanted) = (self.holdings.blob(digest), digest.clone());
        let in_bundle = held.is_some();
        let find = move |overlay: &Overlay| match overlay.has(&name, &wanted)? {
            true if in_bundle => Ok((true, None)),
            true => Ok((true, overlay.stored(&wanted)?)),
            false => Ok((false, None)),
        };
        match (self.overlay.on_disk(find).await.map_err(told)?, held) {
            ((true, None), Some(found)) => {
                blob::reply(self.sending, self.request, found, BINARY).await
            }
            ((true, Some(stored)), _) => self.send(stored, BINARY).await,
            _ => Err(refusal),
        }
    }

    async fn send(&self, stored: Stored, media_type: &str) -> Result<Reply, Refusal> {
        let (digest, size) = (stored.digest.clone(), stored.size);
        let told = Told { digest: &digest, size, media_type, is_fixed: false };
        let body = async |bytes| {
            send::body(self.overlay, stored, bytes).await.map_err(|_reported| super::damaged())
        };
        blob::answer(self.request, told, body).await
    }

    /// Every repository of bundles and overlay.
    pub(crate) async fn catalog(&self, page: &Page) -> Result<Reply, Refusal> {
        let mut names: BTreeSet<String> =
            self.holdings.repositories().map(ToString::to_string).collect();
        let find = |overlay: &Overlay| overlay.repositories();
        let more = self.overlay.on_disk(find).await.map_err(told)?;
        names.extend(more.iter().map(ToString::to_string));
        Ok(lists::catalog(names.iter().map(String::as_str), page))
    }

    /// Every tag of a repository.
    pub(crate) async fn tags(&self, name: &RepositoryName, page: &Page) -> Result<Reply, Refusal> {
        let held = self.holdings.tags(name);
        let stored = self.holdings.kept_as(name);
        let find = move |overlay: &Overlay| Ok((overlay.knows(&stored)?, overlay.tags(&stored)?));
        let (known, more) = self.overlay.on_disk(find).await.map_err(told)?;
        if held.is_none() && !known {
            return Err(Refusal::NameUnknown(name.to_string()));
        }
        let mut tags: BTreeSet<&str> = more.iter().map(Tag::as_str).collect();
        tags.extend(held.into_iter().flat_map(BTreeMap::keys).map(String::as_str));
        Ok(lists::tags(name.as_str(), tags.into_iter(), page))
    }

    /// What refers to a manifest: `held` by bundles, or pushed.
    pub(crate) async fn referrers(
        &self,
        name: &RepositoryName,
        digest: &Digest,
        held: &[Value],
    ) -> Result<Reply, Refusal> {
        let field = |wanted: &str| {
            let mut all = fields(self.request.uri.query());
            all.find(|(key, _)| key == wanted).map(|(_, value)| value)
        };
        let (kind, last) = (field("artifactType"), field("last"));
        let key = |value: &Value| value["digest"].as_str().unwrap_or_default().to_owned();
        let held: BTreeMap<_, _> = held.iter().map(|value| (key(value), value.clone())).collect();
        let (stored, subject, wanted) = (self.holdings.kept_as(name), digest.clone(), kind.clone());
        let find = move |overlay: &Overlay| {
            let mut all: BTreeSet<String> = held.keys().cloned().collect();
            let pushed = overlay.referring(&stored, &subject)?;
            all.extend(pushed.iter().map(ToString::to_string));
            let after = |digest: &String| last.as_ref().is_none_or(|last| digest > last);
            page(all.into_iter().filter(after), wanted.as_deref(), |digest| {
                match (held.get(digest), digest.parse()) {
                    (Some(value), _) => Ok(Some(value.clone())),
                    (None, Ok(digest)) => overlay.referrer(&stored, &subject, &digest),
                    (None, Err(_)) => Ok(None),
                }
            })
        };
        let (page, more) = self.overlay.on_disk(find).await.map_err(told)?;
        let next = page.last().filter(|_| more).map(|last| {
            let kind = kind
                .as_deref()
                .map(|kind| format!("artifactType={}&", crate::serve::names::escaped(kind)));
            format!(
                "</v2/{name}/referrers/{digest}?{}last={}>; rel=\"next\"",
                kind.unwrap_or_default(),
                key(last)
            )
        });
        Ok(referrers::page(&page, kind.is_some(), next.as_deref()))
    }
}

/// What a reader hears of a disk that says no.
fn told(refusal: WriteRefusal) -> Refusal {
    match refusal {
        WriteRefusal::Read(refusal) => refusal,
        _ => super::damaged(),
    }
}

impl Overlay {
    fn find_manifest(
        &self,
        name: &RepositoryName,
        reference: &Reference,
    ) -> Result<Option<(Stored, String)>, WriteRefusal> {
        let digest = match reference {
            Reference::Digest(digest) => Some(digest.clone()),
            Reference::Tag(text) => match text.parse() {
                Ok(tag) => self.tag(name, &tag)?,
                Err(_not_a_tag) => None,
            },
        };
        let Some(digest) = digest else { return Ok(None) };
        let Some(media_type) = self.manifest(name, &digest)? else { return Ok(None) };
        Ok(self.stored(&digest)?.map(|stored| (stored, media_type)))
    }
}

/// As many descriptors of a kind as fit into an answer, and whether there are more.
fn page(
    digests: impl Iterator<Item = String>,
    kind: Option<&str>,
    describe: impl Fn(&str) -> Result<Option<Value>, WriteRefusal>,
) -> Result<(Vec<Value>, bool), WriteRefusal> {
    let fits = |value: &Value| kind.is_none_or(|kind| value["artifactType"] == kind);
    let (mut page, mut bytes) = (Vec::new(), 0);
    for digest in digests {
        let Some(value) = describe(&digest)?.filter(fits) else { continue };
        bytes += value.to_string().len();
        if bytes > PAGE && !page.is_empty() {
            return Ok((page, true));
        }
        page.push(value);
    }
    Ok((page, false))
}
