//! How far an upload is.

use manifests::event::Transfer;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Counts what is on the host or on its way there, and shows it.
#[derive(Debug)]
pub(super) struct Progress<'a> {
    pub(super) transfer: Transfer<'a>,
    reached: AtomicU64,
    shown: AtomicU64,
}

impl<'a> Progress<'a> {
    pub(super) fn new(transfer: Transfer<'a>) -> Self {
        Self { transfer, reached: AtomicU64::new(0), shown: AtomicU64::new(0) }
    }

    /// Sending begins after so many bytes.
    pub(super) fn begin(&self, offset: u64) {
        self.reached.store(offset, Ordering::Relaxed);
        self.show(offset);
    }

    /// So many more are on their way.
    pub(super) fn advance(&self, bytes: u64) {
        self.show(self.reached.fetch_add(bytes, Ordering::Relaxed) + bytes);
    }

    /// A second attempt shows nothing until it passes the first.
    fn show(&self, reached: u64) {
        let shown = self.shown.fetch_max(reached, Ordering::Relaxed);
        if reached > shown {
            self.transfer.advance(reached - shown);
        }
    }

    /// Ends when no byte has moved for `stall`. The last bytes are followed by
    /// hashing and writing out, which has its own deadline.
    pub(super) async fn standstill(&self, size: u64, stall: Duration) -> Duration {
        loop {
            let before = self.reached.load(Ordering::Relaxed);
            tokio::time::sleep(stall).await;
            if before == self.reached.load(Ordering::Relaxed) && before < size {
                return stall;
            }
        }
    }
}
