//! The bytes of a blob, hashed as they are read, and their plain form.

use super::limits;
use bundles::BlobHasher;
use flate2::bufread::MultiGzDecoder;
use liblzma::{
    bufread::XzDecoder,
    stream::{CONCATENATED, Stream},
};
use manifests::{Algorithm, Digest, event::Transfer};
use std::{
    io::{self, BufRead, BufReader, Read},
    sync::atomic::{AtomicBool, Ordering},
};

const BUFFER: usize = 128 * 1024;
/// The largest window a decoder makes room for, as the `zstd` command has it.
const WINDOW_LOG: u32 = 27;
/// As much for `xz`; its own highest level takes 65 MiB.
const XZ_MEMORY: u64 = 128 * 1024 * 1024;

/// A blob on its way: counts, hashes, and keeps apart what our own disk did
/// wrong from what the bytes themselves have wrong.
pub(crate) struct Packed<'a> {
    inner: Box<dyn Read + Send + 'a>,
    hasher: BlobHasher,
    failed: Option<io::Error>,
    stop: &'a AtomicBool,
    transfer: &'a Transfer<'a>,
}

impl<'a> Packed<'a> {
    /// `stop` ends it from outside, as an error of reading.
    pub(crate) fn new(
        inner: Box<dyn Read + Send + 'a>,
        algorithm: Algorithm,
        stop: &'a AtomicBool,
        transfer: &'a Transfer<'a>,
    ) -> Self {
        Self { inner, hasher: BlobHasher::new(algorithm), failed: None, stop, transfer }
    }

    /// Reads what is left and tells the digest of all of it.
    pub(crate) fn finish(mut self) -> io::Result<Digest> {
        let mut buffer = vec![0; BUFFER];
        while self.failed.is_none() && self.read(&mut buffer).unwrap_or(0) > 0 {}
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.hasher.finish().0),
        }
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.stop.load(Ordering::Relaxed) {
            true => Err(io::Error::other("interrupted")),
            false => self.inner.read(buffer),
        };
        match read {
            Ok(count) => {
                self.hasher.update(&buffer[..count]);
                self.transfer.advance(count as u64);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}

/// How a blob is compressed, by its first bytes: media types may say anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Gzip,
    Zstd,
    Xz,
    /// Not compressed in a way that is looked into.
    Plain,
}

impl Form {
    fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::Plain,
        }
    }
}

/// The plain bytes of what has `size` packed ones, bounded.
pub(crate) fn unpack<'a>(
    packed: impl Read + 'a,
    size: u64,
) -> io::Result<(Form, Box<dyn BufRead + 'a>)> {
    let mut packed = BufReader::with_capacity(BUFFER, packed);
    let form = Form::of(packed.fill_buf()?);
    let plain: Box<dyn Read + 'a> = match form {
        Form::Gzip => Box::new(MultiGzDecoder::new(packed)),
        Form::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(packed)?;
            decoder.window_log_max(WINDOW_LOG)?;
            Box::new(decoder)
        }
        Form::Xz => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
            Box::new(XzDecoder::new_stream(packed, stream))
        }
        Form::Plain => return Ok((form, Box::new(packed))),
    };
    let limited = Limited { inner: plain, left: limits::plain(size) };
    Ok((form, Box::new(BufReader::with_capacity(BUFFER, limited))))
}

/// Ends with an error where too much comes out.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "it holds far more than its size lets expect",
            )
        })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_ends_where_it_is_told_to() {
        let mut bomb = Limited { inner: io::repeat(0), left: 1_000_000 };
        let error = io::copy(&mut bomb, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("far more than its size lets expect"));
        let mut fits = Limited { inner: io::repeat(0).take(1_000_000), left: 1_000_000 };
        assert_eq!(io::copy(&mut fits, &mut io::sink()).unwrap(), 1_000_000);
    }
}
