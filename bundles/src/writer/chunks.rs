//! The hashes of chunks whose bytes pass one after the other. A chunk that is
//! entered in its middle is left for whoever reads the file at the end.

use crate::format::CHUNK_SIZE;
use std::collections::HashMap;

/// BLAKE3 of chunks of the payload, in hex, by their index.
pub(super) type KnownChunks = HashMap<u64, String>;

/// Hashes a run of the payload chunk by chunk.
#[derive(Debug)]
pub(super) struct ChunkHasher {
    /// Where the next byte goes in the payload.
    at: u64,
    /// Of the chunk that is under way, if all of it passed here.
    hasher: Option<Box<blake3::Hasher>>,
    known: KnownChunks,
}

impl ChunkHasher {
    /// For a run that begins here.
    pub(super) fn new(at: u64) -> Self {
        Self { at, hasher: None, known: KnownChunks::new() }
    }

    /// Takes the next bytes of the run.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.at.is_multiple_of(CHUNK_SIZE) {
                self.hasher = Some(Box::default());
            }
            let room = usize::try_from(CHUNK_SIZE - self.at % CHUNK_SIZE).expect("4 MiB");
            let (now, rest) = bytes.split_at(room.min(bytes.len()));
            self.at += now.len() as u64;
            bytes = rest;
            if let Some(hasher) = &mut self.hasher {
                hasher.update(now);
                if self.at.is_multiple_of(CHUNK_SIZE) {
                    let hash = hasher.finalize().to_hex().to_string();
                    self.known.insert(self.at / CHUNK_SIZE - 1, hash);
                }
            }
        }
    }

    /// Where the next byte goes.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// The chunks that passed from their first to their last byte.
    pub(super) fn finish(self) -> KnownChunks {
        self.known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noise;

    #[test]
    fn whole_chunks_are_known_however_the_bytes_come() {
        let (from, bytes) = (CHUNK_SIZE - 700, noise(3, 3 * CHUNK_SIZE as usize));
        for step in [1_000_003, 65_536, 5_000_000] {
            let mut hasher = ChunkHasher::new(from);
            bytes.chunks(step).for_each(|piece| hasher.update(piece));
            assert_eq!(hasher.at(), from + 3 * CHUNK_SIZE);
            let known = hasher.finish();
            let whole = |index: usize| {
                let start = 700 + index * CHUNK_SIZE as usize;
                blake3::hash(&bytes[start..start + CHUNK_SIZE as usize]).to_hex().to_string()
            };
            assert_eq!(known, KnownChunks::from([(1, whole(0)), (2, whole(1))]));
        }
    }
}
