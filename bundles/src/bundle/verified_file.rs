//! The payload of a bundle as chunks of 4 MiB. A chunk is handed out only from
//! the buffer that was just hashed: the file may change under us at any time.

use crate::format::{CHUNK_SIZE, manifest::BundleManifest};
use std::{fs::File, io, ops::Range, os::unix::fs::FileExt};

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
        match self.file.read_exact_at(buffer, self.payload_start + range.start) {
            Ok(()) => {
                Ok(blake3::hash(buffer) == self.hashes[usize::try_from(chunk).expect("an index")])
            }
            // The file was longer when we opened it: it is being changed.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}
