//! What a way to a host must offer: one shell line, its input, its output.

use super::{TransportError, output::Ears};
use async_trait::async_trait;
use bytes::Bytes;
use std::fmt::Debug;
use tokio::sync::mpsc::Receiver;

/// A way to a host.
#[async_trait]
pub(crate) trait Wire: Send + Sync + Debug {
    /// Gives the line to the login user's shell and feeds it until it has all
    /// or ends; returns its exit status. Dropping the future lets go of it.
    async fn execute(
        &self,
        line: &str,
        feed: &mut Feed<'_>,
        ears: &mut Ears,
    ) -> Result<i32, WireError>;
}

/// Why a line was not run to its end.
#[derive(Debug)]
pub(crate) enum WireError {
    /// It never began.
    NotStarted(super::error::Cause),
    /// The connection broke.
    Lost(Option<super::error::Cause>),
}

impl WireError {
    pub(crate) fn of(self, host: &str, title: &str) -> TransportError {
        let (host, title) = (host.to_owned(), title.to_owned());
        match self {
            Self::NotStarted(source) => TransportError::NotStarted { host, title, source },
            Self::Lost(source) => TransportError::Lost { host, during: title, source },
        }
    }
}

/// The input of one command: a few bytes, then a stream of more.
pub(crate) struct Feed<'a> {
    head: Vec<Bytes>,
    stream: Option<Receiver<Bytes>>,
    taken: &'a (dyn Fn(u64) + Send + Sync),
    last: u64,
}

impl<'a> Feed<'a> {
    /// `head` comes first, in order. `taken` hears how many bytes of the stream
    /// have been handed over.
    pub(crate) fn new(
        head: [Bytes; 2],
        stream: Option<Receiver<Bytes>>,
        taken: &'a (dyn Fn(u64) + Send + Sync),
    ) -> Self {
        let [first, second] = head;
        Self { head: vec![second, first], stream, taken, last: 0 }
    }

    /// The next piece; asking for it says that the one before is on its way.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        (self.taken)(std::mem::take(&mut self.last));
        while let Some(bytes) = self.head.pop() {
            if !bytes.is_empty() {
                return Some(bytes);
            }
        }
        let piece = self.stream.as_mut()?.recv().await?;
        self.last = piece.len() as u64;
        Some(piece)
    }
}
