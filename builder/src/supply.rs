//! Where the blobs of a build are: in the cache, and in an earlier bundle that
//! the release engineer names. What the bundle holds is not fetched again.

use crate::cache::{Cache, CacheError};
use bundles::{BlobSource, BundleError, Reuse};
use manifests::{Descriptor, Digest, ExitCode, Failure};
use std::io::{self, Read};

/// Largest file that is taken into memory on its way into the cache: a program
/// that renders charts is the largest of those that are read as files.
const LIMIT: u64 = 256 * 1024 * 1024;

/// What a build is made of.
#[derive(Debug, Clone, Copy)]
pub struct Supply<'a> {
    cache: &'a Cache,
    earlier: Option<&'a Reuse>,
}

/// A file of the earlier bundle could not be taken into the cache.
#[derive(Debug, thiserror::Error)]
pub enum SupplyError {
    /// The earlier bundle.
    #[error("cannot reuse the earlier bundle")]
    Bundle(#[source] BundleError),
    /// The cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl Failure for SupplyError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Bundle(error) => error.exit_code(),
            Self::Cache(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Bundle(_) => Some("run the same build without `--reuse`; a signer that is known is trusted with `--trust KEY.pub`".into()),
            Self::Cache(error) => error.hint(),
        }
    }
}

impl<'a> Supply<'a> {
    /// The cache alone.
    pub fn of(cache: &'a Cache) -> Self {
        Self { cache, earlier: None }
    }

    /// The cache, and what this bundle holds.
    pub fn with(cache: &'a Cache, earlier: Option<&'a Reuse>) -> Self {
        Self { cache, earlier }
    }

    /// The cache.
    pub fn cache(&self) -> &'a Cache {
        self.cache
    }

    /// The earlier bundle.
    pub fn earlier(&self) -> Option<&'a Reuse> {
        self.earlier
    }

    /// Whether a blob is here with exactly the size it should have.
    pub fn has(&self, blob: &Descriptor) -> bool {
        self.cache.has(blob) || self.in_bundle(blob)
    }

    /// Takes blobs into the cache that the bundle has and the cache has not.
    pub fn unpack(&self, blobs: impl Iterator<Item = Descriptor>) -> Result<(), SupplyError> {
        for blob in blobs.filter(|blob| !self.cache.has(blob) && self.in_bundle(blob)) {
            let bundle = self.earlier.expect("the blob is in it").bundle();
            let bytes = bundle.bytes(&blob.digest, LIMIT).map_err(SupplyError::Bundle)?;
            self.cache.store(&bytes, blob.digest.algorithm())?;
        }
        Ok(())
    }

    fn in_bundle(&self, blob: &Descriptor) -> bool {
        let record = self.earlier.and_then(|earlier| earlier.bundle().blob(&blob.digest));
        record.is_some_and(|record| record.size == blob.size)
    }
}

impl BlobSource for Supply<'_> {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        match (self.cache.open(digest), self.earlier) {
            (Err(error), Some(earlier)) if error.kind() == io::ErrorKind::NotFound => {
                let reader = earlier.bundle().read(digest, 0..u64::MAX);
                Ok(Box::new(reader.map_err(|_absent| error)?))
            }
            (opened, _) => opened,
        }
    }
}
