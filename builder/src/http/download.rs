//! A download into the cache: attempt by attempt, until every byte is here and
//! its digest was compared.

use super::{
    HttpClient, HttpError, Request,
    attempt::{Attempt, Progress, blocking},
    attempts::Attempts,
    small,
};
use crate::cache::{Answer, Cache, CacheError, Destination, Ground, KeyLock, Partial};
use manifests::{
    Algorithm, Digest,
    event::{Outcome, Reporter, Transfer},
};
use reqwest::header::HeaderMap;

/// What to download.
#[derive(Debug, Clone, Copy)]
pub struct Download<'a> {
    /// What to ask for.
    pub request: &'a Request,
    /// The thing in the user's words.
    pub name: &'a str,
    /// The name of the partial download: a digest in hex, or the hash of a URL.
    pub key: &'a str,
    /// What must arrive.
    pub expected: &'a Expected,
    /// Whether the last answer of this URL may still hold: then the server is
    /// asked to send only what has changed, and its answer is remembered.
    pub conditional: bool,
    /// A bundle that takes the bytes while they arrive, if it has a place.
    pub ground: Option<Ground<'a>>,
}

/// What must arrive, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The digest.
    pub digest: Option<Digest>,
    /// The size in bytes: exact, and a ceiling on the way.
    pub size: Option<u64>,
}

/// How a download ended: the bytes are in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// What they are.
    pub answer: Answer,
    /// Whether they came now; else the earlier answer still holds, or another
    /// builder brought them meanwhile.
    pub moved: bool,
}

impl Downloaded {
    fn here(answer: Answer) -> Self {
        Self { answer, moved: false }
    }

    fn outcome(&self) -> Outcome {
        if self.moved { Outcome::Done } else { Outcome::Cached }
    }
}

impl Expected {
    fn algorithm(&self) -> Algorithm {
        self.digest.as_ref().map_or(Algorithm::Sha256, Digest::algorithm)
    }
}

impl Download<'_> {
    /// Where the bytes go beside the cache.
    fn destination(&self) -> Destination {
        let digest = self.expected.digest.as_ref();
        let known = self.ground.zip(digest);
        known.map(|(ground, digest)| ground.destination(digest)).unwrap_or_default()
    }

    /// What another builder brought while we waited for the lock.
    fn already_in(&self, cache: &Cache) -> Option<Answer> {
        let (digest, size) = self.expected.digest.clone().zip(self.expected.size)?;
        cache.find_sized(&digest, size)?;
        Some(small::answer(&self.request.url, &HeaderMap::new(), size, digest))
    }
}

impl HttpClient {
    /// Brings one thing into the cache.
    pub async fn download(
        &self,
        download: Download<'_>,
        cache: &Cache,
        reporter: &dyn Reporter,
    ) -> Result<Downloaded, HttpError> {
        let transfer = Transfer::start(reporter, download.name, download.expected.size);
        let mut progress = Progress { transfer: &transfer, furthest: 0 };
        let mut run = self.run(download, cache, reporter, &mut progress).await;
        if let Err(Failed { error: HttpError::WrongBytes { .. }, joined: true }) = run {
            // Bytes of an earlier attempt or run may be to blame: once from the start.
            run = self.run(download, cache, reporter, &mut progress).await;
        }
        let downloaded = run.map_err(|failed| failed.error)?;
        transfer.finish(downloaded.outcome());
        Ok(downloaded)
    }

    async fn run(
        &self,
        download: Download<'_>,
        cache: &Cache,
        reporter: &dyn Reporter,
        progress: &mut Progress<'_>,
    ) -> Result<Downloaded, Failed> {
        let lock = KeyLock::acquire(cache, download.key).await?;
        if let Some(answer) = download.already_in(cache) {
            return Ok(Downloaded::here(answer));
        }
        let earlier = earlier(download, cache);
        let mut partial = open(cache, download, lock).await?;
        let mut attempts = Attempts::new(&self.options.retry, download.name, reporter);
        let mut joined = false;
        loop {
            let (before, furthest) = (partial.size(), progress.furthest);
            match self.attempt(download, partial, earlier.as_ref(), progress).await? {
                Attempt::Unchanged(answer) => return Ok(Downloaded::here(answer)),
                Attempt::Whole(partial, headers) => {
                    joined |= before > 0;
                    let answer = finish(download, partial, &headers, joined).await?;
                    if download.conditional {
                        cache.remember(&answer)?;
                    }
                    return Ok(Downloaded { answer, moved: true });
                }
                Attempt::Failed(kept, error) => {
                    joined |= kept.size() > 0;
                    if progress.furthest > furthest {
                        attempts.progressed();
                    }
                    attempts.pause(error).await?;
                    partial = kept;
                }
            }
        }
    }
}

/// A failed download, and whether bytes of several answers were joined.
struct Failed {
    error: HttpError,
    joined: bool,
}

impl From<HttpError> for Failed {
    fn from(error: HttpError) -> Self {
        Self { error, joined: false }
    }
}

impl From<CacheError> for Failed {
    fn from(error: CacheError) -> Self {
        Self { error: error.into(), joined: false }
    }
}

/// The last answer, unless its bytes are not those that must arrive now.
fn earlier(download: Download<'_>, cache: &Cache) -> Option<Answer> {
    let answer = cache.answer(&download.request.url).filter(|_| download.conditional)?;
    let expected = download.expected.digest.as_ref();
    expected.is_none_or(|expected| *expected == answer.digest).then_some(answer)
}

async fn open(cache: &Cache, download: Download<'_>, lock: KeyLock) -> Result<Partial, HttpError> {
    let (cache, key) = (cache.clone(), download.key.to_owned());
    let algorithm = download.expected.algorithm();
    let destination = download.destination();
    Ok(blocking(move || Partial::open(&cache, &key, lock, algorithm, destination)).await?)
}

async fn finish(
    download: Download<'_>,
    partial: Partial,
    headers: &HeaderMap,
    joined: bool,
) -> Result<Answer, Failed> {
    let expected = download.expected.digest.clone();
    let url = &download.request.url;
    match blocking(move || partial.commit(expected.as_ref())).await {
        Ok((digest, size)) => Ok(small::answer(url, headers, size, digest)),
        Err(CacheError::WrongBytes { expected, found, size }) => {
            let error = HttpError::wrong_bytes(url, expected, found, size);
            Err(Failed { error, joined })
        }
        Err(error) => Err(error.into()),
    }
}
