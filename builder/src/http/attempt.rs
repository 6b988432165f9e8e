//! One attempt at a download: ask for what is missing, judge the answer, take
//! what fits behind the bytes that are here.

use super::{
    Download, HttpClient, HttpError,
    request::readable,
    resume::{self, Brings, Offer, Standing},
    validators,
};
use crate::cache::{Answer, CacheError, Note, Partial};
use manifests::event::Transfer;
use reqwest::{Method, StatusCode, header::HeaderMap};

/// How one attempt ended. Whatever arrived stays in the [`Partial`].
pub(super) enum Attempt {
    /// Every byte is here; what the server said about them.
    Whole(Partial, HeaderMap),
    /// The earlier answer still holds.
    Unchanged(Answer),
    /// The network or the server failed.
    Failed(Partial, HttpError),
}

/// Reports each byte once, also when a server makes us begin anew.
pub(super) struct Progress<'a> {
    pub(super) transfer: &'a Transfer<'a>,
    /// The most bytes that were ever here.
    pub(super) furthest: u64,
}

impl Progress<'_> {
    fn at(&mut self, size: u64) {
        if size > self.furthest {
            self.transfer.advance(size - self.furthest);
            self.furthest = size;
        }
    }
}

impl HttpClient {
    /// One attempt. An error is our own disk's; all others are in [`Attempt`].
    pub(super) async fn attempt(
        &self,
        download: Download<'_>,
        partial: Partial,
        earlier: Option<&Answer>,
        progress: &mut Progress<'_>,
    ) -> Result<Attempt, HttpError> {
        let (url, expected) = (&download.request.url, download.expected);
        let standing = resume::standing(&partial, url, expected);
        if standing == Standing::Whole {
            return Ok(Attempt::Whole(partial, HeaderMap::new()));
        }
        let mut extra = resume::headers(&standing);
        extra.extend(earlier.and_then(validators::conditions).unwrap_or_default());
        let response = match self.send(Method::GET, download.request, &extra).await {
            Ok(response) => response,
            Err(error) => return refused(partial, error, &standing, download).await,
        };
        if let (StatusCode::NOT_MODIFIED, Some(answer)) = (response.inner.status(), earlier) {
            return Ok(Attempt::Unchanged(answer.clone()));
        }
        match resume::judge(response, url, &standing) {
            Ok(offer) => self.take(download, partial, offer, progress).await,
            Err(error @ HttpError::Discontinued { .. }) => {
                Ok(Attempt::Failed(emptied(partial, download).await?, error))
            }
            Err(error) => Ok(Attempt::Failed(partial, error)),
        }
    }

    /// Takes the body of an answer that fits.
    async fn take(
        &self,
        download: Download<'_>,
        mut partial: Partial,
        Offer { response, brings }: Offer,
        progress: &mut Progress<'_>,
    ) -> Result<Attempt, HttpError> {
        let url = &download.request.url;
        let (Brings::All(total) | Brings::Rest(total)) = brings;
        if let Err(error) = agree(download, total) {
            return Ok(Attempt::Failed(partial, error));
        }
        if matches!(brings, Brings::All(_)) {
            let note = resume::note(&response, url);
            partial = blocking(move || partial.restart(note).map(|()| partial)).await?;
        }
        progress.at(partial.size());
        let headers = response.inner.headers().clone();
        // A server may give the rest in smaller pieces than we asked for.
        let final_end = response.is_delimited() && matches!(brings, Brings::All(_));
        let size = download.expected.size.or(total);
        let mut here = partial.size();
        let moved = |bytes| {
            here += bytes;
            progress.at(here);
        };
        let (partial, result) = self.receive(response, partial, size, moved).await?;
        let result = result.and_then(|()| complete(download, partial.size(), size, final_end));
        Ok(match result {
            Ok(()) => Attempt::Whole(partial, headers),
            Err(error) => Attempt::Failed(partial, error),
        })
    }
}

/// The server said no. 416 means that what is here is not what it has.
async fn refused(
    partial: Partial,
    error: HttpError,
    standing: &Standing,
    download: Download<'_>,
) -> Result<Attempt, HttpError> {
    match (&error, standing) {
        (HttpError::Status { status: 416, .. }, Standing::Begun { offset, .. }) => {
            let url = readable(&download.request.url);
            let error = HttpError::Discontinued { url, offset: *offset };
            Ok(Attempt::Failed(emptied(partial, download).await?, error))
        }
        _ => Ok(Attempt::Failed(partial, error)),
    }
}

async fn emptied(mut partial: Partial, download: Download<'_>) -> Result<Partial, HttpError> {
    let note = Note::new(&download.request.url, None);
    Ok(blocking(move || partial.restart(note).map(|()| partial)).await?)
}

/// The size a server announces must be the size we know.
fn agree(download: Download<'_>, total: Option<u64>) -> Result<(), HttpError> {
    match (download.expected.size, total) {
        (Some(expected), Some(total)) if expected != total => {
            Err(wrong_size(download, expected, total))
        }
        _ => Ok(()),
    }
}

/// A body that ended early was cut, unless its end cannot be mistaken.
fn complete(
    download: Download<'_>,
    here: u64,
    size: Option<u64>,
    final_end: bool,
) -> Result<(), HttpError> {
    match size {
        Some(size) if here < size && final_end => Err(wrong_size(download, size, here)),
        Some(size) if here < size => Err(HttpError::cut(&download.request.url, None)),
        _ => Ok(()),
    }
}

fn wrong_size(download: Download<'_>, expected: u64, found: u64) -> HttpError {
    let (expected, found) = (format!("{expected} bytes"), format!("{found} bytes"));
    HttpError::size(&download.request.url, expected, found)
}

/// Hashing and writing stay off the threads that drive the network.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CacheError> + Send + 'static,
) -> Result<T, CacheError> {
    tokio::task::spawn_blocking(work).await.expect("work on the cache does not panic")
}
