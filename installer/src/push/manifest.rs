//! Manifests and tags, when all that they name is there: children before their
//! indexes, tags last.

use super::{
    contents::{Contents, is_of},
    document::MANIFEST_LIMIT,
    error::PushError,
    look::Missing,
    registry::{Ask, Registry},
};
use axum::http::Method;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use manifests::Digest;
use std::collections::BTreeMap;

/// Requests that are open at the same time: manifests are small.
const OPEN: usize = 8;

/// A manifest, and under what it is put: its digest or a tag.
#[derive(Debug, Clone, Copy)]
struct Put<'a> {
    repository: &'a str,
    digest: &'a Digest,
    reference: &'a str,
}

/// Puts every manifest that is missing, level by level.
pub(super) async fn manifests(
    contents: &Contents,
    missing: &Missing,
    registry: &Registry<'_>,
) -> Result<(), PushError> {
    let mut levels: BTreeMap<usize, Vec<(&String, &Digest, String)>> = BTreeMap::new();
    for (repository, digest) in &missing.manifests {
        let level = contents.repositories.get(repository).and_then(|one| one.manifests.get(digest));
        let level = levels.entry(level.copied().unwrap_or(0)).or_default();
        level.push((repository, digest, digest.to_string()));
    }
    for level in levels.values() {
        let puts = level.iter().map(|(repository, digest, reference)| {
            put(contents, registry, Put { repository, digest, reference })
        });
        stream::iter(puts).buffer_unordered(OPEN).try_collect::<()>().await?;
    }
    Ok(())
}

/// Sets every tag that is missing or stands for something else.
pub(super) async fn tags(
    contents: &Contents,
    missing: &Missing,
    registry: &Registry<'_>,
) -> Result<(), PushError> {
    let wanted = missing.tags.iter().filter_map(|(repository, tag)| {
        let digest = contents.repositories.get(repository)?.tags.get(tag)?;
        Some(put(contents, registry, Put { repository, digest, reference: tag }))
    });
    stream::iter(wanted).buffer_unordered(OPEN).try_collect::<()>().await
}

async fn put(contents: &Contents, registry: &Registry<'_>, put: Put<'_>) -> Result<(), PushError> {
    let Put { repository, digest, reference } = put;
    let (bundle, blob) = contents.source(digest).expect("what is missing was found in a bundle");
    let joint = if reference.contains(':') { '@' } else { ':' };
    let what = format!("`{repository}{joint}{reference}`");
    let address = format!("/v2/{repository}/manifests/{reference}");
    let mut ask = Ask::new(Method::PUT, address, repository, &what);
    let bytes = Bytes::from(bundle.bytes(digest, MANIFEST_LIMIT)?);
    ask.body = Some((blob.media_type.clone(), bytes));
    let answer = registry.ask(&ask).await?;
    if !answer.status.is_success() {
        return Err(registry.refusal(&ask, &answer));
    }
    match answer.digest() {
        Some(found) if !is_of(blob, &found) => Err(PushError::OtherDigest {
            host: registry.host(),
            what,
            expected: digest.clone(),
            found: found.to_string(),
        }),
        _ => Ok(()),
    }
}
