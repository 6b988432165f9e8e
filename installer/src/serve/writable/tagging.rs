//! Manifests and tags: put and deleted.

use super::{
    document::{Described, MANIFEST_LIMIT},
    overlay::Overlay,
    place::Tag,
    receive,
    refusal::WriteRefusal,
    replies::{created, empty, set, value},
    write::{Write, kept},
};
use crate::serve::{
    access_log::Subject,
    holdings::Holdings,
    lists::fields,
    names::RepositoryName,
    reply::{Refusal, Reply},
    route::Reference,
};
use axum::{
    body::BodyDataStream,
    http::{HeaderName, StatusCode, header},
};
use bundles::{digest, sha256};
use manifests::Digest;
use std::sync::Arc;

const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const TAG: HeaderName = HeaderName::from_static("oci-tag");

/// Tags that one push of a manifest may set.
const TAGS: usize = 16;

impl Write<'_> {
    pub(super) async fn put_manifest(
        &self,
        name: RepositoryName,
        reference: Reference,
        subject: &mut Subject,
        body: &mut BodyDataStream,
    ) -> Result<Reply, WriteRefusal> {
        let turns = &self.overlay.manifests;
        let (bytes, _turn) = receive::whole(body, MANIFEST_LIMIT, turns).await?;
        let (found, tags) = self.named(reference, &bytes)?;
        subject.digest = Some(found.clone());
        tags.iter().try_for_each(|tag| self.refuse_other(&name, tag, &found))?;
        let media_type = self.request.headers.get(header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let (repository, digest, chosen) = (name.clone(), found.clone(), tags.clone());
        let holdings = Arc::clone(self.holdings);
        let act = move |overlay: &Overlay| {
            let manifest = Described::read(&bytes, &media_type)?;
            overlay.require(&holdings, &repository, &manifest)?;
            overlay.enter(&repository, &digest, &manifest, &chosen)?;
            Ok(manifest.subject)
        };
        let referred = self.overlay.change(act).await?;
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
        let expected = match reference {
            Reference::Tag(text) => return Ok((sha256(bytes), vec![tag(&text)?])),
            Reference::Digest(expected) => expected,
        };
        let found = digest(bytes, expected.algorithm());
        if found != expected {
            let why = format!("the manifest that arrived is {found}, not {expected}");
            return Err(WriteRefusal::Digest(why));
        }
        let texts = fields(self.request.uri.query()).filter(|(key, _)| key == "tag");
        let tags = texts.take(TAGS).map(|(_, text)| tag(&text)).collect::<Result<_, _>>()?;
        Ok((found, tags))
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

    pub(super) async fn delete_manifest(
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
}

impl Overlay {
    /// Every blob of a manifest must be here, and as large as it says. Asked while
    /// no garbage is collected, so that it is still true when the manifest is in.
    fn require(
        &self,
        holdings: &Holdings,
        name: &RepositoryName,
        manifest: &Described<'_>,
    ) -> Result<(), WriteRefusal> {
        let of_bundle = holdings.tags(name).is_some();
        for (digest, size) in &manifest.blobs {
            let held = holdings.blob(digest).map(|found| found.record.size);
            let found = match held {
                Some(_) if of_bundle => held,
                _ if !self.has(name, digest)? => None,
                _ => self.size(digest)?.or(held),
            };
            match found {
                None => return Err(WriteRefusal::BlobMissing(digest.clone())),
                Some(found) if found != *size => {
                    let why = format!("it says that {digest} has {size} bytes, but it has {found}");
                    return Err(WriteRefusal::Manifest(why));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

fn tag(text: &str) -> Result<Tag, WriteRefusal> {
    let wrong = |_not_a_name| WriteRefusal::Manifest(format!("`{text}` cannot be a tag"));
    text.parse().map_err(wrong)
}
