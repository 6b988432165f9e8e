//! Puts a file onto a host: look what is there, send what is missing, let the
//! host hash it, rename.

mod far_side;
mod progress;
mod pump;

use super::{Content, HostPath, Session, Transport, TransportError};
use far_side::Found;
use manifests::{
    Digest,
    event::{Outcome, Reporter, Transfer},
};
use progress::Progress;
use pump::{Pump, PumpEnd};
use std::sync::Arc;

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

/// How often we look and send: somebody, such as the rest of a cut upload, may
/// still write to the partial file.
const ATTEMPTS: usize = 3;

pub(super) async fn upload(
    session: &Session,
    upload: &Upload,
    reporter: &dyn Reporter,
) -> Result<Uploaded, TransportError> {
    let name = format!("{}: {}", session.host(), upload.path);
    let progress = Progress::new(Transfer::start(reporter, &name, Some(upload.size)));
    for attempt in 1..=ATTEMPTS {
        let partial = match far_side::look(session, upload).await? {
            Found::Same { adjusted } => {
                progress.transfer.finish(Outcome::Cached);
                return Ok(if adjusted { Uploaded::Adjusted } else { Uploaded::AlreadyThere });
            }
            Found::Partial { size, .. } if size == 0 || size > upload.size => None,
            Found::Partial { size, sha256 } if attempt < ATTEMPTS => Some((size, sha256)),
            Found::Partial { .. } | Found::Nothing => None,
        };
        if let Some(done) = send(session, upload, partial, &progress).await? {
            progress.transfer.finish(Outcome::Done);
            return Ok(done);
        }
    }
    let (host, path) = (session.host().to_owned(), upload.path.clone());
    Err(TransportError::Damaged { host, path, expected: upload.digest.clone() })
}

/// Sends what is missing; `None` when the host found the result wrong.
async fn send(
    session: &Session,
    upload: &Upload,
    partial: Option<(u64, String)>,
    progress: &Progress<'_>,
) -> Result<Option<Uploaded>, TransportError> {
    let mut pump = Pump::start(upload, partial);
    let Some(offset) = pump.offset().await else {
        return Err(unreadable(upload, pump.end().await));
    };
    progress.begin(offset);
    let command = far_side::receive(upload, offset);
    let taken = |bytes: u64| progress.advance(bytes);
    let finished = tokio::select! {
        finished = session.feed(&command, Some(pump.stream()), &taken) => finished?,
        after = progress.standstill(upload.size, session.stall()) => {
            let (host, path) = (session.host().to_owned(), upload.path.clone());
            return Err(TransportError::Stalled { host, path, after });
        }
    };
    match pump.end().await {
        PumpEnd::Whole | PumpEnd::HungUp => {}
        end @ PumpEnd::Failed(_) => return Err(unreadable(upload, end)),
    }
    let kept = far_side::judge(session.host(), &command, finished)?;
    let bytes = upload.size - offset;
    Ok(kept.then_some(Uploaded::Sent { bytes, resumed: offset }))
}

fn unreadable(upload: &Upload, end: PumpEnd) -> TransportError {
    let source = match end {
        PumpEnd::Failed(source) => source,
        PumpEnd::Whole | PumpEnd::HungUp => std::io::Error::other("the reader stopped"),
    };
    TransportError::Content { path: upload.path.clone(), source }
}
