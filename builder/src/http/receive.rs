//! Moving a body into a partial download. The network side and the side that
//! writes and hashes run at the same time, with a bounded queue between them.

use super::{HttpClient, HttpError, client::Response};
use crate::cache::{CacheError, Partial};
use bytes::Bytes;
use reqwest::{
    Version,
    header::{CONTENT_ENCODING, TRANSFER_ENCODING},
};
use tokio::sync::mpsc;
use url::Url;

/// Chunks between the two sides: a few hundred KiB at most.
const QUEUE: usize = 16;

impl Response {
    /// Refuses a body that is not the plain bytes.
    pub(super) fn into_plain(self) -> Result<Self, HttpError> {
        let encoding = self.inner.headers().get(CONTENT_ENCODING);
        let encoding = encoding.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        match encoding {
            Some(encoding) if !encoding.eq_ignore_ascii_case("identity") => {
                let url = super::request::readable(self.inner.url());
                Err(HttpError::Encoded { url, encoding })
            }
            _ => Ok(self),
        }
    }

    /// Whether the end of the body can be told from a broken connection.
    pub(super) fn is_delimited(&self) -> bool {
        self.inner.content_length().is_some()
            || self.inner.version() >= Version::HTTP_2
            || self.inner.headers().contains_key(TRANSFER_ENCODING)
    }
}

impl HttpClient {
    /// Appends the body. The outer error is our own disk; the inner one is the
    /// network's, and the bytes that arrived before it are kept.
    pub(super) async fn receive(
        &self,
        response: Response,
        partial: Partial,
        ceiling: Option<u64>,
        moved: impl FnMut(u64),
    ) -> Result<(Partial, Result<(), HttpError>), HttpError> {
        let here = partial.size();
        let (sender, receiver) = mpsc::channel(QUEUE);
        let writer = tokio::task::spawn_blocking(move || write(partial, receiver));
        let result = self.forward(response, &sender, (here, ceiling), moved).await;
        drop(sender);
        let partial = writer.await.expect("the writing side does not panic")?;
        Ok((partial, result))
    }

    async fn forward(
        &self,
        mut response: Response,
        sender: &mpsc::Sender<Bytes>,
        (mut here, ceiling): (u64, Option<u64>),
        mut moved: impl FnMut(u64),
    ) -> Result<(), HttpError> {
        let url = response.inner.url().clone();
        while let Some(chunk) =
            response.inner.chunk().await.map_err(|error| self.failed(&url, error))?
        {
            let size = chunk.len() as u64;
            here += size;
            refuse_more(here, ceiling, &url)?;
            if sender.send(chunk).await.is_err() {
                // The writing side has failed and says why when it is joined.
                return Ok(());
            }
            moved(size);
        }
        Ok(())
    }
}

/// Refuses a body that outgrows its size at the first byte too many.
fn refuse_more(here: u64, ceiling: Option<u64>, url: &Url) -> Result<(), HttpError> {
    match ceiling {
        Some(ceiling) if here > ceiling => {
            Err(HttpError::size(url, format!("{ceiling} bytes"), "more".into()))
        }
        _ => Ok(()),
    }
}

fn write(mut partial: Partial, mut queue: mpsc::Receiver<Bytes>) -> Result<Partial, CacheError> {
    while let Some(chunk) = queue.blocking_recv() {
        partial.append(&chunk)?;
    }
    Ok(partial)
}
