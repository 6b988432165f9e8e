//! The bundles that are served at one moment, and everything that is found in
//! them. A shelf never changes: when bundles come or go, requests that begin
//! then get another one, and those under way keep theirs.

use super::{
    files::Files,
    health::Health,
    holdings::{Found, Holdings, Tags},
    names::RepositoryName,
    referrers::{self, Referrers},
    reply::Refusal,
    route::Reference,
};
use bundles::{BundleError, is_index, is_manifest};
use manifests::Digest;
use serde_json::Value;
use std::sync::Arc;
use tokio::{sync::OnceCell, task::spawn_blocking};

/// Bundles side by side.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) holdings: Arc<Holdings>,
    health: Arc<Health>,
    files: OnceCell<Files>,
    referrers: OnceCell<Referrers>,
}

impl Shelf {
    pub(crate) fn new(holdings: Holdings, health: Arc<Health>) -> Self {
        let (files, referrers) = (OnceCell::new(), OnceCell::new());
        Self { holdings: Arc::new(holdings), health, files, referrers }
    }

    /// The tags of a repository that is known.
    pub(crate) fn tags(&self, name: &RepositoryName) -> Result<&Tags, Refusal> {
        self.holdings.tags(name).ok_or_else(|| Refusal::NameUnknown(name.to_string()))
    }

    /// A manifest under a name.
    pub(crate) fn manifest(
        &self,
        name: &RepositoryName,
        reference: &Reference,
    ) -> Result<Found<'_>, Refusal> {
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
    pub(crate) fn blob(
        &self,
        name: &RepositoryName,
        digest: &Digest,
    ) -> Result<Found<'_>, Refusal> {
        self.tags(name)?;
        self.holdings.blob(digest).ok_or_else(|| Refusal::BlobUnknown(digest.to_string()))
    }

    /// Descriptors of what refers to a manifest.
    pub(crate) async fn referrers(&self, digest: &Digest) -> Result<&[Value], Refusal> {
        let holdings = Arc::clone(&self.holdings);
        let read = || self.read("manifests", move || referrers::collect(&holdings));
        let all = self.referrers.get_or_try_init(read).await?;
        Ok(all.get(digest).map_or(&[][..], Vec::as_slice))
    }

    /// The plain files.
    pub(crate) async fn files(&self) -> Result<&Files, Refusal> {
        let holdings = Arc::clone(&self.holdings);
        let read = || self.read("lockfile", move || Files::read(&holdings));
        self.files.get_or_try_init(read).await
    }

    /// Reads `what` out of the bundles, off the threads that serve.
    async fn read<T: Send + 'static>(
        &self,
        what: &str,
        read: impl FnOnce() -> Result<T, BundleError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let read = spawn_blocking(read).await.expect("reading a bundle does not panic");
        read.inspect_err(|error| self.health.report(error)).map_err(|_error| {
            let text = "of a bundle cannot be read; the log of this registry says why";
            Refusal::Damaged(format!("the {what} {text}"))
        })
    }
}
