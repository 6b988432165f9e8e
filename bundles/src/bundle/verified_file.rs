//! The payload of a bundle as chunks of 4 MiB. A chunk is handed out only from
//! the buffer that was just hashed: the file may change under us at any time.

use crate::format::{CHUNK_SIZE, manifest::BundleManifest};
use std::{fs::File, io, ops::Range, os::unix::fs::FileExt};

/// Bytes that are read and hashed at once: few enough to be hashed out of the
/// processor's cache, into which reading has just put them.
const PIECE: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct VerifiedFile {
    file: File,
    payload_start: u64,
    payload_size: u64,
    hashes: Vec<blake3::Hash>,
}

impl VerifiedFile {
    pub(super) fn new(file: File, payload_start: u64, manifest: &BundleManifest) -> Self {
        let hash = |hex: &String| blake3::Hash::from_hex(hex).expect("checked when it was parsed");
        let hashes = manifest.chunks.iter().map(hash).collect();
        Self { file, payload_start, payload_size: manifest.payload_size, hashes }
    }

    pub(super) fn payload_start(&self) -> u64 {
        self.payload_start
    }

    pub(super) fn chunk_count(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// The payload bytes that a chunk covers.
    pub(super) fn chunk_range(&self, chunk: u64) -> Range<u64> {
        let start = chunk * CHUNK_SIZE;
        start..(start + CHUNK_SIZE).min(self.payload_size)
    }

    /// Reads a chunk and tells whether its bytes are the signed ones. After
    /// `false` the buffer must not be used.
    pub(super) fn read_chunk(&self, chunk: u64, buffer: &mut Vec<u8>) -> io::Result<bool> {
        let range = self.chunk_range(chunk);
        buffer.resize(usize::try_from(range.end - range.start).expect("at most 4 MiB"), 0);
        let (mut hasher, mut at) = (blake3::Hasher::new(), range.start);
        for piece in buffer.chunks_mut(PIECE) {
            if !self.fill(piece, at)? {
                return Ok(false);
            }
            hasher.update(piece);
            at += piece.len() as u64;
        }
        Ok(hasher.finalize() == self.hash(chunk))
    }

    /// Whether the bytes of a chunk are the signed ones, for who does not want
    /// them. The buffer is small enough to stay in the processor's cache.
    pub(super) fn check_chunk(&self, chunk: u64, buffer: &mut Vec<u8>) -> io::Result<bool> {
        buffer.resize(PIECE, 0);
        let Range { start: mut at, end } = self.chunk_range(chunk);
        let mut hasher = blake3::Hasher::new();
        while at < end {
            let piece = &mut buffer[..PIECE.min(usize::try_from(end - at).expect("at most 4 MiB"))];
            if !self.fill(piece, at)? {
                return Ok(false);
            }
            hasher.update(piece);
            at += piece.len() as u64;
        }
        Ok(hasher.finalize() == self.hash(chunk))
    }

    fn hash(&self, chunk: u64) -> blake3::Hash {
        self.hashes[usize::try_from(chunk).expect("an index")]
    }

    /// Reads payload bytes; `false` when the file ends before: it was longer when
    /// we opened it, so it is being changed.
    fn fill(&self, piece: &mut [u8], at: u64) -> io::Result<bool> {
        match self.file.read_exact_at(piece, self.payload_start + at) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}
