//! The bytes of the bundle's file, from wherever they lie: what `cat` would make
//! of volumes, each chunk checked right before it is handed out.

use super::{Bundle, payload_start};
use crate::format::{frame, header};
use std::io::{self, Read};

/// Reads the whole bundle as one file. Holds the header or a chunk.
#[derive(Debug)]
pub struct Joined {
    bundle: Bundle,
    /// The chunk after the one in the buffer.
    next: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl Bundle {
    /// Everything from the first byte of the header to the end of the payload.
    pub fn joined(&self) -> Joined {
        let buffer = self.header_frame();
        Joined { bundle: self.clone(), next: 0, buffer, used: 0 }
    }

    /// The header as it stands in front of every volume.
    pub(crate) fn header_frame(&self) -> Vec<u8> {
        let plain = header::render(self.manifest(), self.signatures());
        let frame = frame::store(&plain.expect("compared when it was opened"));
        debug_assert_eq!(frame.len() as u64, payload_start(self.manifest()));
        frame
    }
}

impl Read for Joined {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.used == self.buffer.len() && self.next < self.bundle.chunk_count() {
            self.used = 0;
            let read = self.bundle.chunk(self.next, &mut self.buffer);
            read.inspect_err(|_| self.buffer.clear()).map_err(io::Error::other)?;
            self.next += 1;
        }
        let len = out.len().min(self.buffer.len() - self.used);
        out[..len].copy_from_slice(&self.buffer[self.used..self.used + len]);
        self.used += len;
        Ok(len)
    }
}
