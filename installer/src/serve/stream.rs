//! A blob on its way to one client. A task has batches of it read and hashed on a
//! few blocking threads and hands them over; it never runs more than a few ahead
//! of its client, and a slow client holds no thread.

use super::health::Health;
use bundles::{BlobReader, BlobRecord, Bundle, BundleError, Encoding};
use bytes::Bytes;
use futures_util::Stream;
use std::{
    collections::VecDeque,
    io,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::spawn_blocking,
    time::timeout,
};

/// Memory that all streams together may hold, in MiB. With the chunks that are
/// kept for others (48 MiB) and what the program needs besides, it stays below
/// 192 MiB.
const BUDGET: usize = 112;

/// MiB that a stream of a stored blob holds at most: chunks of which parts are being
/// sent, two of which parts wait, and one that is being read.
const STORED: u32 = 16;

/// The same for a compressed blob: three plain frames, a packed one, a chunk.
const COMPRESSED: u32 = 36;

/// Bytes of a stored blob that are handed over at once. Pieces of a batch borrow
/// from the chunk they lie in.
const BATCH: usize = 1 << 20;

/// How long a client may take no byte at all before its stream is cut, so that
/// others get its memory. It can continue with `Range`.
const PATIENCE: Duration = Duration::from_secs(30);

/// Consecutive pieces of a blob, or why there are none.
type Batch = Result<Vec<Bytes>, BundleError>;

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

/// How many batches may wait for the client. Those of a stored blob are as much as
/// is sent while the next chunk is read and hashed; one of a compressed blob may
/// be a whole frame.
fn ahead(record: &BlobRecord) -> usize {
    match record.encoding {
        Encoding::Stored => 3,
        Encoding::Zstd => 1,
    }
}

/// What all streams share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) budget: &'a Budget,
    pub(crate) health: &'a Arc<Health>,
}

/// Verified bytes of a blob. Ends with an error, never early, when they run out.
#[derive(Debug)]
pub(crate) struct BlobStream {
    pieces: VecDeque<Bytes>,
    batches: mpsc::Receiver<Batch>,
    left: u64,
    health: Arc<Health>,
    _room: OwnedSemaphorePermit,
}

impl BlobStream {
    /// Starts to read; returns once the first bytes are there and known to be
    /// intact.
    pub(crate) async fn start(
        bundle: &Bundle,
        record: &BlobRecord,
        range: Range<u64>,
        Sending { budget, health }: Sending<'_>,
    ) -> Result<Self, BundleError> {
        let room = budget.take(record).await;
        let reader = bundle.read(&record.digest, range)?;
        let left = reader.remaining();
        let (out, mut batches) = mpsc::channel(ahead(record));
        tokio::spawn(pump(reader, out));
        let first = batches.recv().await.transpose().inspect_err(|error| health.report(error))?;
        let pieces = first.unwrap_or_default().into();
        Ok(Self { pieces, batches, left, health: Arc::clone(health), _room: room })
    }

    fn next_ready(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.left = self.left.saturating_sub(piece.len() as u64);
        Some(piece)
    }
}

impl Stream for BlobStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(piece) = self.next_ready() {
                return Poll::Ready(Some(Ok(piece)));
            }
            match ready!(self.batches.poll_recv(cx)) {
                Some(Ok(batch)) => self.pieces = batch.into(),
                Some(Err(error)) => {
                    self.health.report(&error);
                    return Poll::Ready(Some(Err(io::Error::other(error))));
                }
                None if self.left > 0 => {
                    return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
                }
                None => return Poll::Ready(None),
            }
        }
    }
}

/// Reads until the end, the first error, or until nobody takes the batches.
async fn pump(mut reader: BlobReader, out: mpsc::Sender<Batch>) {
    loop {
        let read = spawn_blocking(move || {
            let batch = read_batch(&mut reader);
            (reader, batch)
        });
        // It is not read any more when the program ends.
        let Ok((back, batch)) = read.await else { return };
        reader = back;
        let last = batch.as_ref().map_or(true, Vec::is_empty);
        let taken = timeout(PATIENCE, out.send(batch)).await;
        if last || !matches!(taken, Ok(Ok(()))) {
            return;
        }
    }
}

/// The next pieces; none at the end.
fn read_batch(reader: &mut BlobReader) -> Batch {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while bytes < BATCH {
        let Some(piece) = reader.next_piece()? else { break };
        bytes += piece.len();
        batch.push(piece);
    }
    Ok(batch)
}
