//! One thing that can be downloaded.

use super::blob::{Blob, sha256};
use axum::body::Bytes;
use manifests::Digest;
use std::{io, path::Path, path::PathBuf};

/// Where the bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Memory(Bytes),
    Disk(PathBuf),
}

/// One thing that can be downloaded, with all that its headers say.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) source: Source,
    pub(crate) len: u64,
    pub(crate) media_type: String,
    /// With its quotes.
    pub(crate) etag: String,
    /// An HTTP date. It tells versions apart; it is not a time of this machine.
    pub(crate) modified: String,
    /// What `Docker-Content-Digest` says.
    pub(crate) digest: Option<Digest>,
    pub(crate) takes_ranges: bool,
}

impl Entry {
    /// A file in its `version`-th version, from 0.
    pub(crate) fn file(bytes: Bytes, version: usize) -> Self {
        Self {
            len: bytes.len() as u64,
            etag: format!("\"{}\"", sha256(&bytes).short()),
            source: Source::Memory(bytes),
            media_type: "application/octet-stream".to_owned(),
            modified: format!("Mon, 02 Nov 2026 08:00:{:02} GMT", version % 60),
            digest: None,
            takes_ranges: true,
        }
    }

    /// A file that stays on disk; its bytes are expected not to change.
    pub(crate) fn on_disk(path: &Path) -> io::Result<Self> {
        let len = std::fs::metadata(path)?.len();
        let etag = format!("\"{}-{len}\"", sha256(path.as_os_str().as_encoded_bytes()).short());
        let source = Source::Disk(path.to_owned());
        Ok(Self { source, len, etag, ..Self::file(Bytes::new(), 0) })
    }

    /// A config or layer, as registries send them: without their media type.
    pub(crate) fn blob(blob: &Blob) -> Self {
        let etag = format!("\"{}\"", blob.digest);
        Self { etag, digest: Some(blob.digest.clone()), ..Self::file(blob.bytes.clone(), 0) }
    }

    /// An image manifest or index.
    pub(crate) fn manifest(blob: &Blob) -> Self {
        Self { media_type: blob.media_type.clone(), takes_ranges: false, ..Self::blob(blob) }
    }

    /// An answer of the registry itself.
    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self {
            media_type: "application/json".to_owned(),
            takes_ranges: false,
            ..Self::file(value.to_string().into(), 0)
        }
    }
}
