//! Reads the bytes of an upload on a thread of its own, hashes them all, and
//! hands on those the host lacks.

use super::{Content, Upload};
use bundles::BlobHasher;
use bytes::Bytes;
use manifests::{Algorithm, Digest};
use std::{
    io::{self, Read},
    sync::Arc,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// Bytes read and sent in one go.
const PIECE: usize = 256 * 1024;

/// A thread that reads.
#[derive(Debug)]
pub(super) struct Pump {
    offset: Option<oneshot::Receiver<u64>>,
    stream: Option<mpsc::Receiver<Bytes>>,
    thread: JoinHandle<PumpEnd>,
}

/// How the reading ended.
#[derive(Debug)]
pub(super) enum PumpEnd {
    /// Every byte was read and they are the promised ones.
    Whole,
    /// The other end took no more.
    HungUp,
    /// They cannot be read, or are not the promised ones.
    Failed(io::Error),
}

impl Pump {
    /// Begins to read. `partial` is the length and SHA-256 of what the host has.
    pub(super) fn start(upload: &Upload, partial: Option<(u64, String)>) -> Self {
        let (offset_sender, offset) = oneshot::channel();
        let (pieces, stream) = mpsc::channel(2);
        let job = Job {
            content: upload.content.clone(),
            size: upload.size,
            digest: upload.digest.clone(),
            pieces,
        };
        let thread = tokio::task::spawn_blocking(move || match job.pump(partial, offset_sender) {
            Ok(end) => end,
            Err(error) => PumpEnd::Failed(error),
        });
        Self { offset: Some(offset), stream: Some(stream), thread }
    }

    /// Where sending begins: after what the host has, when those bytes are ours.
    pub(super) async fn offset(&mut self) -> Option<u64> {
        self.offset.take()?.await.ok()
    }

    /// The bytes from there on.
    pub(super) fn stream(&mut self) -> mpsc::Receiver<Bytes> {
        self.stream.take().expect("the stream is taken once")
    }

    /// Waits for the thread.
    pub(super) async fn end(self) -> PumpEnd {
        drop(self.stream);
        self.thread.await.unwrap_or_else(|error| PumpEnd::Failed(io::Error::other(error)))
    }
}

struct Job {
    content: Arc<dyn Content>,
    size: u64,
    digest: Digest,
    pieces: mpsc::Sender<Bytes>,
}

impl Job {
    fn pump(
        &self,
        partial: Option<(u64, String)>,
        offset: oneshot::Sender<u64>,
    ) -> io::Result<PumpEnd> {
        let mut reader = self.content.open()?;
        let mut hasher = BlobHasher::new(self.digest.algorithm());
        let mut begin = 0;
        if let Some((length, sha256)) = partial {
            if self.skip(&mut *reader, &mut hasher, length)? == sha256 {
                begin = length;
            } else {
                reader = self.content.open()?;
                hasher = BlobHasher::new(self.digest.algorithm());
            }
        }
        if offset.send(begin).is_err() {
            return Ok(PumpEnd::HungUp);
        }
        self.send(&mut *reader, hasher)
    }

    /// Reads over the first `length` bytes and tells their SHA-256.
    fn skip(
        &self,
        reader: &mut dyn Read,
        hasher: &mut BlobHasher,
        length: u64,
    ) -> io::Result<String> {
        let mut prefix = BlobHasher::new(Algorithm::Sha256);
        while prefix.bytes() < length {
            let piece = self.piece(reader, length - prefix.bytes())?;
            prefix.update(&piece);
            hasher.update(&piece);
        }
        Ok(prefix.finish().0.hex().to_owned())
    }

    fn send(&self, reader: &mut dyn Read, mut hasher: BlobHasher) -> io::Result<PumpEnd> {
        while hasher.bytes() < self.size {
            let piece = self.piece(reader, self.size - hasher.bytes())?;
            hasher.update(&piece);
            if self.pieces.blocking_send(piece).is_err() {
                return Ok(PumpEnd::HungUp);
            }
        }
        let (found, _) = hasher.finish();
        if found != self.digest {
            let text = format!("they changed: expected {}, found {found}", self.digest);
            return Err(io::Error::other(text));
        }
        Ok(PumpEnd::Whole)
    }

    /// Up to [`PIECE`] bytes, at least one.
    fn piece(&self, reader: &mut dyn Read, wanted: u64) -> io::Result<Bytes> {
        let most = usize::try_from(wanted).unwrap_or(PIECE).min(PIECE);
        let mut buffer = vec![0; most];
        let mut filled = 0;
        while filled < most {
            match reader.read(&mut buffer[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        if filled == 0 {
            let text = format!("they end before {} bytes", self.size);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
        buffer.truncate(filled);
        Ok(buffer.into())
    }
}
