//! Blobs: pushed whole or in chunks, mounted, deleted.

use super::{
    overlay::Overlay,
    place::UploadId,
    receive::{self, Chunk},
    refusal::WriteRefusal,
    replies::{accepted, blob_created, empty},
    uploads::Shared,
    write::{Write, kept},
};
use crate::serve::{
    names::RepositoryName,
    reply::{Refusal, Reply},
};
use axum::{
    body::BodyDataStream,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};
use manifests::{Algorithm, Digest, DigestError};
use std::{ops::Range, sync::Arc};
use tokio::runtime::Handle;

/// An upload whose name nobody was told: it is forgotten when its one request ends
/// early, however that ends.
struct Unnamed {
    overlay: Arc<Overlay>,
    upload: Shared,
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        let (overlay, upload) = (Arc::clone(&self.overlay), Arc::clone(&self.upload));
        // When the program ends the next start finds it, and a day later forgets it.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            let mut upload = upload.lock_owned().await;
            // One that was finished is not open any more, and stays.
            overlay.on_disk(move |overlay| overlay.cancel(&mut upload)).await;
        });
    }
}

impl Write<'_> {
    /// A new upload, or a blob at once: mounted, or with all its bytes.
    pub(super) async fn begin(
        &self,
        name: RepositoryName,
        body: &mut BodyDataStream,
    ) -> Result<Reply, WriteRefusal> {
        if let Some(digest) = self.field("mount") {
            let digest = parsed(&digest)?;
            if self.mount(&name, &digest).await? {
                return Ok(blob_created(&name, &digest));
            }
        }
        let digest = self.field("digest").map(|text| parsed(&text)).transpose()?;
        let algorithm = match (&digest, self.field("digest-algorithm").as_deref()) {
            (Some(digest), _) => digest.algorithm(),
            (None, Some("sha512")) => Algorithm::Sha512,
            _ => Algorithm::Sha256,
        };
        let repository = name.clone();
        // The collector of garbage removes folders that are empty at this moment.
        let begun = self.overlay.change(move |overlay| overlay.begin(&repository, algorithm));
        let (id, upload) = begun.await?;
        let Some(digest) = digest else { return Ok(accepted(&name, &id, 0)) };
        let unnamed = Unnamed { overlay: Arc::clone(self.overlay), upload };
        self.complete(&name, &unnamed.upload, &digest, Chunk { range: None, body }).await
    }

    /// Gives a repository a blob that another one has, or a bundle; no byte moves.
    async fn mount(&self, name: &RepositoryName, digest: &Digest) -> Result<bool, WriteRefusal> {
        let from = match self.field("from").map(|text| text.parse::<RepositoryName>()) {
            Some(Err(_not_a_name)) => return Ok(false),
            Some(Ok(from)) => Some(self.holdings.kept_as(&from)),
            None => None,
        };
        let (name, digest) = (name.clone(), digest.clone());
        let holdings = Arc::clone(self.holdings);
        let act = move |overlay: &Overlay| {
            let held = holdings.blob(&digest).is_some();
            let there = match &from {
                Some(from) if held && holdings.tags(from).is_some() => true,
                Some(from) => {
                    overlay.has(from, &digest)? && (held || overlay.size(&digest)?.is_some())
                }
                None => held || overlay.size(&digest)?.is_some(),
            };
            if there {
                overlay.link(&name, &digest)?;
            }
            Ok(there)
        };
        self.overlay.change(act).await
    }

    /// An upload that is under way.
    pub(super) async fn go_on(
        &self,
        method: &Method,
        name: RepositoryName,
        id: &str,
        body: &mut BodyDataStream,
    ) -> Result<Reply, WriteRefusal> {
        let id: UploadId = id.parse().map_err(|_not_a_name| WriteRefusal::UploadUnknown)?;
        let upload = self.overlay.uploads.get(&name, &id)?;
        match *method {
            Method::PATCH => {
                let chunk = Chunk { range: range(&self.request.headers)?, body };
                let length = receive::append(self.overlay, &upload, chunk).await?;
                Ok(accepted(&name, &id, length))
            }
            Method::PUT => {
                let missing = || "`?digest=` is missing: it says what has been uploaded".to_owned();
                let digest = self.field("digest").ok_or_else(|| WriteRefusal::Digest(missing()))?;
                let chunk = Chunk { range: range(&self.request.headers)?, body };
                self.complete(&name, &upload, &parsed(&digest)?, chunk).await
            }
            Method::DELETE => {
                let mut upload = upload.lock_owned().await;
                self.overlay.on_disk(move |overlay| overlay.cancel(&mut upload)).await;
                Ok(empty(StatusCode::NO_CONTENT))
            }
            Method::GET | Method::HEAD => {
                let mut reply = accepted(&name, &id, upload.lock().await.length);
                *reply.status_mut() = StatusCode::NO_CONTENT;
                reply.headers_mut().remove(header::CONTENT_LENGTH);
                Ok(reply)
            }
            _ => Err(WriteRefusal::Method("GET, HEAD, PATCH, PUT, DELETE")),
        }
    }

    /// The last bytes of a blob, which then is one.
    async fn complete(
        &self,
        name: &RepositoryName,
        upload: &Shared,
        digest: &Digest,
        last: Chunk<'_>,
    ) -> Result<Reply, WriteRefusal> {
        receive::append(self.overlay, upload, last).await?;
        receive::finish(self.overlay, upload, name, digest).await?;
        Ok(blob_created(name, digest))
    }

    pub(super) async fn delete_blob(
        &self,
        sent: RepositoryName,
        digest: Digest,
    ) -> Result<Reply, WriteRefusal> {
        let name = self.holdings.kept_as(&sent);
        let of_bundle = [&sent, &name].iter().any(|name| self.holdings.tags(name).is_some());
        if of_bundle && self.holdings.blob(&digest).is_some() {
            return Err(kept(&digest.to_string()));
        }
        let unknown = WriteRefusal::Read(Refusal::BlobUnknown(digest.to_string()));
        let removed = self.overlay.change(move |overlay| overlay.unlink(&name, &digest)).await?;
        if removed { Ok(empty(StatusCode::ACCEPTED)) } else { Err(unknown) }
    }
}

fn parsed(text: &str) -> Result<Digest, WriteRefusal> {
    text.parse().map_err(|error: DigestError| WriteRefusal::Digest(error.to_string()))
}

/// `Content-Range: FIRST-LAST` of a chunk, as the bytes it covers. It must fit to
/// the length of the body where that is told.
fn range(headers: &HeaderMap) -> Result<Option<Range<u64>>, WriteRefusal> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    let Some(range) = text(header::CONTENT_RANGE) else { return Ok(None) };
    let wrong = || WriteRefusal::Size(format!("`{range}` is not a range of bytes, as in `0-1023`"));
    let bounds = range.strip_prefix("bytes ").unwrap_or(range);
    let (first, last) = bounds.split_once('-').ok_or_else(wrong)?;
    let last = last.split_once('/').map_or(last, |(last, _)| last);
    let number = |text: &str| text.parse::<u64>().map_err(|_not_a_number| wrong());
    let (start, end) = (number(first)?, number(last)?.checked_add(1).ok_or_else(wrong)?);
    let length = text(header::CONTENT_LENGTH).map(number).transpose()?;
    if start >= end || length.is_some_and(|length| length != end - start) {
        return Err(WriteRefusal::Size(format!(
            "the range `{range}` and the length of the body do not fit"
        )));
    }
    Ok(Some(start..end))
}
