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
    files: Arc<OnceCell<Files>>,
    referrers: Arc<OnceCell<Referrers>>,
}

impl Shelf {
    pub(crate) fn new(holdings: Holdings, health: Arc<Health>) -> Self {
        let (files, referrers) = (Arc::default(), Arc::default());
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
        let read = move || referrers::collect(&holdings);
        let all = self.once(&self.referrers, "manifests", read).await?;
        Ok(all.get(digest).map_or(&[][..], Vec::as_slice))
    }

    /// The plain files.
    pub(crate) async fn files(&self) -> Result<&Files, Refusal> {
        let holdings = Arc::clone(&self.holdings);
        self.once(&self.files, "lockfile", move || Files::read(&holdings)).await
    }

    /// Reads `what` out of the bundles, off the threads that serve, unless it is there
    /// already. A task goes on with it when the request is cancelled: otherwise each
    /// such request would begin to read anew, beside all that have gone.
    async fn once<'a, T: Send + Sync + 'static>(
        &self,
        cell: &'a Arc<OnceCell<T>>,
        what: &str,
        read: impl FnOnce() -> Result<T, BundleError> + Send + 'static,
    ) -> Result<&'a T, Refusal> {
        if cell.get().is_none() {
            let filled = Arc::clone(cell);
            let read = async || spawn_blocking(read).await.expect("reading does not panic");
            let fill = async move { filled.get_or_try_init(read).await.map(|_there| ()) };
            let read = tokio::spawn(fill).await.expect("reading a bundle does not panic");
            read.inspect_err(|error| self.health.report(error)).map_err(|_error| {
                let text = "of a bundle cannot be read; the log of this registry says why";
                Refusal::Damaged(format!("the {what} {text}"))
            })?;
        }
        Ok(cell.get().expect("it was read just now"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use manifests::event::Silent;
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };
    use tokio::{runtime::Runtime, task::yield_now};

    #[test]
    fn what_a_cancelled_request_began_to_read_is_read_once() {
        let health = Arc::new(Health::new(&[], Arc::new(Silent)));
        let shelf = Shelf::new(Holdings::new(Vec::new(), None), health);
        let (cell, reads) = (Arc::new(OnceCell::new()), Arc::new(AtomicUsize::new(0)));
        let (go, wait) = mpsc::channel::<()>();
        let first = Arc::clone(&reads);
        let read = move || {
            first.fetch_add(1, Ordering::Relaxed);
            wait.recv().unwrap();
            Ok(1)
        };
        Runtime::new().unwrap().block_on(async {
            assert!(shelf.once(&cell, "thing", read).now_or_never().is_none());
            while reads.load(Ordering::Relaxed) == 0 {
                yield_now().await;
            }
            let second = Arc::clone(&reads);
            let other = move || {
                second.fetch_add(1, Ordering::Relaxed);
                Ok(2)
            };
            let mut again = Box::pin(shelf.once(&cell, "thing", other));
            assert!((&mut again).now_or_never().is_none());
            go.send(()).unwrap();
            assert_eq!(again.await, Ok(&1));
        });
        assert_eq!(reads.load(Ordering::Relaxed), 1);
    }
}
