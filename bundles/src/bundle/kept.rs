//! Chunks that were read and found intact a moment ago, for all readers of a
//! bundle: many clients that want the same bytes have them read and hashed once.
//! And the buffers of chunks that nobody holds any more: a new one would have to
//! be filled with zeros first, which takes as long as hashing.

use crate::format::CHUNK_SIZE;
use bytes::Bytes;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Most buffers that wait for their next use; more are given back to the system,
/// as are those over the number of chunks that are kept.
const SPARE: usize = 4;

/// The chunks that were used last.
#[derive(Debug, Default)]
pub(super) struct Kept {
    chunks: Mutex<Recent>,
    spare: Arc<Spare>,
}

#[derive(Debug, Default)]
struct Recent {
    limit: usize,
    /// The one that was used last is the last.
    chunks: VecDeque<(u64, Bytes)>,
}

#[derive(Debug)]
struct Spare {
    buffers: Mutex<Vec<Vec<u8>>>,
    limit: AtomicUsize,
}

impl Default for Spare {
    /// One buffer, for who reads one blob after the other.
    fn default() -> Self {
        Self { buffers: Mutex::default(), limit: AtomicUsize::new(1) }
    }
}

/// A buffer that goes back when nobody borrows from it any more.
struct Lent {
    buffer: Vec<u8>,
    spare: Arc<Spare>,
}

impl Kept {
    /// Keeps this many chunks from now on; none at first.
    pub(super) fn limit(&self, limit: usize) {
        let mut recent = self.chunks.lock().expect("no thread panics with the lock");
        recent.limit = limit;
        recent.trim();
        self.spare.limit.store(limit.clamp(1, SPARE), Ordering::Relaxed);
    }

    /// A chunk that is kept.
    pub(super) fn get(&self, index: u64) -> Option<Bytes> {
        let mut recent = self.chunks.lock().expect("no thread panics with the lock");
        let place = recent.chunks.iter().position(|(kept, _)| *kept == index)?;
        let found = recent.chunks.remove(place)?;
        let bytes = found.1.clone();
        recent.chunks.push_back(found);
        Some(bytes)
    }

    /// A buffer to read a chunk into.
    pub(super) fn buffer(&self) -> Vec<u8> {
        let spare = self.spare.buffers.lock().expect("no thread panics with the lock").pop();
        spare.unwrap_or_else(|| Vec::with_capacity(CHUNK_SIZE as usize))
    }

    /// Keeps a chunk whose bytes were found intact in this very buffer.
    pub(super) fn put(&self, index: u64, buffer: Vec<u8>) -> Bytes {
        let bytes = Bytes::from_owner(Lent { buffer, spare: Arc::clone(&self.spare) });
        let mut recent = self.chunks.lock().expect("no thread panics with the lock");
        recent.chunks.push_back((index, bytes.clone()));
        recent.trim();
        bytes
    }
}

impl Recent {
    fn trim(&mut self) {
        while self.chunks.len() > self.limit {
            self.chunks.pop_front();
        }
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut spare = self.spare.buffers.lock().expect("no thread panics with the lock");
        if spare.len() < self.spare.limit.load(Ordering::Relaxed) {
            spare.push(std::mem::take(&mut self.buffer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunks_that_were_used_last_stay() {
        let kept = Kept::default();
        kept.limit(2);
        kept.put(1, vec![1]);
        kept.put(2, vec![2]);
        assert_eq!(kept.get(1).unwrap(), [1][..]);
        kept.put(3, vec![3]);
        assert_eq!((kept.get(2), kept.get(3)), (None, Some(vec![3].into())));
        assert!(kept.get(1).is_some());
    }

    #[test]
    fn buffers_come_back_when_nobody_holds_their_bytes() {
        let kept = Kept::default();
        let bytes = kept.put(1, vec![7; 9]);
        assert_eq!(kept.buffer().len(), 0, "that one is still held");
        drop(bytes);
        assert_eq!(kept.buffer(), [7; 9]);
    }
}
