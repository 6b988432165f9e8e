//! The bytes of an answer on their way out, and how they end.

use super::{connection::Line, entry::Source, shared::InFlight};
use axum::body::Bytes;
use futures_util::{Stream, stream};
use std::{io, io::SeekFrom, ops::Range, path::Path};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

const CHUNK: u64 = 64 * 1024;

/// What comes after the last byte.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    Complete,
    /// The connection closes, once the bytes have left.
    Cut,
    /// Silence.
    Stall,
}

/// A part of a source.
#[derive(Debug)]
pub(crate) struct Payload {
    source: Source,
    rest: Range<u64>,
    ending: Ending,
    wrong: bool,
}

impl Payload {
    pub(crate) fn new(source: Source, range: Range<u64>) -> Self {
        Self { source, rest: range, ending: Ending::Complete, wrong: false }
    }

    pub(crate) fn empty() -> Self {
        Self::new(Source::Memory(Bytes::new()), 0..0)
    }

    pub(crate) fn text(text: String) -> Self {
        let len = text.len() as u64;
        Self::new(Source::Memory(text.into()), 0..len)
    }

    pub(crate) fn len(&self) -> u64 {
        self.rest.end - self.rest.start
    }

    pub(crate) fn end_after(&mut self, count: u64, ending: Ending) {
        self.rest.end = self.rest.end.min(self.rest.start + count);
        self.ending = ending;
    }

    pub(crate) fn spoil(&mut self) {
        self.wrong = true;
    }

    /// The bytes as hyper wants them. `work` ends with the stream.
    pub(crate) fn into_stream(
        self,
        line: Line,
        work: InFlight,
    ) -> impl Stream<Item = io::Result<Bytes>> {
        stream::unfold((self, line, work), |(mut payload, line, work)| async move {
            let chunk = match payload.next_chunk().await {
                Some(chunk) => chunk,
                None => payload.end(&line).await?,
            };
            Some((chunk, (payload, line, work)))
        })
    }

    async fn next_chunk(&mut self) -> Option<io::Result<Bytes>> {
        let range = self.rest.start..self.rest.end.min(self.rest.start + CHUNK);
        if range.is_empty() {
            return None;
        }
        self.rest.start = range.end;
        let chunk = match &self.source {
            Source::Memory(bytes) => Ok(bytes.slice(index(range.start)..index(range.end))),
            Source::Disk(path) => read(path, range).await,
        };
        Some(chunk.map(|bytes| if self.wrong { with_wrong_byte(&bytes) } else { bytes }))
    }

    async fn end(&self, line: &Line) -> Option<io::Result<Bytes>> {
        match self.ending {
            Ending::Complete => None,
            Ending::Cut => {
                line.flushed().await;
                Some(Err(io::Error::other("cut, as the test asked")))
            }
            Ending::Stall => std::future::pending().await,
        }
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("offsets lie within bytes in memory")
}

async fn read(path: &Path, range: Range<u64>) -> io::Result<Bytes> {
    let mut file = tokio::fs::File::open(path).await?;
    file.seek(SeekFrom::Start(range.start)).await?;
    let mut bytes = vec![0; index(range.end - range.start)];
    file.read_exact(&mut bytes).await?;
    Ok(bytes.into())
}

fn with_wrong_byte(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes[0] ^= 0xff;
    bytes.into()
}
