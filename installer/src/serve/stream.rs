//! A blob on its way to one client. A task has it read and hashed on a few blocking
//! threads, one batch ahead of the client. Batches are small at first and grow
//! as the client takes them; one that is slow with its batch lets others read in
//! the meantime, and begins anew when it is ready for more. So a client holds
//! little memory however slow it is, and no thread.

use super::{
    budget::{Budget, Room, counted},
    crowd::Guest,
    health::Health,
};
use bundles::{BlobReader, BlobRecord, Bundle, Encoding};
use bytes::Bytes;
use futures_util::Stream;
use manifests::Digest;
use std::{
    collections::VecDeque,
    error::Error,
    io,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{sync::mpsc, task::spawn_blocking, time::timeout};

/// Bytes of the first batch, and of each for a client that is slow.
const SMALL: u64 = 16 << 10;
/// Bytes of the largest batch.
const LARGE: u64 = 1 << 20;
/// The part of what a client took so far that its next batch may be. Sockets take
/// some hundred KiB before it shows whether anybody reads them.
const GROWTH: u64 = 16;
/// Largest piece of a batch: what an HTTP connection holds at once.
const PIECE: u64 = 64 << 10;

/// How long a client may take for a batch and be called quick.
const QUICK: Duration = Duration::from_millis(200);
/// How long it may take at all. One that takes nothing is cut off far earlier, by
/// its socket; this is for one of many streams on a socket.
const PATIENCE: Duration = Duration::from_mins(2);

/// Bytes that reading a stored blob takes: a chunk, and one that is being read.
const STORED: usize = 8 << 20;
/// The same for a compressed blob: a plain frame, a packed one, a chunk, and what
/// decoding needs.
const COMPRESSED: usize = 24 << 20;

/// Why bytes cannot be read, or may not be sent.
pub(crate) type Fault = Box<dyn Error + Send + Sync>;

/// Consecutive pieces of a blob, or why there are none.
type Batch = Result<Vec<Bytes>, Fault>;

/// Verified bytes that come one piece after the other.
pub(crate) trait Pieces: Send + 'static {
    /// The next bytes; `None` at the end. Blocks.
    fn next_piece(&mut self) -> Result<Option<Bytes>, Fault>;
    /// How many bytes are still to come.
    fn remaining(&self) -> u64;
    /// Lets go of all memory. The last `bytes` bytes come again.
    fn rewind(&mut self, bytes: u64);
    /// Bytes of memory that reading takes, at most.
    fn cost(&self) -> usize;
}

/// What a stream shares with all others, and whom it is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) budget: &'a Budget,
    pub(crate) health: &'a Arc<Health>,
    pub(crate) guest: &'a Arc<Guest>,
}

/// Verified bytes of a blob. Ends with an error, never early, when they run out.
#[derive(Debug)]
pub(crate) struct BlobStream {
    pieces: VecDeque<Bytes>,
    batches: mpsc::Receiver<Batch>,
    left: u64,
    health: Arc<Health>,
}

impl BlobStream {
    /// Starts to read out of a bundle; returns once the first bytes are there and
    /// known to be intact.
    pub(crate) async fn start(
        bundle: &Bundle,
        record: &BlobRecord,
        range: Range<u64>,
        sending: Sending<'_>,
    ) -> Result<Self, Fault> {
        let cost = match record.encoding {
            Encoding::Stored => STORED,
            Encoding::Zstd => COMPRESSED,
        };
        let (bundle, digest) = (bundle.clone(), record.digest.clone());
        Self::read(Packed { bundle, digest, left: range, reader: None, cost }, sending).await
    }

    /// Starts to read anything; returns once the first bytes are there.
    pub(crate) async fn read(
        pieces: impl Pieces,
        Sending { budget, health, guest }: Sending<'_>,
    ) -> Result<Self, Fault> {
        let left = pieces.remaining();
        let (out, mut batches) = mpsc::channel(1);
        let source = Source { pieces: Box::new(pieces), rest: Bytes::new() };
        let (budget, guest) = (budget.clone(), Arc::clone(guest));
        tokio::spawn(pump(source, Flow { budget, guest, out, sent: 0, quick: true }));
        let first =
            batches.recv().await.transpose().inspect_err(|error| health.report(&**error))?;
        let pieces = first.unwrap_or_default().into();
        Ok(Self { pieces, batches, left, health: Arc::clone(health) })
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
                    self.health.report(&*error);
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

/// A blob of a bundle.
struct Packed {
    bundle: Bundle,
    digest: Digest,
    left: Range<u64>,
    reader: Option<BlobReader>,
    cost: usize,
}

impl Pieces for Packed {
    fn next_piece(&mut self) -> Result<Option<Bytes>, Fault> {
        if self.reader.is_none() {
            self.reader = Some(self.bundle.read(&self.digest, self.left.clone())?);
        }
        let reader = self.reader.as_mut().expect("it was made");
        let piece = reader.next_piece()?;
        self.left.start += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Ok(piece)
    }

    fn remaining(&self) -> u64 {
        self.left.end - self.left.start
    }

    fn rewind(&mut self, bytes: u64) {
        self.left.start -= bytes;
        self.reader = None;
    }

    fn cost(&self) -> usize {
        self.cost
    }
}

/// Where a stream comes from.
struct Source {
    pieces: Box<dyn Pieces>,
    /// What is left of the last piece.
    rest: Bytes,
}

impl Source {
    fn remaining(&self) -> u64 {
        self.rest.len() as u64 + self.pieces.remaining()
    }

    /// Lets go of all memory until more is wanted.
    fn rest(&mut self) {
        self.pieces.rewind(std::mem::take(&mut self.rest).len() as u64);
    }

    /// The next `size` bytes, copied, each part of `room`.
    fn batch(&mut self, mut room: Room, size: u64) -> Batch {
        let (mut batch, mut left) = (Vec::new(), size);
        while left > 0 {
            let piece = self.copy(left.min(PIECE))?;
            left -= piece.len() as u64;
            batch.push(counted(piece, &mut room));
        }
        Ok(batch)
    }

    fn copy(&mut self, size: u64) -> Result<Vec<u8>, Fault> {
        let size = usize::try_from(size).expect("a piece is small");
        let mut copy = Vec::with_capacity(size);
        while copy.len() < size {
            if self.rest.is_empty() {
                let next = self.pieces.next_piece()?;
                self.rest = next.ok_or("a blob ends before its last byte")?;
            }
            let part = self.rest.len().min(size - copy.len());
            copy.extend_from_slice(&self.rest.split_to(part));
        }
        Ok(copy)
    }
}

/// Where a stream goes, and how fast.
struct Flow {
    budget: Budget,
    guest: Arc<Guest>,
    out: mpsc::Sender<Batch>,
    sent: u64,
    quick: bool,
}

/// Nobody takes the batches any more.
struct Gone;

/// Reads until the end, the first error, or until nobody takes the batches.
async fn pump(mut source: Source, mut flow: Flow) {
    let mut held = None;
    while source.remaining() > 0 {
        let size = flow.batch().min(source.remaining());
        let rooms = flow.rooms(held.take(), size, &mut source).await;
        let Ok((reading, flowing)) = rooms else { return };
        let read = spawn_blocking(move || {
            let batch = source.batch(flowing, size);
            (source, batch)
        });
        // It is not read any more when the program ends.
        let Ok((back, batch)) = read.await else { return };
        source = back;
        let failed = batch.is_err();
        held = match flow.send(batch, size, reading, &mut source).await {
            Ok(held) if !failed => held,
            _ => return,
        };
    }
}

impl Flow {
    /// How many bytes the next batch should have.
    fn batch(&self) -> u64 {
        match self.quick {
            true => (self.sent / GROWTH).clamp(SMALL, LARGE),
            false => SMALL,
        }
    }

    /// Memory to read the next batch with, and for the batch. The first is not
    /// held while the second is waited for, because a client may be long about that.
    async fn rooms(
        &self,
        held: Option<Room>,
        size: u64,
        source: &mut Source,
    ) -> Result<(Room, Room), Gone> {
        let bytes = usize::try_from(size).expect("a batch is at most a MiB");
        let (address, budget) = (self.guest.address, &self.budget);
        if let Some(rooms) = held.zip(budget.flowing.try_take(address, bytes)) {
            return Ok(rooms);
        }
        source.rest();
        let cost = source.pieces.cost();
        let both = async {
            let flowing = budget.flowing.take(address, bytes).await;
            (budget.reading.take(address, cost).await, flowing)
        };
        tokio::select! {
            rooms = both => Ok(rooms),
            () = self.out.closed() => Err(Gone),
        }
    }

    /// Hands over a batch. A client that is quick goes on reading with the memory
    /// it has.
    async fn send(
        &mut self,
        batch: Batch,
        size: u64,
        reading: Room,
        source: &mut Source,
    ) -> Result<Option<Room>, Gone> {
        self.sent += size;
        if let Ok(room) = timeout(QUICK, self.out.reserve()).await {
            room.map_err(|_closed| Gone)?.send(batch);
            self.quick = true;
            return Ok(Some(reading));
        }
        source.rest();
        drop(reading);
        let Ok(room) = timeout(PATIENCE, self.out.reserve()).await else {
            self.guest.cut();
            return Err(Gone);
        };
        room.map_err(|_closed| Gone)?.send(batch);
        self.quick = false;
        Ok(None)
    }
}
