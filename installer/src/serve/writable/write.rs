//! Requests that change something: uploads, blobs, manifests and tags. What a
//! bundle holds is never changed by any of them.

use super::{
    document::{Described, MANIFEST_LIMIT},
    overlay::Overlay,
    place::{Tag, UploadId},
    receive::{self, Chunk},
    refusal::WriteRefusal,
    uploads::Shared,
};
use crate::serve::{
    access_log::Subject,
    holdings::Holdings,
    lists::fields,
    names::RepositoryName,
    reply::{Refusal, Reply},
    route::{Reference, Route},
};
use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts,
    },
};
use bundles::{digest, sha256};
use manifests::{Algorithm, Digest};
use std::{ops::Range, sync::Arc};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const UPLOAD: HeaderName = HeaderName::from_static("docker-upload-uuid");
const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const TAG: HeaderName = HeaderName::from_static("oci-tag");

/// Tags that one push of a manifest may set.
const TAGS: usize = 16;

/// A request that wants to change something, with what it is judged by.
pub(crate) struct Write<'a> {
    pub(crate) overlay: &'a Arc<Overlay>,
    pub(crate) holdings: &'a Holdings,
    pub(crate) request: &'a Parts,
}

impl Write<'_> {
    /// Does it, or says why not.
    pub(crate) async fn answer(&self, route: Route, subject: &mut Subject, body: Body) -> Reply {
        let done = match (&self.request.method, route) {
            (&Method::POST, Route::Uploads(name)) => {
                subject.name = Some(name.to_string());
                self.post(name.stored(), body).await
            }
            (method, Route::Upload(name, id)) => {
                subject.name = Some(name.to_string());
                self.upload(method, name.stored(), &id, body).await
            }
            (&Method::PUT, Route::Manifest(name, reference)) => {
                subject.name = Some(name.to_string());
                self.put_manifest(name.stored(), reference, subject, body).await
            }
            (&Method::DELETE, Route::Manifest(name, reference)) => {
                subject.name = Some(name.to_string());
                self.delete_manifest(name.stored(), reference).await
            }
            (&Method::DELETE, Route::Blob(name, digest)) => {
                subject.name = Some(name.to_string());
                subject.digest = Some(digest.clone());
                self.delete_blob(name.stored(), digest).await
            }
            _ => Err(WriteRefusal::Method),
        };
        done.unwrap_or_else(|refusal| refusal.reply())
    }

    /// A new upload, or a blob at once: mounted, or with all its bytes.
    async fn post(&self, name: RepositoryName, body: Body) -> Result<Reply, WriteRefusal> {
        if let Some(digest) = self.field("mount") {
            let digest = parsed(&digest)?;
            if self.mount(&name, &digest).await? {
                return Ok(created(&blob_path(&name, &digest), &digest));
            }
        }
        let digest = self.field("digest").map(|text| parsed(&text)).transpose()?;
        let algorithm = match (&digest, self.field("digest-algorithm").as_deref()) {
            (Some(digest), _) => digest.algorithm(),
            (None, Some("sha512")) => Algorithm::Sha512,
            _ => Algorithm::Sha256,
        };
        let repository = name.clone();
        let begun = self.overlay.on_disk(move |overlay| overlay.begin(&repository, algorithm));
        let (id, upload) = begun.await?;
        match digest {
            None => Ok(accepted(&name, &id, 0)),
            Some(digest) => {
                let done =
                    self.complete(&name, &upload, &digest, Chunk { range: None, body }).await;
                if done.is_err() {
                    // Nobody was told its name, so nobody can go on with it.
                    let mut upload = upload.lock_owned().await;
                    self.overlay.on_disk(move |overlay| overlay.cancel(&mut upload)).await;
                }
                done
            }
        }
    }

    /// Gives a repository a blob that another one has, or a bundle; no byte moves.
    async fn mount(&self, name: &RepositoryName, digest: &Digest) -> Result<bool, WriteRefusal> {
        let from = self.field("from").map(|text| text.parse::<RepositoryName>());
        let from = match from {
            Some(Err(_not_a_name)) => return Ok(false),
            Some(Ok(from)) => Some(from.stored()),
            None => None,
        };
        let in_bundle = self.holdings.blob(digest).is_some();
        let of_bundle =
            in_bundle && from.as_ref().is_none_or(|from| self.holdings.tags(from).is_some());
        let (name, digest) = (name.clone(), digest.clone());
        let act = move |overlay: &Overlay| {
            let there = of_bundle
                || match &from {
                    Some(from) => {
                        overlay.has(from, &digest)?
                            && (in_bundle || overlay.stored(&digest)?.is_some())
                    }
                    None => overlay.stored(&digest)?.is_some(),
                };
            if there {
                overlay.link(&name, &digest)?;
            }
            Ok(there)
        };
        self.overlay.change(act).await
    }

    async fn upload(
        &self,
        method: &Method,
        name: RepositoryName,
        id: &str,
        body: Body,
    ) -> Result<Reply, WriteRefusal> {
        let id: UploadId = id.parse().map_err(|_not_a_name| WriteRefusal::UploadUnknown)?;
        let upload = self.overlay.uploads.get(&name, &id)?;
        match *method {
            Method::PATCH => {
                let range = range(&self.request.headers)?;
                let chunk = Chunk { range, body };
                let length = receive::append(self.overlay, &upload, chunk).await?;
                Ok(accepted(&name, &id, length))
            }
            Method::PUT => {
                let digest = self.field("digest");
                let digest = digest.ok_or_else(|| {
                    WriteRefusal::Digest(
                        "`?digest=` is missing: it says what has been uploaded".into(),
                    )
                })?;
                let range = range(&self.request.headers)?;
                self.complete(&name, &upload, &parsed(&digest)?, Chunk { range, body }).await
            }
            Method::DELETE => {
                let mut upload = upload.lock_owned().await;
                self.overlay.on_disk(move |overlay| overlay.cancel(&mut upload)).await;
                Ok(empty(StatusCode::NO_CONTENT))
            }
            Method::GET | Method::HEAD => {
                let mut reply = accepted(&name, &id, upload.lock().await.length);
                *reply.status_mut() = StatusCode::NO_CONTENT;
                Ok(reply)
            }
            _ => Err(WriteRefusal::Method),
        }
    }

    /// The last bytes of a blob, which then is one.
    async fn complete(
        &self,
        name: &RepositoryName,
        upload: &Shared,
        digest: &Digest,
        last: Chunk,
    ) -> Result<Reply, WriteRefusal> {
        receive::append(self.overlay, upload, last).await?;
        receive::finish(self.overlay, upload, digest).await?;
        let (repository, blob) = (name.clone(), digest.clone());
        self.overlay.change(move |overlay| overlay.link(&repository, &blob)).await?;
        Ok(created(&blob_path(name, digest), digest))
    }

    async fn put_manifest(
        &self,
        name: RepositoryName,
        reference: Reference,
        subject: &mut Subject,
        body: Body,
    ) -> Result<Reply, WriteRefusal> {
        let _turn = self.overlay.manifests.acquire().await.expect("the semaphore is never closed");
        let bytes = receive::whole(body, MANIFEST_LIMIT).await?;
        let (found, tags) = self.named(reference, &bytes)?;
        subject.digest = Some(found.clone());
        for tag in &tags {
            self.refuse_other(&name, tag, &found)?;
        }
        let media_type = self.request.headers.get(header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let manifest = Described::read(&bytes, &media_type)?;
        let (referred, blobs) = (manifest.subject.clone(), manifest.blobs);
        self.require(&name, blobs).await?;
        let (repository, digest, chosen) = (name.clone(), found.clone(), tags.clone());
        let act = move |overlay: &Overlay| {
            let manifest = Described::read(&bytes, &media_type)?;
            overlay.enter(&repository, &digest, &manifest, &chosen)
        };
        self.overlay.change(act).await?;
        let mut reply = created(&format!("/v2/{name}/manifests/{found}"), &found);
        if let Some(referred) = referred {
            set(reply.headers_mut(), SUBJECT, &referred.to_string());
        }
        for tag in &tags {
            reply.headers_mut().append(TAG, value(tag.as_str()));
        }
        Ok(reply)
    }

    /// The digest that a manifest is kept by, and the tags that are to stand for it.
    fn named(
        &self,
        reference: Reference,
        bytes: &[u8],
    ) -> Result<(Digest, Vec<Tag>), WriteRefusal> {
        let tag = |text: &str| {
            text.parse::<Tag>()
                .map_err(|_not_a_name| WriteRefusal::Manifest(format!("`{text}` cannot be a tag")))
        };
        match reference {
            Reference::Tag(text) => Ok((sha256(bytes), vec![tag(&text)?])),
            Reference::Digest(expected) => {
                let found = digest(bytes, expected.algorithm());
                if found != expected {
                    return Err(WriteRefusal::Digest(format!(
                        "the manifest that arrived is {found}, not {expected}"
                    )));
                }
                let texts = fields(self.request.uri.query()).filter(|(key, _)| key == "tag");
                let tags =
                    texts.take(TAGS).map(|(_, text)| tag(&text)).collect::<Result<_, _>>()?;
                Ok((found, tags))
            }
        }
    }

    /// A name that a bundle gives away stands for what the bundle says, always.
    fn refuse_other(
        &self,
        name: &RepositoryName,
        tag: &Tag,
        digest: &Digest,
    ) -> Result<(), WriteRefusal> {
        match self.holdings.tags(name).and_then(|tags| tags.get(tag.as_str())) {
            Some(held) if held != digest => Err(WriteRefusal::Held(format!(
                "`{name}:{tag}` is {held} in a signed bundle that is served here, and stays that; push under another name or tag"
            ))),
            _ => Ok(()),
        }
    }

    /// Every blob of a manifest must be here, and as large as it says.
    async fn require(
        &self,
        name: &RepositoryName,
        blobs: Vec<(Digest, u64)>,
    ) -> Result<(), WriteRefusal> {
        let of_bundle = self.holdings.tags(name).is_some();
        let known: Vec<_> = blobs
            .into_iter()
            .map(|(digest, size)| {
                let held = self.holdings.blob(&digest).map(|found| found.record.size);
                (digest, size, held)
            })
            .collect();
        let name = name.clone();
        let act = move |overlay: &Overlay| {
            for (digest, size, held) in known {
                let found = match held {
                    Some(size) if of_bundle => Some(size),
                    _ if !overlay.has(&name, &digest)? => None,
                    _ => overlay.stored(&digest)?.map(|stored| stored.size).or(held),
                };
                match found {
                    None => return Err(WriteRefusal::BlobMissing(digest)),
                    Some(found) if found != size => {
                        return Err(WriteRefusal::Manifest(format!(
                            "it says that {digest} has {size} bytes, but it has {found}"
                        )));
                    }
                    Some(_) => {}
                }
            }
            Ok(())
        };
        self.overlay.on_disk(act).await
    }

    async fn delete_manifest(
        &self,
        name: RepositoryName,
        reference: Reference,
    ) -> Result<Reply, WriteRefusal> {
        let held = self.holdings.tags(&name);
        let unknown = |text: &str| WriteRefusal::Read(Refusal::ManifestUnknown(text.to_owned()));
        let (text, removed) = match reference {
            Reference::Tag(text) => {
                if held.is_some_and(|tags| tags.contains_key(&text)) {
                    return Err(kept(&format!("`{name}:{text}`")));
                }
                let tag: Tag = text.parse().map_err(|_not_a_name| unknown(&text))?;
                (text, self.overlay.change(move |overlay| overlay.untag(&name, &tag)).await?)
            }
            Reference::Digest(digest) => {
                if held.is_some() && self.holdings.blob(&digest).is_some() {
                    return Err(kept(&digest.to_string()));
                }
                let text = digest.to_string();
                (text, self.overlay.change(move |overlay| overlay.forget(&name, &digest)).await?)
            }
        };
        if removed { Ok(empty(StatusCode::ACCEPTED)) } else { Err(unknown(&text)) }
    }

    async fn delete_blob(
        &self,
        name: RepositoryName,
        digest: Digest,
    ) -> Result<Reply, WriteRefusal> {
        if self.holdings.tags(&name).is_some() && self.holdings.blob(&digest).is_some() {
            return Err(kept(&digest.to_string()));
        }
        let unknown = WriteRefusal::Read(Refusal::BlobUnknown(digest.to_string()));
        let removed = self.overlay.change(move |overlay| overlay.unlink(&name, &digest)).await?;
        if removed { Ok(empty(StatusCode::ACCEPTED)) } else { Err(unknown) }
    }

    /// A field of the query.
    fn field(&self, name: &str) -> Option<String> {
        fields(self.request.uri.query()).find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

fn kept(what: &str) -> WriteRefusal {
    WriteRefusal::Held(format!(
        "{what} is in a signed bundle that is served here; nothing of a bundle can be deleted"
    ))
}

fn parsed(text: &str) -> Result<Digest, WriteRefusal> {
    text.parse().map_err(|error: manifests::DigestError| WriteRefusal::Digest(error.to_string()))
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

fn blob_path(name: &RepositoryName, digest: &Digest) -> String {
    format!("/v2/{name}/blobs/{digest}")
}

fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    if status != StatusCode::NO_CONTENT {
        set(reply.headers_mut(), header::CONTENT_LENGTH, "0");
    }
    reply
}

fn created(path: &str, digest: &Digest) -> Reply {
    let mut reply = empty(StatusCode::CREATED);
    set(reply.headers_mut(), header::LOCATION, path);
    set(reply.headers_mut(), CONTENT_DIGEST, &digest.to_string());
    reply
}

/// Where to go on, and how far it is.
fn accepted(name: &RepositoryName, id: &UploadId, length: u64) -> Reply {
    let mut reply = empty(StatusCode::ACCEPTED);
    let headers = reply.headers_mut();
    set(headers, header::LOCATION, &format!("/v2/{name}/blobs/uploads/{id}"));
    set(headers, header::RANGE, &format!("0-{}", length.saturating_sub(1)));
    set(headers, UPLOAD, &id.to_string());
    reply
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    headers.insert(name, value(text));
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("names, digests and numbers can stand in a header")
}
