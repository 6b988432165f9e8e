//! How many requests run at once: few per host, more in all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// Counts requests.
#[derive(Debug)]
pub(super) struct Limits {
    per_host: usize,
    all: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// The right to run one request, until its body has been read.
#[derive(Debug)]
pub(super) struct Permit {
    _host: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Limits {
    pub(super) fn new(per_host: usize, jobs: usize) -> Self {
        let all = Arc::new(Semaphore::new(jobs.max(1)));
        Self { per_host: per_host.max(1), all, hosts: Mutex::default() }
    }

    /// Waits for a place: first at the host, so that a crowd in front of one
    /// slow host does not take the places of all others.
    pub(super) async fn permit(&self, url: &Url) -> Permit {
        let host = acquire(self.host(url)).await;
        Permit { _host: host, _all: acquire(Arc::clone(&self.all)).await }
    }

    fn host(&self, url: &Url) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let semaphore = hosts.entry(url.authority().to_owned());
        Arc::clone(semaphore.or_insert_with(|| Arc::new(Semaphore::new(self.per_host))))
    }
}

async fn acquire(semaphore: Arc<Semaphore>) -> OwnedSemaphorePermit {
    semaphore.acquire_owned().await.expect("our semaphores are never closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_host_does_not_hold_up_another() {
        let limits = Limits::new(1, 2);
        let (slow, quick) =
            ("http://a/1".parse::<Url>().unwrap(), "http://b/1".parse::<Url>().unwrap());
        let _held = limits.permit(&slow).await;
        let waiting = limits.permit(&slow);
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        let _other = limits.permit(&quick).await;
    }
}
