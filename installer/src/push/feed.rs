//! The bytes of a blob on their way out: read and checked on a blocking thread, a
//! few pieces ahead of the line, and counted when the line takes them.

use super::{http::Progress, stop::Stop};
use axum::body::Body;
use bundles::{BlobReader, Bundle, BundleError};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use manifests::{Digest, event::Transfer};
use std::{
    io,
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{sync::mpsc, task::spawn_blocking};

/// Pieces that may wait for the line; of a compressed blob one may be 8 MiB.
const AHEAD: usize = 2;

/// Bytes that are given to the line at once: so little that also a thin line takes
/// them before it counts as dead.
const SLICE: usize = 256 << 10;

/// What a body leaves behind when it has been sent or dropped.
#[derive(Debug, Clone)]
pub(super) struct Feed {
    pub(super) progress: Progress,
    sent: Arc<AtomicU64>,
    /// The same of the newest body alone.
    newest: Arc<Mutex<Arc<AtomicU64>>>,
    told: Arc<AtomicU64>,
    damage: Arc<Mutex<Option<BundleError>>>,
}

impl Feed {
    pub(super) fn new() -> Self {
        Self {
            progress: Progress::new(),
            sent: Arc::default(),
            newest: Arc::default(),
            told: Arc::default(),
            damage: Arc::default(),
        }
    }

    /// Bytes the line has taken, of all bodies.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Bytes the line has taken of the newest body: what was refused before, as by a
    /// gate that wanted another pass, is nowhere.
    pub(super) fn sent_last(&self) -> u64 {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).load(Ordering::Relaxed)
    }

    /// Why there were no more bytes, when it was the bundle's fault.
    pub(super) fn damage(&self) -> Option<BundleError> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A body of these bytes. With `stop` it ends early, in good order, when the
    /// operator wants an end.
    pub(super) fn body(
        &self,
        bundle: &Bundle,
        (digest, range): (&Digest, Range<u64>),
        stop: Option<Stop>,
    ) -> Result<Body, BundleError> {
        let pieces =
            pieces(bundle.read(digest, range)?).flat_map(|piece| stream::iter(slices(piece)));
        let (feed, ours) = (self.clone(), Arc::new(AtomicU64::new(0)));
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&ours);
        let checked = pieces
            .take_while(move |_| {
                let goes_on = stop.as_ref().is_none_or(|stop| !stop.is_wanted());
                std::future::ready(goes_on)
            })
            .map(move |piece| feed.count(piece, &ours));
        Ok(Body::from_stream(checked))
    }

    fn count(&self, piece: Result<Bytes, BundleError>, ours: &AtomicU64) -> io::Result<Bytes> {
        self.progress.moved();
        match piece {
            Ok(bytes) => {
                let taken = bytes.len() as u64;
                self.sent.fetch_add(taken, Ordering::Relaxed);
                ours.fetch_add(taken, Ordering::Relaxed);
                Ok(bytes)
            }
            Err(error) => {
                *self.damage.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Err(io::ErrorKind::InvalidData.into())
            }
        }
    }

    /// Tells of the bytes that move while `work` goes on.
    pub(super) async fn told<T>(
        &self,
        transfer: &Transfer<'_>,
        work: impl Future<Output = T>,
    ) -> T {
        const EVERY: std::time::Duration = std::time::Duration::from_millis(100);
        let mut work = std::pin::pin!(work);
        loop {
            let done = tokio::time::timeout(EVERY, &mut work).await;
            let sent = self.sent();
            let told = self.told.swap(sent, Ordering::Relaxed);
            if sent > told {
                transfer.advance(sent - told);
            }
            if let Ok(done) = done {
                return done;
            }
        }
    }
}

/// A piece in slices, or the one error.
fn slices(piece: Result<Bytes, BundleError>) -> Vec<Result<Bytes, BundleError>> {
    let bytes = match piece {
        Ok(bytes) => bytes,
        Err(error) => return vec![Err(error)],
    };
    let starts = (0..bytes.len()).step_by(SLICE);
    starts.map(|start| Ok(bytes.slice(start..bytes.len().min(start + SLICE)))).collect()
}

/// Checked pieces, until the end, the first error, or until nobody takes them.
fn pieces(mut reader: BlobReader) -> impl Stream<Item = Result<Bytes, BundleError>> {
    let (out, pieces) = mpsc::channel(AHEAD);
    spawn_blocking(move || {
        while let Some(piece) = reader.next_piece().transpose() {
            let failed = piece.is_err();
            if out.blocking_send(piece).is_err() || failed {
                return;
            }
        }
    });
    stream::unfold(pieces, |mut pieces| async move { Some((pieces.recv().await?, pieces)) })
}
