//! How much memory all answers together may hold. Two parts: what is needed to
//! read and hash, which nobody keeps while a client drains, and what is on its
//! way to clients, counted to the byte until it has left.

use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// MiB for reading and hashing. With what flows, with the chunks that are kept for
/// others (48 MiB) and what the program needs besides, all stays below 192 MiB.
const READING: usize = 72;
/// MiB on their way to clients.
const FLOWING: usize = 40;

/// How much may be read and sent at once.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    reading: Arc<Semaphore>,
    flowing: Arc<Semaphore>,
}

/// Memory that is taken until this is dropped.
pub(crate) type Room = OwnedSemaphorePermit;

impl Budget {
    pub(crate) fn new() -> Self {
        let reading = Arc::new(Semaphore::new(READING));
        Self { reading, flowing: Arc::new(Semaphore::new(FLOWING << 20)) }
    }

    /// Waits, first come first served, until something can be read that takes so
    /// many MiB meanwhile.
    pub(crate) async fn reading(&self, mebibytes: u32) -> Room {
        take(&self.reading, mebibytes).await
    }

    /// Waits until so many bytes can be on their way.
    pub(crate) async fn flowing(&self, bytes: u32) -> Room {
        take(&self.flowing, bytes).await
    }

    /// The same for whoever must not wait.
    pub(crate) fn try_flowing(&self, bytes: u32) -> Option<Room> {
        Arc::clone(&self.flowing).try_acquire_many_owned(bytes).ok()
    }
}

async fn take(semaphore: &Arc<Semaphore>, count: u32) -> Room {
    let taken = Arc::clone(semaphore).acquire_many_owned(count).await;
    taken.expect("the semaphore is never closed")
}

/// Bytes that take room for as long as anybody holds them.
struct Counted {
    bytes: Vec<u8>,
    _room: Option<Room>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that take their part of `room`.
pub(crate) fn counted(bytes: Vec<u8>, room: &mut Room) -> Bytes {
    let _room = room.split(bytes.len());
    Bytes::from_owner(Counted { bytes, _room })
}
