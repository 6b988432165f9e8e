//! The payload of a bundle as chunks of 4 MiB, in one file or in several. A
//! chunk is handed out only from the buffer that was just hashed: files may
//! change under us at any time.

use crate::{
    format::{CHUNK_SIZE, manifest::BundleManifest},
    volumes::Volume,
};
use std::{fs::File, ops::Range, os::unix::fs::FileExt, path::PathBuf, sync::Arc};

/// Bytes that are read and hashed at once: few enough to be hashed out of the
/// processor's cache, into which reading has just put them.
pub(super) const STEP: usize = 256 * 1024;

/// A file that holds part of the payload, as it says itself.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) path: PathBuf,
    pub(super) file: Arc<File>,
    /// Where its first chunk begins in the file.
    pub(super) start: u64,
    pub(super) chunks: Range<u64>,
    /// Which volume it is; none for a whole bundle and for pieces of one.
    pub(super) volume: Option<Volume>,
}

impl Piece {
    /// Reads bytes of the file; `false` when they cannot be had. A medium that cannot
    /// be read there is sent again like one with wrong bytes, and a file that is
    /// shorter now is being changed.
    fn fill(&self, buffer: &mut [u8], at: u64) -> bool {
        self.file.read_exact_at(buffer, at).is_ok()
    }
}

#[derive(Debug)]
pub(super) struct Payload {
    pieces: Vec<Piece>,
    size: u64,
    hashes: Vec<blake3::Hash>,
}

impl Payload {
    pub(super) fn new(pieces: Vec<Piece>, manifest: &BundleManifest) -> Self {
        let hash = |hex: &String| blake3::Hash::from_hex(hex).expect("checked when it was parsed");
        let hashes = manifest.chunks.iter().map(hash).collect();
        Self { pieces, size: manifest.payload_size, hashes }
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(super) fn chunk_count(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Pieces that say they hold a chunk.
    pub(super) fn holding(&self, chunk: u64) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| piece.chunks.contains(&chunk))
    }

    /// Chunks that no piece says it holds.
    pub(super) fn gaps(&self) -> impl Iterator<Item = u64> {
        let mut ranges: Vec<_> = self.pieces.iter().map(|piece| piece.chunks.clone()).collect();
        ranges.push(self.chunk_count()..self.chunk_count());
        ranges.sort_by_key(|range| range.start);
        let mut covered = 0;
        ranges.into_iter().flat_map(move |range| {
            let gap = covered..range.start;
            covered = covered.max(range.end);
            gap
        })
    }

    /// The bytes of a piece's file that a chunk covers.
    pub(super) fn place(&self, piece: &Piece, chunk: u64) -> Range<u64> {
        let at = piece.start + (chunk - piece.chunks.start) * CHUNK_SIZE;
        let range = self.range(chunk);
        at..at + (range.end - range.start)
    }

    /// The payload bytes that a chunk covers.
    pub(super) fn range(&self, chunk: u64) -> Range<u64> {
        let start = chunk * CHUNK_SIZE;
        start..(start + CHUNK_SIZE).min(self.size)
    }

    /// Reads a chunk from whichever file has the signed bytes. After `false`, when
    /// none has, the buffer must not be used.
    pub(super) fn read(&self, chunk: u64, buffer: &mut Vec<u8>) -> bool {
        self.holding(chunk).any(|piece| self.read_from(piece, chunk, buffer))
    }

    /// Reads a chunk of one file and tells whether its bytes are the signed
    /// ones. After `false` the buffer must not be used.
    fn read_from(&self, piece: &Piece, chunk: u64, buffer: &mut Vec<u8>) -> bool {
        let place = self.place(piece, chunk);
        buffer.resize(usize::try_from(place.end - place.start).expect("at most 4 MiB"), 0);
        let (mut hasher, mut at) = (blake3::Hasher::new(), place.start);
        for step in buffer.chunks_mut(STEP) {
            if !piece.fill(step, at) {
                return false;
            }
            hasher.update(step);
            at += step.len() as u64;
        }
        hasher.finalize() == self.hash(chunk)
    }

    /// Whether the bytes of a chunk in one file are the signed ones, for who does
    /// not want them. The buffer is small enough to stay in the processor's cache.
    pub(super) fn check(&self, piece: &Piece, chunk: u64, buffer: &mut Vec<u8>) -> bool {
        buffer.resize(STEP, 0);
        let Range { start: mut at, end } = self.place(piece, chunk);
        let mut hasher = blake3::Hasher::new();
        while at < end {
            let step = &mut buffer[..STEP.min(usize::try_from(end - at).expect("at most 4 MiB"))];
            if !piece.fill(step, at) {
                return false;
            }
            hasher.update(step);
            at += step.len() as u64;
        }
        hasher.finalize() == self.hash(chunk)
    }

    pub(super) fn hash(&self, chunk: u64) -> blake3::Hash {
        self.hashes[usize::try_from(chunk).expect("an index")]
    }

    /// Which chunk of the payload the first bytes at this place are.
    pub(super) fn recognise(&self, file: &File, at: u64) -> Option<u64> {
        let mut buffer = vec![0; CHUNK_SIZE as usize];
        let mut filled = 0;
        while filled < buffer.len() {
            match file.read_at(&mut buffer[filled..], at + filled as u64) {
                Ok(0) | Err(_) => break,
                Ok(count) => filled += count,
            }
        }
        let hash = blake3::hash(&buffer[..filled]);
        self.hashes.iter().position(|known| *known == hash).map(|chunk| chunk as u64)
    }
}
