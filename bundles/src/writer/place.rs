//! The place of one blob in a bundle under way. Its bytes go in from the first to
//! the last, wherever they come from, and come out as the frames of its entry.

use super::{
    Draft,
    chunks::KnownChunks,
    frames::{Frames, Packing},
};
use crate::format::{
    entry,
    manifest::{BlobRecord, Encoding},
};
use manifests::Digest;
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

/// SHA-256 of blobs, by the digests that name them.
pub(super) type Sums = HashMap<Digest, Digest>;

/// What lies in its place already.
#[derive(Debug, Default)]
pub(super) struct Laid {
    /// The blobs.
    pub(super) sums: Sums,
    /// Chunks that only one of them fills.
    pub(super) known: KnownChunks,
    /// The frames of compressed blobs, from the first one on without a gap.
    pub(super) frames: Vec<Vec<u64>>,
}

/// [`Laid`], for all who add to it.
pub(super) type SharedLaid = Arc<Mutex<Laid>>;

/// Where a blob goes.
#[derive(Debug)]
pub struct Place {
    laid: SharedLaid,
    digest: Digest,
    encoding: Encoding,
    prefix: Vec<u8>,
    /// Bytes of the blob, and of the whole entry.
    size: u64,
    plain: u64,
    frames: Frames,
}

impl Place {
    /// The place of a blob that begins at this offset of the payload.
    pub(super) fn new(
        draft: &Draft,
        record: &BlobRecord,
        offset: u64,
        level: i32,
        laid: &SharedLaid,
    ) -> Self {
        let packing = match record.encoding {
            Encoding::Stored => Packing::Stored,
            Encoding::Zstd => Packing::Zstd(level),
        };
        let plain = record.entry_len().expect("planned with this length");
        Self {
            laid: Arc::clone(laid),
            digest: record.digest.clone(),
            encoding: record.encoding,
            prefix: entry::prefix(&record.digest.layout_path(), record.size),
            size: record.size,
            plain,
            frames: Frames::new(draft.output(), packing, plain, offset, draft.in_file(0)),
        }
    }

    /// Begins anew: what came does not belong to what comes.
    pub fn restart(&mut self) {
        self.frames.restart();
    }

    /// Takes the next bytes of the blob. More than there should be are refused.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.frames.at() == 0 {
            self.frames.take(&self.prefix)?;
        }
        if bytes.len() as u64 > self.room() {
            return Err(io::Error::other("more bytes than the blob has"));
        }
        self.frames.take(bytes)
    }

    /// All of it came. Whoever says so has compared its digest; `sha256` is what
    /// `SHA256SUMS` will list.
    pub fn done(mut self, sha256: &Digest) -> io::Result<()> {
        self.append(&[])?;
        if self.room() > 0 {
            return Err(io::Error::other("fewer bytes than the blob has"));
        }
        let padding = usize::try_from(self.plain - self.frames.at()).expect("less than a block");
        self.frames.take(&vec![0; padding])?;
        let (sizes, known) = self.frames.finish()?;
        let mut laid = self.laid.lock().expect("no thread panics with the lock");
        laid.sums.insert(self.digest, sha256.clone());
        laid.known.extend(known);
        if self.encoding == Encoding::Zstd {
            laid.frames.push(sizes);
        }
        Ok(())
    }

    /// Bytes of the blob that are still to come.
    fn room(&self) -> u64 {
        self.prefix.len() as u64 + self.size - self.frames.at()
    }
}
