//! The cache: verified blobs on disk, by digest, plus what is needed to
//! continue a cut download and to ask a server only whether something changed.
//! Losing it costs time and nothing else.
//!
//! ```text
//! DIR/blobs/<algorithm>/<hex>       whole blobs; size and digest were checked while they arrived
//! DIR/partial/<key>{,.json,.lock}   downloads under way: bytes, where they came from, who writes
//! DIR/http/<sha256 of url>.json     what a server answered last time
//! DIR/archives/<sha256 of name>.json  the newest day that was seen of an archive of OS packages
//! DIR/scans/v<n>/<blob>.json        what was found in a blob; made anew by another version of the reader
//! ```
//!
//! Two builders may share a cache: a download is written under a lock of its
//! own, and everything else appears by one rename. Nobody may trust a cached
//! blob blindly: [`Cache::find`] checks the size, readers hash again. That is
//! also why nothing waits for the disk here: a power cut costs a download.

mod answers;
mod archives;
mod directory;
mod error;
mod files;
mod ground;
mod lock;
mod partial;
mod scans;
mod source;
mod tidy;

pub use answers::Answer;
pub use directory::default_directory;
pub use error::CacheError;
pub use ground::{Destination, Ground};
pub use lock::KeyLock;
pub use partial::{Note, Partial};

use manifests::{Algorithm, Descriptor, Digest};
use std::path::{Path, PathBuf};

/// An opened cache folder.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// Opens the cache in this folder and makes the folder when it is missing. What
    /// builders left that were killed goes away.
    pub fn open(root: &Path) -> Result<Self, CacheError> {
        for folder in ["blobs/sha256", "blobs/sha512", "partial", "http", "archives"] {
            let path = root.join(folder);
            std::fs::create_dir_all(&path).map_err(CacheError::io("create", &path))?;
        }
        let cache = Self { root: root.to_owned() };
        cache.tidy();
        Ok(cache)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a blob is, when there is one of this name. Of any size: see [`Self::find`].
    pub fn blob_path(&self, digest: &Digest) -> Option<PathBuf> {
        Some(self.place(digest)).filter(|path| path.is_file())
    }

    /// Where a blob is, when it is here with exactly the size it should have.
    pub fn find(&self, blob: &Descriptor) -> Option<PathBuf> {
        self.find_sized(&blob.digest, blob.size)
    }

    /// Whether a blob is here with exactly the size it should have.
    pub fn has(&self, blob: &Descriptor) -> bool {
        self.find(blob).is_some()
    }

    /// Forgets a blob that turned out to be damaged, so that it is fetched again.
    pub fn evict(&self, digest: &Digest) -> Result<(), CacheError> {
        files::remove(&self.place(digest))
    }

    /// Stores bytes that are in memory already, such as an image manifest.
    pub fn store(&self, bytes: &[u8], algorithm: Algorithm) -> Result<Digest, CacheError> {
        let digest = bundles::digest(bytes, algorithm);
        files::write_whole(&self.place(&digest), bytes)?;
        Ok(digest)
    }

    /// A small blob's bytes, hashed again; one that is damaged is forgotten.
    pub fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, CacheError> {
        let Some(path) = self.blob_path(digest) else { return Ok(None) };
        let bytes = std::fs::read(&path).map_err(CacheError::io("read", &path))?;
        if bundles::digest(&bytes, digest.algorithm()) == *digest {
            return Ok(Some(bytes));
        }
        self.evict(digest)?;
        Ok(None)
    }

    pub(crate) fn find_sized(&self, digest: &Digest, size: u64) -> Option<PathBuf> {
        let path = self.place(digest);
        let metadata = path.metadata().ok()?;
        (metadata.is_file() && metadata.len() == size).then_some(path)
    }

    pub(crate) fn place(&self, digest: &Digest) -> PathBuf {
        self.root.join(digest.layout_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        (folder, cache)
    }

    #[test]
    fn a_blob_of_the_wrong_size_is_not_found() {
        let (_folder, cache) = open();
        let digest = cache.store(b"hello", Algorithm::Sha256).unwrap();
        let blob = |size| Descriptor { digest: digest.clone(), size, media_type: String::new() };
        assert!(cache.has(&blob(5)) && !cache.has(&blob(4)));
    }

    #[test]
    fn a_damaged_small_blob_is_forgotten_instead_of_read() {
        let (_folder, cache) = open();
        let digest = cache.store(b"hello", Algorithm::Sha512).unwrap();
        assert_eq!(cache.read(&digest).unwrap().as_deref(), Some(&b"hello"[..]));
        std::fs::write(cache.place(&digest), b"hellO").unwrap();
        assert_eq!(cache.read(&digest).unwrap(), None);
        assert_eq!(cache.blob_path(&digest), None);
    }
}
