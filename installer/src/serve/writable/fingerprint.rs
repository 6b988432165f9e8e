//! What is worked out of a blob's bytes while they arrive: its digest, which says
//! whether they are the right ones, and a hash of each chunk, by which they are
//! checked each time they are read.

use bundles::BlobHasher;
use manifests::{Algorithm, Digest};

/// Bytes of a chunk. Each is read and hashed as a whole before any of it is sent.
pub(super) const CHUNK: usize = 1 << 20;
/// Bytes of a chunk's hash.
pub(super) const HASH: usize = blake3::OUT_LEN;

/// Under way over the bytes of a blob.
#[derive(Debug)]
pub(super) struct Fingerprint {
    algorithm: Algorithm,
    blob: BlobHasher,
    chunk: blake3::Hasher,
    chunks: Vec<u8>,
}

impl Fingerprint {
    /// For a blob that is named by this algorithm.
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let (blob, chunk) = (BlobHasher::new(algorithm), blake3::Hasher::new());
        Self { algorithm, blob, chunk, chunks: Vec::new() }
    }

    /// How many bytes it has seen.
    pub(super) fn bytes(&self) -> u64 {
        self.blob.bytes()
    }

    /// Whether it can tell a digest of this algorithm.
    pub(super) fn tells(&self, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.blob.update(bytes);
        while !bytes.is_empty() {
            let seen = usize::try_from(self.chunk.count()).expect("a chunk fits into memory");
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - seen));
            self.chunk.update(now);
            if seen + now.len() == CHUNK {
                self.end_chunk();
            }
            bytes = later;
        }
    }

    fn end_chunk(&mut self) {
        self.chunks.extend_from_slice(self.chunk.finalize().as_bytes());
        self.chunk.reset();
    }

    /// The digest, and the hashes of all chunks one after the other.
    pub(super) fn finish(mut self) -> (Digest, Vec<u8>) {
        if self.chunk.count() > 0 {
            self.end_chunk();
        }
        (self.blob.finish().0, self.chunks)
    }

    /// The hash that a chunk must have.
    pub(super) fn of_chunk(bytes: &[u8]) -> [u8; HASH] {
        blake3::hash(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_give_the_same_chunks() {
        let bytes: Vec<u8> = (0..3 * CHUNK + 5).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let by = |size| {
            let mut fingerprint = Fingerprint::new(Algorithm::Sha256);
            bytes.chunks(size).for_each(|piece| fingerprint.update(piece));
            assert_eq!(fingerprint.bytes(), bytes.len() as u64);
            fingerprint.finish()
        };
        let (digest, chunks) = by(CHUNK);
        assert_eq!(digest, bundles::sha256(&bytes));
        assert_eq!(chunks.len(), 4 * HASH);
        assert_eq!(chunks[HASH..2 * HASH], Fingerprint::of_chunk(&bytes[CHUNK..2 * CHUNK]));
        for size in [7, 4096, 2 * CHUNK + 1, bytes.len()] {
            assert_eq!(by(size), (digest.clone(), chunks.clone()), "{size}");
        }
    }

    #[test]
    fn no_bytes_have_no_chunk() {
        let (digest, chunks) = Fingerprint::new(Algorithm::Sha512).finish();
        assert_eq!(digest, bundles::digest(b"", Algorithm::Sha512));
        assert!(chunks.is_empty());
    }
}
