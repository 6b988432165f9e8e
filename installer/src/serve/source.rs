//! What a stream is read from: the rest of a blob, which can be let go of between
//! two batches and read on later.

use super::{
    budget::{Budget, Room},
    pieces::{self, Copies, PIECE},
};
use bundles::{BlobReader, BlobRecord, Bundle, Encoding};
use bytes::Bytes;
use manifests::Digest;
use std::{io, ops::Range, sync::Arc};

/// Bytes that reading a stored blob takes: a chunk, and one that is being read.
const STORED: usize = 8 << 20;
/// The same for a compressed blob: a plain frame, a packed one, a chunk, and what
/// decoding needs.
const COMPRESSED: usize = 24 << 20;
/// Bytes of a buffer that parts of a stored blob are lent from: a chunk.
const CHUNK: usize = 4 << 20;
/// The same for a compressed blob: a plain frame.
const FRAME: usize = 8 << 20;

/// A blob of a bundle.
pub(crate) struct Source {
    bundle: Bundle,
    digest: Digest,
    /// What was not given yet.
    left: Range<u64>,
    reader: Option<BlobReader>,
    copies: Copies,
    cost: usize,
    buffer: usize,
}

impl Source {
    /// These bytes of a blob.
    pub(crate) fn new(
        bundle: &Bundle,
        record: &BlobRecord,
        range: Range<u64>,
        budget: &Budget,
    ) -> Self {
        let (cost, buffer) = match record.encoding {
            Encoding::Stored => (STORED, CHUNK),
            Encoding::Zstd => (COMPRESSED, FRAME),
        };
        let (bundle, digest) = (bundle.clone(), record.digest.clone());
        let copies = budget.copies.clone();
        Self { bundle, digest, left: range, reader: None, copies, cost, buffer }
    }

    /// How many bytes are still to come.
    pub(crate) fn remaining(&self) -> u64 {
        self.left.end - self.left.start
    }

    /// Bytes of memory that reading takes, at most.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// Bytes of memory that [`Source::lend`] lends, at most.
    pub(crate) fn buffer(&self) -> usize {
        self.buffer
    }

    /// Lets go of all memory until more is wanted.
    pub(crate) fn rest(&mut self) {
        self.reader = None;
    }

    /// The next `size` bytes, each part of `room`. Blocks. Copied, because whoever is
    /// slow with a part of a chunk would hold all of it.
    pub(crate) fn copy(&mut self, mut room: Room, size: u64) -> io::Result<Vec<Bytes>> {
        let (mut batch, mut left) = (Vec::new(), size);
        let copies = self.copies.clone();
        while left > 0 {
            let size = left.min(PIECE);
            batch.push(copies.copy(self.reader()?, size, &mut room)?);
            self.left.start += size;
            left -= size;
        }
        Ok(batch)
    }

    /// What follows in one buffer, as it lies there: whoever holds a part of it holds
    /// all of it, and of `room`. Blocks.
    pub(crate) fn lend(&mut self, room: Room) -> io::Result<Vec<Bytes>> {
        let (mut batch, room) = (Vec::new(), Arc::new(room));
        let reader = self.reader()?;
        while let Some(piece) = reader.next_piece().map_err(io::Error::other)? {
            batch.push(pieces::lent(piece, &room));
            if !reader.has_more_at_hand() {
                break;
            }
        }
        self.left.start += batch.iter().map(|piece| piece.len() as u64).sum::<u64>();
        match batch.is_empty() {
            true => Err(io::ErrorKind::UnexpectedEof.into()),
            false => Ok(batch),
        }
    }

    fn reader(&mut self) -> io::Result<&mut BlobReader> {
        if self.reader.is_none() {
            let reader = self.bundle.read(&self.digest, self.left.clone());
            self.reader = Some(reader.map_err(io::Error::other)?);
        }
        Ok(self.reader.as_mut().expect("it was opened just now"))
    }
}
