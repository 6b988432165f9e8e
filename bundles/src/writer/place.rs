//! The place of one stored blob in a bundle under way. Its bytes go in from the
//! first to the last, wherever they come from, and are laid out as its frame.

use super::{
    Draft,
    chunks::{ChunkHasher, KnownChunks},
    output::Output,
};
use crate::format::{entry, frame, manifest::BlobRecord};
use manifests::Digest;
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

/// Frame bytes that are written at once, and hashed while they are at hand.
const STEP: usize = 2 * frame::BLOCK as usize;

/// SHA-256 of blobs, by the digests that name them.
pub(super) type Sums = HashMap<Digest, Digest>;

/// What lies in its place already.
#[derive(Debug, Default)]
pub(super) struct Laid {
    /// The blobs.
    pub(super) sums: Sums,
    /// Chunks that only one of them fills.
    pub(super) known: KnownChunks,
}

/// [`Laid`], for all who add to it.
pub(super) type SharedLaid = Arc<Mutex<Laid>>;

/// Where a blob goes.
#[derive(Debug)]
pub struct Place {
    output: Arc<Output>,
    laid: SharedLaid,
    digest: Digest,
    prefix: Vec<u8>,
    /// Bytes of the blob, and of the whole entry.
    size: u64,
    plain: u64,
    /// Where the frame begins, in the payload and in the file.
    offset: u64,
    start: u64,
    /// Bytes of the entry that came.
    at: u64,
    /// Frame bytes that are written, and those that wait.
    written: u64,
    waiting: Vec<u8>,
    chunks: ChunkHasher,
}

impl Place {
    pub(super) fn new(draft: &Draft, record: &BlobRecord, laid: &SharedLaid) -> Self {
        Self {
            output: draft.output(),
            laid: Arc::clone(laid),
            digest: record.digest.clone(),
            prefix: entry::prefix(&record.digest.layout_path(), record.size),
            size: record.size,
            plain: record.entry_len().expect("planned with this length"),
            offset: record.offset,
            start: draft.in_file(record.offset),
            at: 0,
            written: 0,
            waiting: Vec::new(),
            chunks: ChunkHasher::new(record.offset),
        }
    }

    /// Begins anew: what came does not belong to what comes.
    pub fn restart(&mut self) {
        (self.at, self.written) = (0, 0);
        self.waiting.clear();
        self.chunks = ChunkHasher::new(self.offset);
    }

    /// Takes the next bytes of the blob. More than there should be are refused.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.at == 0 {
            let prefix = std::mem::take(&mut self.prefix);
            self.waiting.extend_from_slice(&frame::frame_header(self.plain));
            self.lay(&prefix)?;
            self.prefix = prefix;
        }
        if bytes.len() as u64 > self.room() {
            return Err(io::Error::other("more bytes than the blob has"));
        }
        self.lay(bytes)
    }

    /// All of it came. Whoever says so has compared its digest; `sha256` is what
    /// `SHA256SUMS` will list.
    pub fn done(mut self, sha256: &Digest) -> io::Result<()> {
        self.append(&[])?;
        if self.room() > 0 {
            return Err(io::Error::other("fewer bytes than the blob has"));
        }
        self.lay(&vec![0; usize::try_from(self.plain - self.at).expect("less than a block")])?;
        self.flush()?;
        let mut laid = self.laid.lock().expect("no thread panics with the lock");
        laid.sums.insert(self.digest, sha256.clone());
        laid.known.extend(self.chunks.finish());
        Ok(())
    }

    /// Bytes of the blob that are still to come.
    fn room(&self) -> u64 {
        self.prefix.len() as u64 + self.size - self.at
    }

    /// Lays bytes of the entry behind each other, each block behind its header.
    fn lay(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.at.is_multiple_of(frame::BLOCK) {
                self.waiting.extend_from_slice(&frame::block_header(self.at, self.plain));
            }
            let room = usize::try_from(frame::BLOCK - self.at % frame::BLOCK).expect("128 KiB");
            let (now, rest) = bytes.split_at(room.min(bytes.len()));
            self.waiting.extend_from_slice(now);
            self.at += now.len() as u64;
            bytes = rest;
            if self.waiting.len() >= STEP {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.write_all_at(&self.waiting, self.start + self.written)?;
        self.chunks.update(&self.waiting);
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}
