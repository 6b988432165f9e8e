//! A blob on its way to one client. A task has it read and hashed on a few blocking
//! threads, one batch ahead of the client. Batches are small at first and grow
//! as the client takes them; one that is slow with its batch lets others read in
//! the meantime, and begins anew when it is ready for more. So a client holds
//! little memory however slow it is, and no thread.

use super::{
    budget::{Budget, Room},
    crowd::Guest,
    health::Health,
    source::Source,
};
use bundles::{BlobRecord, Bundle};
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
use tokio::{sync::mpsc, task::spawn_blocking, time::timeout};

/// Bytes of the first batch, and of each for a client that is slow.
const SMALL: u64 = 16 << 10;
/// The part of what a client took so far that its next batch may be. Sockets take
/// some hundred KiB before it shows whether anybody reads them.
const GROWTH: u64 = 16;

/// Bytes that a client must have taken before it is lent whole buffers.
const PROVEN: u64 = 8 << 20;

/// How long a client may take for a batch and be called quick.
const QUICK: Duration = Duration::from_millis(200);
/// How long it may take at all. One that takes nothing is cut off far earlier, by
/// its socket; this is for one of many streams on a socket.
const PATIENCE: Duration = Duration::from_mins(2);

/// Consecutive pieces of a blob, or why there are none.
type Batch = io::Result<Vec<Bytes>>;

/// What the next batch is made of, with the memory for it.
enum Portion {
    /// So many bytes, copied.
    Copied(Room, u64),
    /// All that follows in one buffer.
    Lent(Room),
}

impl Portion {
    fn read(self, source: &mut Source) -> Batch {
        match self {
            Self::Copied(room, size) => source.copy(room, size),
            Self::Lent(room) => source.lend(room),
        }
    }
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
    /// Starts to read; returns once the first bytes are there and known to be
    /// intact.
    pub(crate) async fn start(
        bundle: &Bundle,
        record: &BlobRecord,
        range: Range<u64>,
        Sending { budget, health, guest }: Sending<'_>,
    ) -> io::Result<Self> {
        let source = Source::new(bundle, record, range, budget);
        let left = source.remaining();
        let (out, mut batches) = mpsc::channel(1);
        let (budget, guest) = (budget.clone(), Arc::clone(guest));
        tokio::spawn(pump(source, Flow { budget, guest, out, sent: 0, quick: true }));
        let first = batches.recv().await.transpose().inspect_err(|error| health.report(error))?;
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
                    self.health.report(&error);
                    return Poll::Ready(Some(Err(error)));
                }
                None if self.left > 0 => {
                    return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
                }
                None => return Poll::Ready(None),
            }
        }
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
        let Ok((reading, portion)) = flow.rooms(held.take(), &mut source).await else { return };
        let read = spawn_blocking(move || {
            let batch = portion.read(&mut source);
            (source, batch)
        });
        // It is not read any more when the program ends.
        let Ok((back, batch)) = read.await else { return };
        source = back;
        let failed = batch.is_err();
        held = match flow.send(batch, reading, &mut source).await {
            Ok(held) if !failed => held,
            _ => return,
        };
    }
}

impl Flow {
    /// Whether it took so much so quickly that it may be lent whole buffers.
    fn is_proven(&self) -> bool {
        self.quick && self.sent >= PROVEN
    }

    /// How many bytes the next batch should have.
    fn batch(&self) -> u64 {
        let largest = self.budget.flowing.largest() as u64;
        match self.quick {
            true => (self.sent / GROWTH).min(largest).max(SMALL),
            false => SMALL,
        }
    }

    /// Memory to read the next batch with, and for the batch. The first is not
    /// held while the second is waited for, because a client may be long about that.
    async fn rooms(
        &self,
        held: Option<Room>,
        source: &mut Source,
    ) -> Result<(Room, Portion), Gone> {
        let (address, budget) = (self.guest.address, &self.budget);
        let size = self.batch().min(source.remaining());
        let bytes = usize::try_from(size).expect("a batch is at most half a MiB");
        let portion = || {
            let lent = || self.is_proven().then(|| budget.lent.try_take(address, source.buffer()));
            let copied = || Some(Portion::Copied(budget.flowing.try_take(address, bytes)?, size));
            lent().flatten().map(Portion::Lent).or_else(copied)
        };
        if let Some(held) = held
            && let Some(portion) = portion()
        {
            return Ok((held, portion));
        }
        source.rest();
        let cost = source.cost();
        let both = async {
            let flowing = budget.flowing.take(address, bytes).await;
            (budget.reading.take(address, cost).await, Portion::Copied(flowing, size))
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
        reading: Room,
        source: &mut Source,
    ) -> Result<Option<Room>, Gone> {
        self.sent += batch.iter().flatten().map(|piece| piece.len() as u64).sum::<u64>();
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
