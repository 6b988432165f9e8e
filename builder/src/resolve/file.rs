//! Locking one file: its bytes are downloaded, hashed on the way, and compared
//! with what somebody has published and with what its project proves of it.

use super::{Context, LockError, media_type, plan::FileWork};
use crate::{
    http::{Download, Expected, HttpError},
    network::partial_key,
};
use manifests::{Digest, lockfile::LockedFile};

pub(super) async fn lock(work: &FileWork, context: &Context<'_>) -> Result<LockedFile, LockError> {
    let name = work.name();
    let failed = |error| LockError::source(&name, work.publisher.as_deref(), error);
    let (size, digest) = bring(work, &name, context).await.map_err(failed)?;
    let proofs = context.prover().prove(&work.file, &digest).await;
    let proofs = proofs.map_err(|error| LockError::proof(&name, error))?;
    Ok(LockedFile {
        kind: work.kind,
        component: work.pick.name.clone(),
        version: work.pick.version.clone(),
        name: work.file.name.clone(),
        arch: work.file.arch,
        source: work.file.url.clone(),
        size,
        digest,
        media_type: media_type::of(work.kind, work.file.name.as_str()).to_owned(),
        published: work.file.published.as_ref().map(|(_, trust)| *trust),
        proofs,
        roles: work.roles.clone(),
        render: work.render.clone(),
    })
}

async fn bring(
    work: &FileWork,
    name: &str,
    context: &Context<'_>,
) -> Result<(u64, Digest), HttpError> {
    let request = &context.network.request(&work.file.url);
    let digest = work.file.published.as_ref().map(|(digest, _)| digest.clone());
    let (expected, key) = (&Expected { digest, size: None }, &partial_key(&request.url));
    let download = Download { request, name, key, expected, conditional: true, ground: None };
    let downloaded = context.network.client.download(download, context.cache, context.reporter);
    let answer = downloaded.await?.answer;
    Ok((answer.size, answer.digest))
}
