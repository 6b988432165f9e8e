//! The body of a push, on its way to the disk. Little of it is in memory at once,
//! a slow client holds neither memory nor a thread, and whatever arrived stays.

use super::{
    overlay::Overlay,
    refusal::WriteRefusal,
    uploads::{Shared, Upload},
};
use crate::serve::names::RepositoryName;
use axum::body::BodyDataStream;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use manifests::Digest;
use std::{ops::Range, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long a client may be silent in the middle of a body.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a body that was refused is read on.
const MANNERS: Duration = Duration::from_secs(2);
/// Bytes that are written at once.
const BATCH: usize = 1 << 20;

/// Bytes to append to an upload. With a range they must be the next ones, and no
/// more than it says.
pub(super) struct Chunk<'a> {
    pub(super) range: Option<Range<u64>>,
    pub(super) body: &'a mut BodyDataStream,
}

/// Appends bytes to an upload. Gives how many there are now.
pub(super) async fn append(
    overlay: &Arc<Overlay>,
    upload: &Shared,
    Chunk { range, body }: Chunk<'_>,
) -> Result<u64, WriteRefusal> {
    let mut at = upload.lock().await.length;
    if range.as_ref().is_some_and(|range| range.start != at) {
        return Err(WriteRefusal::OutOfOrder { have: at });
    }
    let end = range.map_or(u64::MAX, |range| range.end);
    while let Some(first) = next(body).await? {
        // Only bytes that are here already wait for their turn in memory, and nobody
        // who has it waits for the upload.
        let held = Arc::clone(upload).lock_owned().await;
        let turn = Arc::clone(&overlay.landing).acquire_owned().await;
        let turn = turn.expect("the semaphore is never closed");
        let pieces = gather(first, body);
        at += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        if at > end {
            return Err(WriteRefusal::Size(
                "the body has more bytes than its Content-Range says".into(),
            ));
        }
        write(overlay, held, at, (pieces, turn)).await?;
    }
    Ok(at)
}

async fn next(stream: &mut BodyDataStream) -> Result<Option<Bytes>, WriteRefusal> {
    match timeout(PATIENCE, stream.next()).await {
        Ok(piece) => piece.transpose().map_err(|_gone| WriteRefusal::Cut),
        Err(_silent) => Err(WriteRefusal::Cut),
    }
}

/// Takes along what is there without waiting for it. What ends the stream is met
/// again by whoever asks next.
fn gather(first: Bytes, stream: &mut BodyDataStream) -> Vec<Bytes> {
    let mut bytes = first.len();
    let mut pieces = vec![first];
    while bytes < BATCH {
        let Some(Some(Ok(piece))) = stream.next().now_or_never() else { break };
        bytes += piece.len();
        pieces.push(piece);
    }
    pieces
}

/// Writes pieces that end at `end`. Somebody else may have gone on with the same
/// upload meanwhile; then these are not the next bytes any more.
async fn write(
    overlay: &Arc<Overlay>,
    mut upload: OwnedMutexGuard<Upload>,
    end: u64,
    (pieces, turn): (Vec<Bytes>, OwnedSemaphorePermit),
) -> Result<(), WriteRefusal> {
    let length: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
    if upload.length + length != end {
        return Err(WriteRefusal::OutOfOrder { have: upload.length });
    }
    let append = move |overlay: &Overlay| {
        // Pieces are written although their request is cancelled.
        let _until_done = turn;
        overlay.append(&mut upload, &pieces)
    };
    overlay.on_disk(append).await
}

/// Makes a blob of what has arrived, and gives it to a repository. In one step for
/// the collector of garbage: the bytes may be old, and only the claim keeps them.
pub(super) async fn finish(
    overlay: &Arc<Overlay>,
    upload: &Shared,
    repository: &RepositoryName,
    digest: &Digest,
) -> Result<(), WriteRefusal> {
    let mut upload = Arc::clone(upload).lock_owned().await;
    loop {
        let algorithm = digest.algorithm();
        let step = overlay.on_disk(move |overlay| {
            let done = overlay.catch_up(&mut upload, algorithm);
            (upload, done)
        });
        let (back, done) = step.await;
        upload = back;
        if done? {
            break;
        }
    }
    let (repository, digest) = (repository.clone(), digest.clone());
    let settle = move |overlay: &Overlay| {
        overlay.finish(&mut upload, &digest)?;
        overlay.link(&repository, &digest)
    };
    overlay.change(settle).await
}

/// A small body as a whole, with its turn among the few that may be in memory at
/// once. Whoever sends nothing has none, and nobody has it long without an end.
pub(super) async fn whole(
    body: &mut BodyDataStream,
    limit: u64,
    turns: &Arc<Semaphore>,
) -> Result<(Vec<u8>, OwnedSemaphorePermit), WriteRefusal> {
    let first = next(body).await?;
    let turn = Arc::clone(turns).acquire_owned().await;
    let turn = turn.expect("the semaphore is never closed");
    let all = timeout(PATIENCE, all(first, body, limit)).await;
    Ok((all.unwrap_or(Err(WriteRefusal::Cut))?, turn))
}

async fn all(
    first: Option<Bytes>,
    body: &mut BodyDataStream,
    limit: u64,
) -> Result<Vec<u8>, WriteRefusal> {
    let (mut bytes, mut piece) = (Vec::new(), first);
    while let Some(more) = piece {
        if (bytes.len() + more.len()) as u64 > limit {
            return Err(WriteRefusal::TooLarge(limit));
        }
        bytes.extend_from_slice(&more);
        piece = next(body).await?;
    }
    Ok(bytes)
}

/// Reads on for a moment what nobody wants: many clients hear why they were refused
/// only when they have sent everything.
pub(super) async fn drain(body: &mut BodyDataStream) {
    let end = async { while let Some(Ok(_)) = body.next().await {} };
    // Whoever has more to send will notice the closed connection.
    let _ = timeout(MANNERS, end).await;
}
