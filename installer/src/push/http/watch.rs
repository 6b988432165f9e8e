//! Tells a slow line from a dead one: what counts is when a byte last moved, not
//! how long the whole takes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// When a byte last moved.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    start: Instant,
    moved_ms: Arc<AtomicU64>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), moved_ms: Arc::default() }
    }

    /// A byte moves now.
    pub(crate) fn moved(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_ms.store(now, Ordering::Relaxed);
    }

    /// Waits for a future as long as no more than `patience` pass without a byte.
    pub(crate) async fn watch<T>(
        &self,
        patience: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let moved = Duration::from_millis(self.moved_ms.load(Ordering::Relaxed));
            let left = (moved + patience).saturating_sub(self.start.elapsed());
            if left.is_zero() {
                return None;
            }
            if let Ok(done) = tokio::time::timeout(left, &mut work).await {
                return Some(done);
            }
        }
    }
}
