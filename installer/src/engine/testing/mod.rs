//! Hosts for tests that run the real scripts: a folder of their own as root,
//! this machine's programs below `/usr`, and stand-ins for what a folder does
//! not have (systemd, the kernel's modules and swap, a cluster). Needs user
//! namespaces, as they are on any machine that builds containers, or root.

mod agent;
mod sandbox;
mod stand_ins;
mod tape;
mod tree;

pub(crate) use sandbox::Sandbox;
pub(crate) use tape::{Moment, Tape};
pub(crate) use tree::Tree;

use crate::{steps::Artifacts, transport::Content};
use bytes::Bytes;
use manifests::Digest;
use std::{collections::BTreeMap, sync::Arc};

/// A bundle made of a map.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blobs(BTreeMap<Digest, Bytes>);

impl Blobs {
    /// Adds a blob.
    pub(crate) fn add(&mut self, bytes: impl Into<Bytes>) -> Digest {
        let bytes = bytes.into();
        let digest = bundles::sha256(&bytes);
        self.0.insert(digest.clone(), bytes);
        digest
    }
}

impl Artifacts for Blobs {
    fn blob(&self, digest: &Digest) -> Option<Arc<dyn Content>> {
        Some(Arc::new(self.0.get(digest)?.clone()))
    }
}

/// Waits for a future on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(future)
}
