//! The bytes of one blob, in pieces that borrow from the buffer that was just
//! hashed (stored blobs) or decoded from such bytes (compressed ones).

use super::Bundle;
use crate::{
    error::BundleError,
    format::{
        CHUNK_SIZE, FRAME_PLAIN, frame,
        manifest::{BlobRecord, Encoding},
    },
};
use bytes::Bytes;
use manifests::Digest;
use std::{
    io::{self, Read},
    ops::Range,
};

/// Reads a range of a blob. Holds one chunk (4 MiB) and, for a compressed
/// blob, one decoded frame (8 MiB) and while that is made its packed bytes.
#[derive(Debug)]
pub struct BlobReader {
    bundle: Bundle,
    index: usize,
    /// What is left, in bytes of the tar entry.
    left: Range<u64>,
    chunk: Option<(u64, Bytes)>,
    decoded: Option<(u64, Bytes)>,
    /// A piece that a `Read` has not used up.
    rest: Bytes,
}

impl BlobReader {
    pub(super) fn new(
        bundle: Bundle,
        digest: &Digest,
        range: Range<u64>,
    ) -> Result<Self, BundleError> {
        let Some(index) = bundle.0.blobs.get(digest).copied() else {
            let path = bundle.path().to_owned();
            return Err(BundleError::NoSuchBlob { path, digest: digest.clone() });
        };
        let record = &bundle.manifest().blobs[index];
        let (prefix, end) = (record.prefix_len(), range.end.min(record.size));
        let left = prefix + range.start.min(end)..prefix + end;
        Ok(Self { bundle, index, left, chunk: None, decoded: None, rest: Bytes::new() })
    }

    /// How many bytes are still to come.
    pub fn remaining(&self) -> u64 {
        self.left.end - self.left.start + self.rest.len() as u64
    }

    /// The next bytes, at most 128 KiB of a stored blob or 8 MiB of a
    /// compressed one; `None` at the end.
    pub fn next_piece(&mut self) -> Result<Option<Bytes>, BundleError> {
        if !self.rest.is_empty() {
            return Ok(Some(std::mem::take(&mut self.rest)));
        }
        if self.left.is_empty() {
            return Ok(None);
        }
        let piece = match self.record().encoding {
            Encoding::Stored => self.stored_piece()?,
            Encoding::Zstd => self.decoded_piece()?,
        };
        self.left.start += piece.len() as u64;
        Ok(Some(piece))
    }

    /// Whether the next piece borrows from the same buffer as the last one, so that
    /// nothing has to be read for it.
    pub fn has_more_at_hand(&self) -> bool {
        let (at, held) = match self.record().encoding {
            Encoding::Stored => {
                let at = self.record().offset + frame::stored_offset(self.left.start);
                (at / CHUNK_SIZE, &self.chunk)
            }
            Encoding::Zstd => (self.left.start / FRAME_PLAIN, &self.decoded),
        };
        !self.rest.is_empty()
            || !self.left.is_empty() && held.as_ref().is_some_and(|(held, _)| *held == at)
    }

    fn record(&self) -> &BlobRecord {
        &self.bundle.manifest().blobs[self.index]
    }

    /// Up to the end of the raw block or of the chunk, whichever is first.
    fn stored_piece(&mut self) -> Result<Bytes, BundleError> {
        let run = frame::run(self.left.start, self.left.end);
        let at = self.record().offset + frame::stored_offset(run.start);
        self.payload(at, run.end - run.start)
    }

    fn decoded_piece(&mut self) -> Result<Bytes, BundleError> {
        let frame = self.left.start / FRAME_PLAIN;
        let decoded = match &self.decoded {
            Some((held, bytes)) if *held == frame => bytes.clone(),
            _ => {
                self.decoded = None; // one frame at a time, as with chunks
                let bytes = self.decode(frame)?;
                self.decoded = Some((frame, bytes.clone()));
                bytes
            }
        };
        let start = frame * FRAME_PLAIN;
        let end = self.left.end.min(start + decoded.len() as u64);
        Ok(decoded.slice(small(self.left.start - start)..small(end - start)))
    }

    /// Decodes a whole frame; it must give exactly the bytes it stands for.
    fn decode(&mut self, frame: u64) -> Result<Bytes, BundleError> {
        let record = self.record();
        let entry = record.entry_len().expect("checked when the manifest was parsed");
        let plain = small((entry - frame * FRAME_PLAIN).min(FRAME_PLAIN));
        let before: u64 = record.frames.iter().take(small(frame)).sum();
        let (mut at, mut left) = (record.offset + before, record.frames[small(frame)]);
        let mut packed = Vec::with_capacity(small(left));
        while left > 0 {
            let piece = self.payload(at, left)?;
            packed.extend_from_slice(&piece);
            at += piece.len() as u64;
            left -= piece.len() as u64;
        }
        match zstd::bulk::decompress(&packed, plain) {
            Ok(bytes) if bytes.len() == plain => Ok(bytes.into()),
            _ => {
                let digest = &self.record().digest;
                Err(self.bundle.wrong(format!(
                    "frame {frame} of blob {digest} does not hold its {plain} bytes"
                )))
            }
        }
    }

    /// Bytes of the payload from `at`, up to `len` and the end of their chunk.
    fn payload(&mut self, at: u64, len: u64) -> Result<Bytes, BundleError> {
        let index = at / CHUNK_SIZE;
        let chunk = match &self.chunk {
            Some((held, bytes)) if *held == index => bytes.clone(),
            _ => {
                self.chunk = None; // one chunk at a time is what the bound promises
                let bytes = self.bundle.kept_chunk(index)?;
                self.chunk = Some((index, bytes.clone()));
                bytes
            }
        };
        let start = small(at % CHUNK_SIZE);
        let end = chunk.len().min(start + small(len));
        Ok(chunk.slice(start..end))
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.next_piece().map_err(io::Error::other)?.unwrap_or_default();
        }
        let len = self.rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&self.rest.split_to(len));
        Ok(len)
    }
}

/// Sizes inside a chunk or frame, and counts of frames, fit.
fn small(value: u64) -> usize {
    usize::try_from(value).expect("bounded by the size of a frame or a list")
}
