//! What a stream is read from: the rest of a blob, which can be let go of between
//! two batches and read on later.

use super::budget::{Room, counted};
use bundles::{BlobReader, BlobRecord, Bundle, Encoding};
use bytes::Bytes;
use manifests::Digest;
use std::{
    io::{self, Read},
    ops::Range,
};

/// Bytes that reading a stored blob takes: a chunk, and one that is being read.
const STORED: usize = 8 << 20;
/// The same for a compressed blob: a plain frame, a packed one, a chunk, and what
/// decoding needs.
const COMPRESSED: usize = 24 << 20;
/// Largest piece of a batch: what an HTTP connection holds at once.
const PIECE: u64 = 64 << 10;

/// A blob of a bundle.
pub(crate) struct Source {
    bundle: Bundle,
    digest: Digest,
    /// What was not given yet.
    left: Range<u64>,
    reader: Option<BlobReader>,
    cost: usize,
}

impl Source {
    /// These bytes of a blob.
    pub(crate) fn new(bundle: &Bundle, record: &BlobRecord, range: Range<u64>) -> Self {
        let cost = match record.encoding {
            Encoding::Stored => STORED,
            Encoding::Zstd => COMPRESSED,
        };
        let (bundle, digest) = (bundle.clone(), record.digest.clone());
        Self { bundle, digest, left: range, reader: None, cost }
    }

    /// How many bytes are still to come.
    pub(crate) fn remaining(&self) -> u64 {
        self.left.end - self.left.start
    }

    /// Bytes of memory that reading takes, at most.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// Lets go of all memory until more is wanted.
    pub(crate) fn rest(&mut self) {
        self.reader = None;
    }

    /// The next `size` bytes, each part of `room`. Blocks.
    pub(crate) fn batch(&mut self, mut room: Room, size: u64) -> io::Result<Vec<Bytes>> {
        let (mut batch, mut left) = (Vec::new(), size);
        while left > 0 {
            let piece = self.piece(left.min(PIECE))?;
            left -= piece.len() as u64;
            batch.push(counted(piece, &mut room));
        }
        Ok(batch)
    }

    /// Copied, because whoever is slow with a part of a chunk would hold all of it.
    fn piece(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if self.reader.is_none() {
            let reader = self.bundle.read(&self.digest, self.left.clone());
            self.reader = Some(reader.map_err(io::Error::other)?);
        }
        let reader = self.reader.as_mut().expect("it was opened just now");
        let mut piece = Vec::with_capacity(usize::try_from(size).expect("a piece is small"));
        reader.take(size).read_to_end(&mut piece)?;
        if piece.len() as u64 != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left.start += size;
        Ok(piece)
    }
}
