//! A pushed blob on its way to a client: a chunk is read and checked when the one
//! before it has been taken, so a client holds one chunk however slow it is. All
//! of them together hold no more than their share of the memory.

use super::{
    overlay::Overlay,
    read::{ReadError, Stored, StoredPieces},
};
use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use std::{ops::Range, sync::Arc};
use tokio::sync::OwnedSemaphorePermit;

/// Bytes with the share of memory they take: it is free when they are sent.
struct Counted {
    bytes: Bytes,
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes of a blob as a body; returns once the first are known to be intact.
pub(super) async fn body(
    overlay: &Arc<Overlay>,
    stored: Stored,
    range: Range<u64>,
) -> Result<Body, ReadError> {
    let pieces = stored.pieces(range);
    let Some((first, pieces)) = next(overlay, pieces).await? else { return Ok(Body::empty()) };
    let state = (Arc::clone(overlay), pieces);
    let rest = stream::try_unfold(state, async |(overlay, pieces)| {
        let next = next(&overlay, pieces).await?;
        Ok(next.map(|(bytes, pieces)| (bytes, (overlay, pieces))))
    });
    Ok(Body::from_stream(stream::iter([Ok::<_, ReadError>(first)]).chain(rest)))
}

async fn next(
    overlay: &Arc<Overlay>,
    mut pieces: StoredPieces,
) -> Result<Option<(Bytes, StoredPieces)>, ReadError> {
    let share = Arc::clone(&overlay.sending).acquire_owned().await;
    let share = share.expect("the semaphore is never closed");
    // The share goes along: a read goes on when its request is cancelled.
    let read = overlay.on_disk(move |overlay| {
        let piece = pieces.next_piece().inspect_err(|error| overlay.health.report(error));
        let counted = |bytes| Bytes::from_owner(Counted { bytes, _share: share });
        piece.map(|piece| piece.map(|bytes| (counted(bytes), pieces)))
    });
    read.await
}
