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
use std::sync::PoisonError;

const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const TAG: HeaderName = HeaderName::from_static("oci-tag");

/// Tags that one push of a manifest may set.
const TAGS: usize = 16;

impl Write<'_> {
    pub(super) async fn put_manifest(
        &self,
        sent: RepositoryName,
        reference: Reference,
        subject: &mut Subject,
        body: &mut BodyDataStream,
    ) -> Result<Reply, WriteRefusal> {
        let name = self.holdings.kept_as(&sent);
        let turns = &self.overlay.manifests;
        let (bytes, turn) = receive::whole(body, MANIFEST_LIMIT, turns).await?;
        let (found, tags) = self.named(reference, &bytes)?;
        subject.digest = Some(found.clone());
        let media_type = self.request.headers.get(header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let (repository, digest, chosen) = (name.clone(), found.clone(), tags.clone());
        let act = move |overlay: &Overlay| {
            let _until_done = turn;
            // Bundles may have come since the request began; none comes before its end.
            let beside = overlay.beside.read().unwrap_or_else(PoisonError::into_inner);
            let names = [&sent, &repository];
            chosen.iter().try_for_each(|tag| refuse_other(&beside, names, tag, &digest))?;
            let manifest = Described::read(&bytes, &media_type)?;
            overlay.require(&beside, &repository, &manifest)?;
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

    pub(super) async fn delete_manifest(
        &self,
        sent: RepositoryName,
        reference: Reference,
    ) -> Result<Reply, WriteRefusal> {
        let name = self.holdings.kept_as(&sent);
        let held = |text: &str| holder(self.holdings, [&sent, &name], text).is_some();
        let unknown = |text: &str| WriteRefusal::Read(Refusal::ManifestUnknown(text.to_owned()));
        let (text, removed) = match reference {
            Reference::Tag(text) => {
                let tag = text.parse::<Tag>().map_err(|_not_a_name| unknown(&text));
                let kept = held(&text).then(|| kept(&format!("`{name}:{text}`")));
                // What was pushed may stand behind a bundle's tag, and goes alone.
                let removed = match tag {
                    Ok(tag) => {
                        self.overlay.change(move |overlay| overlay.untag(&name, &tag)).await?
                    }
                    Err(unknown) => return Err(kept.unwrap_or(unknown)),
                };
                if let Some(kept) = kept.filter(|_| !removed) {
                    return Err(kept);
                }
                (text, removed)
            }
            Reference::Digest(digest) => {
                let of_bundle =
                    [&sent, &name].iter().any(|name| self.holdings.tags(name).is_some());
                if of_bundle && self.holdings.blob(&digest).is_some() {
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

/// What a bundle says that a tag of a repository is. Asked by the name that was sent
/// as well: a bundle's own repository may begin as the prefix does.
fn holder<'a>(
    holdings: &'a Holdings,
    names: [&RepositoryName; 2],
    tag: &str,
) -> Option<&'a Digest> {
    names.into_iter().find_map(|name| holdings.tags(name)?.get(tag))
}

/// A name that a bundle gives away stands for what the bundle says, always.
fn refuse_other(
    holdings: &Holdings,
    names: [&RepositoryName; 2],
    tag: &Tag,
    digest: &Digest,
) -> Result<(), WriteRefusal> {
    let [name, _kept_as] = names;
    match holder(holdings, names, tag.as_str()) {
        Some(held) if held != digest => Err(WriteRefusal::Held(format!(
            "`{name}:{tag}` is {held} in a signed bundle that is served here, and stays that; push under another name or tag"
        ))),
        _ => Ok(()),
    }
}

fn tag(text: &str) -> Result<Tag, WriteRefusal> {
    let wrong = |_not_a_name| WriteRefusal::Manifest(format!("`{text}` cannot be a tag"));
    text.parse().map_err(wrong)
}
