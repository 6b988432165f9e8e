//! What an archive says of one suite, signed: `InRelease`, or `Release` with its
//! signature beside it where there is no `InRelease`.

use super::{
    ArchiveError, Archives,
    fetch::{below, is_absent},
    seen::{moment, time},
};
use crate::{
    debian::{Expected, InRelease, InReleaseError},
    http::Renewed,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use manifests::packages::{ArchiveSource, LockedIndex, Suite, SystemDefinition};
use std::sync::Arc;
use url::Url;

/// The believed word of one suite.
#[derive(Debug, Clone)]
pub(crate) struct Word<'a> {
    pub(super) source: &'a ArchiveSource,
    pub(super) release: InRelease,
    /// What the lockfile says of it, without lists.
    pub(super) index: LockedIndex,
}

/// What was signed, and where it is.
struct Signed {
    release: InRelease,
    url: Url,
    fetched: Renewed,
}

impl Archives<'_> {
    /// The word of every suite of a system, in the order of the definition.
    pub(crate) async fn words<'s>(
        &self,
        system: &'s SystemDefinition,
    ) -> Result<Vec<Word<'s>>, ArchiveError> {
        stream::iter(&system.sources)
            .map(|source| self.words_of(source))
            .buffered(self.network.tasks())
            .try_concat()
            .await
    }

    /// The word of every suite of one archive.
    async fn words_of<'s>(&self, source: &'s ArchiveSource) -> Result<Vec<Word<'s>>, ArchiveError> {
        let keys = self.small(&source.keys, "keys").await;
        let keys = keys.map_err(|error| ArchiveError::keys(&source.keys, error))?.bytes;
        let keys: Arc<[u8]> = keys.into();
        stream::iter(&source.suites)
            .map(|suite| self.word(source, suite, &keys))
            .buffered(self.network.tasks())
            .try_collect()
            .await
    }

    async fn word<'s>(
        &self,
        source: &'s ArchiveSource,
        suite: &Suite,
        keys: &Arc<[u8]>,
    ) -> Result<Word<'s>, ArchiveError> {
        let Signed { release, url, fetched } = self.signed(source, suite, keys).await?;
        let date = moment(release.date);
        self.remember(source, suite, date)?;
        let index = LockedIndex {
            source: source.root(),
            suite: suite.clone(),
            date,
            signer: release.signer.clone(),
            url,
            size: fetched.bytes.len() as u64,
            digest: fetched.digest,
            lists: Vec::new(),
        };
        Ok(Word { source, release, index })
    }

    async fn signed(
        &self,
        source: &ArchiveSource,
        suite: &Suite,
        keys: &Arc<[u8]>,
    ) -> Result<Signed, ArchiveError> {
        let place = |name: &str| below(&source.root(), &format!("dists/{suite}/{name}"));
        let url = place("InRelease");
        match self.small(&url, &format!("{suite}/InRelease")).await {
            Ok(fetched) => {
                let (words, keys) = (text(&fetched), Arc::clone(keys));
                let read = move |expected: &Expected<'_>| InRelease::read(&words, &keys, expected);
                let release = self.read((source, suite), &url, read).await?;
                Ok(Signed { release, url, fetched })
            }
            Err(error) if is_absent(&error) => {
                self.beside(source, suite, (place("Release"), place("Release.gpg")), keys).await
            }
            Err(error) => Err(ArchiveError::word(&url, error)),
        }
    }

    async fn beside(
        &self,
        source: &ArchiveSource,
        suite: &Suite,
        (url, signature): (Url, Url),
        keys: &Arc<[u8]>,
    ) -> Result<Signed, ArchiveError> {
        let fetched = self.small(&url, &format!("{suite}/Release")).await;
        let fetched = fetched.map_err(|error| ArchiveError::word(&url, error))?;
        let beside = self.small(&signature, &format!("{suite}/Release.gpg")).await;
        let beside = beside.map_err(|error| ArchiveError::word(&signature, error))?.bytes;
        let (words, keys) = (text(&fetched), Arc::clone(keys));
        let read = move |expected: &Expected<'_>| {
            InRelease::read_beside((&words, &beside), &keys, expected)
        };
        let release = self.read((source, suite), &url, read).await?;
        Ok(Signed { release, url, fetched })
    }

    /// Reads with what is known beforehand, where others are not kept waiting. A
    /// snapshot is judged by the clock of its own day: it cannot be valid today.
    async fn read(
        &self,
        (source, suite): (&ArchiveSource, &Suite),
        url: &Url,
        read: impl FnOnce(&Expected<'_>) -> Result<InRelease, InReleaseError> + Send + 'static,
    ) -> Result<InRelease, ArchiveError> {
        let (fingerprints, seen) = (source.fingerprints.clone(), self.seen(source, suite));
        let (suite, now) = (suite.to_string(), source.snapshot.map_or(self.now, time));
        let work =
            move || read(&Expected { suite: &suite, fingerprints: &fingerprints, seen, now });
        let read = tokio::task::spawn_blocking(work).await.expect("reading words does not panic");
        read.map_err(|why| ArchiveError::refused(url, why))
    }
}

/// Bytes that are no text make a signature that does not hold.
fn text(fetched: &Renewed) -> String {
    String::from_utf8_lossy(&fetched.bytes).into_owned()
}
