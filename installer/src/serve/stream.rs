//! A blob on its way to one client. A blocking thread reads and hashes, a short
//! channel carries pieces to the connection, and the thread waits when the
//! client is slow: memory does not grow with the speed of disks.

use super::health::Health;
use bundles::{BlobReader, BlobRecord, Bundle, BundleError, Encoding};
use bytes::Bytes;
use futures_util::Stream;
use std::{
    io,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};

/// Memory that all streams together may hold, in MiB. With what the program
/// needs besides, it stays below 192 MiB.
const BUDGET: usize = 112;

/// MiB that a stream of a stored blob holds at most: the chunk that is being
/// sent and the next one.
const STORED: u32 = 8;

/// The same for a compressed blob: a chunk, a packed frame, and two plain ones.
const COMPRESSED: u32 = 28;

/// Pieces between the reading thread and the connection.
const PIECES: usize = 2;

/// How long a client may take no byte at all before its stream is cut, so that
/// others get its memory. It can continue with `Range`.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much may be streamed at once.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET)))
    }

    /// Waits, first come first served, until there is memory for this blob.
    async fn take(&self, record: &BlobRecord) -> OwnedSemaphorePermit {
        let cost = match record.encoding {
            Encoding::Stored => STORED,
            Encoding::Zstd => COMPRESSED,
        };
        let permit = Arc::clone(&self.0).acquire_many_owned(cost).await;
        permit.expect("the semaphore is never closed")
    }
}

/// Verified bytes of a blob. Ends with an error, never early, when they run out.
#[derive(Debug)]
pub(crate) struct BlobStream {
    first: Option<Bytes>,
    pieces: mpsc::Receiver<Result<Bytes, BundleError>>,
    left: u64,
    health: Arc<Health>,
    _room: OwnedSemaphorePermit,
}

impl BlobStream {
    /// Starts to read; returns once the first piece is there and known to be
    /// intact.
    pub(crate) async fn start(
        bundle: &Bundle,
        record: &BlobRecord,
        range: Range<u64>,
        budget: &Budget,
        health: &Arc<Health>,
    ) -> Result<Self, BundleError> {
        let room = budget.take(record).await;
        let reader = bundle.read(&record.digest, range)?;
        let left = reader.remaining();
        let (out, mut pieces) = mpsc::channel(PIECES);
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || pump(reader, &out, &runtime));
        let first = pieces.recv().await.transpose().inspect_err(|error| health.report(error))?;
        Ok(Self { first, pieces, left, health: Arc::clone(health), _room: room })
    }

    fn take(&mut self, piece: Option<Result<Bytes, BundleError>>) -> Option<io::Result<Bytes>> {
        match piece {
            Some(Ok(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                Some(Ok(bytes))
            }
            Some(Err(error)) => {
                self.health.report(&error);
                Some(Err(io::Error::other(error)))
            }
            None if self.left > 0 => Some(Err(io::ErrorKind::TimedOut.into())),
            None => None,
        }
    }
}

impl Stream for BlobStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => ready!(self.pieces.poll_recv(cx)),
        };
        Poll::Ready(self.take(piece))
    }
}

/// Reads until the end, the first error, or until nobody takes the pieces.
fn pump(mut reader: BlobReader, out: &mpsc::Sender<Result<Bytes, BundleError>>, runtime: &Handle) {
    while let Some(piece) = reader.next_piece().transpose() {
        let last = piece.is_err();
        let sent = runtime.block_on(timeout(PATIENCE, out.send(piece)));
        if last || !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
}
