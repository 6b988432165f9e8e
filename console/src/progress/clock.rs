//! Time as an argument, so that tests decide what time it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tells how long ago some fixed moment was.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock {
    /// The real one; it never runs backwards.
    pub(crate) fn system() -> Self {
        let start = Instant::now();
        Self(Arc::new(move || start.elapsed()))
    }

    /// The time since the fixed moment.
    pub(crate) fn now(&self) -> Duration {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// A clock that stands still until a test moves it.
#[cfg(test)]
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeClock(Arc<std::sync::atomic::AtomicU64>);

#[cfg(test)]
impl FakeClock {
    /// What the reporter gets.
    pub(crate) fn clock(&self) -> Clock {
        let millis = Arc::clone(&self.0);
        Clock(Arc::new(move || {
            Duration::from_millis(millis.load(std::sync::atomic::Ordering::SeqCst))
        }))
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, millis: u64) {
        self.0.fetch_add(millis, std::sync::atomic::Ordering::SeqCst);
    }
}
