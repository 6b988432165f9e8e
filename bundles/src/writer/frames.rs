//! Plain bytes of a tar entry become frames: one of raw blocks, or compressed
//! ones of 8 MiB of plain bytes each. They are written, and hashed chunk by
//! chunk, in the order in which they come.

use super::{
    chunks::{ChunkHasher, KnownChunks},
    output::Output,
};
use crate::format::{FRAME_PLAIN, frame};
use std::{io, sync::Arc};

/// Bytes of a raw frame that are written at once, and hashed while they are at hand.
const STEP: usize = 2 * frame::BLOCK as usize;

/// What kind of frames an entry becomes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Packing {
    /// One frame of raw blocks.
    Stored,
    /// Frames that are compressed at this level.
    Zstd(i32),
}

/// The frames of one entry, written from a place in the payload on.
#[derive(Debug)]
pub(super) struct Frames {
    output: Arc<Output>,
    packing: Packing,
    /// Plain bytes of the entry, and those that came.
    plain: u64,
    at: u64,
    /// Where the first frame begins in the payload, and the payload in the file.
    offset: u64,
    payload_start: u64,
    /// Raw: what is laid out and waits. Compressed: plain bytes of the next frame.
    waiting: Vec<u8>,
    sizes: Vec<u64>,
    chunks: ChunkHasher,
}

impl Frames {
    pub(super) fn new(
        output: Arc<Output>,
        packing: Packing,
        plain: u64,
        offset: u64,
        payload_start: u64,
    ) -> Self {
        let chunks = ChunkHasher::new(offset);
        let (waiting, sizes) = (Vec::new(), Vec::new());
        Self { output, packing, plain, at: 0, offset, payload_start, waiting, sizes, chunks }
    }

    pub(super) fn restart(&mut self) {
        self.at = 0;
        self.waiting.clear();
        self.sizes.clear();
        self.chunks = ChunkHasher::new(self.offset);
    }

    /// How many plain bytes came.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Takes the next plain bytes of the entry.
    pub(super) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.packing {
            Packing::Stored => self.lay(bytes),
            Packing::Zstd(level) => self.pack(bytes, level),
        }
    }

    /// Writes what waits. Gives the lengths of the frames, and the hashes of the
    /// chunks that they alone fill.
    pub(super) fn finish(mut self) -> io::Result<(Vec<u64>, KnownChunks)> {
        match self.packing {
            Packing::Stored => {
                self.write_waiting()?;
                self.sizes.push(self.chunks.at() - self.offset);
            }
            Packing::Zstd(level) if !self.waiting.is_empty() => self.write_frame(level)?,
            Packing::Zstd(_) => {}
        }
        Ok((self.sizes, self.chunks.finish()))
    }

    /// Lays bytes behind each other, each block behind its header.
    fn lay(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if self.at == 0 && !bytes.is_empty() {
            self.waiting.extend_from_slice(&frame::frame_header(self.plain));
        }
        while !bytes.is_empty() {
            if self.at.is_multiple_of(frame::BLOCK) {
                self.waiting.extend_from_slice(&frame::block_header(self.at, self.plain));
            }
            bytes = self.keep(bytes, frame::BLOCK - self.at % frame::BLOCK);
            if self.waiting.len() >= STEP {
                self.write_waiting()?;
            }
        }
        Ok(())
    }

    /// Gathers the plain bytes of a frame and compresses them.
    fn pack(&mut self, mut bytes: &[u8], level: i32) -> io::Result<()> {
        while !bytes.is_empty() {
            bytes = self.keep(bytes, FRAME_PLAIN - self.waiting.len() as u64);
            if self.waiting.len() as u64 == FRAME_PLAIN {
                self.write_frame(level)?;
            }
        }
        Ok(())
    }

    /// Moves at most `room` bytes to those that wait; gives the rest.
    fn keep<'a>(&mut self, bytes: &'a [u8], room: u64) -> &'a [u8] {
        let room = usize::try_from(room).expect("a block, or a frame");
        let (now, rest) = bytes.split_at(room.min(bytes.len()));
        self.waiting.extend_from_slice(now);
        self.at += now.len() as u64;
        rest
    }

    fn write_frame(&mut self, level: i32) -> io::Result<()> {
        let frame = compressed(&self.waiting, level)?;
        self.waiting.clear();
        self.sizes.push(frame.len() as u64);
        self.write(&frame)
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.write(&waiting)?;
        self.waiting = waiting;
        self.waiting.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.write_all_at(bytes, self.payload_start + self.chunks.at())?;
        self.chunks.update(bytes);
        Ok(())
    }
}

/// One frame, from nothing but the bytes and the level.
pub(super) fn compressed(plain: &[u8], level: i32) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(plain, level)
}
