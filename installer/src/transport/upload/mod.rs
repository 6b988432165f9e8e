//! Puts a file onto a host: look what is there, send what is missing, let the
//! host hash it, rename.

mod far_side;
mod pump;

use super::{Content, HostPath, Session, Transport, TransportError};
use far_side::Found;
use manifests::{
    Digest,
    event::{Outcome, Reporter, Transfer},
};
use pump::{Pump, PumpEnd};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// A file to be put onto a host.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The bytes.
    pub content: Arc<dyn Content>,
    /// How many they are.
    pub size: u64,
    /// What they hash to.
    pub digest: Digest,
    /// Where they go. The folder must exist.
    pub path: HostPath,
    /// Permissions, such as `0o644`.
    pub mode: u32,
    /// `user:group`; without it the file belongs to whoever writes it: root.
    pub owner: Option<String>,
}

impl Upload {
    /// A small file that was made up here.
    pub fn text(path: HostPath, mode: u32, text: impl Into<bytes::Bytes>) -> Self {
        let bytes: bytes::Bytes = text.into();
        let digest = bundles::sha256(&bytes);
        let size = bytes.len() as u64;
        Self { content: Arc::new(bytes), size, digest, path, mode, owner: None }
    }
}

/// What an upload had to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uploaded {
    /// The file was there with the same bytes, mode and owner. Nothing changed.
    AlreadyThere,
    /// The bytes were there; mode or owner were put right.
    Adjusted,
    /// Bytes were sent.
    Sent {
        /// How many were sent now.
        bytes: u64,
        /// How many were there from an upload that was cut.
        resumed: u64,
    },
}

pub(super) async fn upload(
    session: &Session,
    upload: &Upload,
    reporter: &dyn Reporter,
) -> Result<Uploaded, TransportError> {
    let name = format!("{}: {}", session.host(), upload.path);
    let transfer = Transfer::start(reporter, &name, Some(upload.size));
    let mut partial = match far_side::look(session, upload).await? {
        Found::Same { adjusted } => {
            transfer.finish(Outcome::Cached);
            return Ok(if adjusted { Uploaded::Adjusted } else { Uploaded::AlreadyThere });
        }
        Found::Partial { size, sha256 } if size > 0 && size <= upload.size => Some((size, sha256)),
        Found::Partial { .. } | Found::Nothing => None,
    };
    loop {
        let resuming = partial.is_some();
        match send(session, upload, partial.take(), &transfer).await? {
            Some(done) => {
                transfer.finish(Outcome::Done);
                return Ok(done);
            }
            // Somebody still wrote to the partial file: begin anew, once.
            None if resuming => {}
            None => {
                let (host, path) = (session.host().to_owned(), upload.path.clone());
                let expected = upload.digest.clone();
                return Err(TransportError::Damaged { host, path, expected });
            }
        }
    }
}

/// Sends what is missing; `None` when the host found the result wrong.
async fn send(
    session: &Session,
    upload: &Upload,
    partial: Option<(u64, String)>,
    transfer: &Transfer<'_>,
) -> Result<Option<Uploaded>, TransportError> {
    let mut pump = Pump::start(upload, partial);
    let Some(offset) = pump.offset().await else {
        return Err(unreadable(upload, pump.end().await));
    };
    transfer.advance(offset);
    let moved = AtomicU64::new(offset);
    let taken = |bytes: u64| {
        moved.fetch_add(bytes, Ordering::Relaxed);
        transfer.advance(bytes);
    };
    let command = far_side::receive(upload, offset);
    let finished = tokio::select! {
        finished = session.feed(&command, Some(pump.stream()), &taken) => finished?,
        after = standstill(&moved, upload.size, session.stall()) => {
            let (host, path) = (session.host().to_owned(), upload.path.clone());
            return Err(TransportError::Stalled { host, path, after });
        }
    };
    match pump.end().await {
        PumpEnd::Whole | PumpEnd::HungUp => {}
        end => return Err(unreadable(upload, end)),
    }
    let kept = far_side::judge(session.host(), &command, finished)?;
    let bytes = upload.size - offset;
    Ok(kept.then_some(Uploaded::Sent { bytes, resumed: offset }))
}

/// Ends when no byte has moved for `stall`. The last bytes are followed by
/// hashing and writing out, which has its own deadline.
async fn standstill(moved: &AtomicU64, size: u64, stall: Duration) -> Duration {
    loop {
        let before = moved.load(Ordering::Relaxed);
        tokio::time::sleep(stall).await;
        if before == moved.load(Ordering::Relaxed) && before < size {
            return stall;
        }
    }
}

fn unreadable(upload: &Upload, end: PumpEnd) -> TransportError {
    let source = match end {
        PumpEnd::Failed(source) => source,
        PumpEnd::Whole | PumpEnd::HungUp => std::io::Error::other("the reader stopped"),
    };
    TransportError::Content { path: upload.path.clone(), source }
}
