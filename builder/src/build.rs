//! From a full cache to a bundle: every blob is hashed once more on its way,
//! so a damaged cache cannot become a damaged bundle.

use crate::{
    cache::{Cache, CacheError},
    keys::{KeyError, SigningKey},
};
use bundles::{BlobSource, BundlePlan, PlanError, WriteError, WriteOptions};
use manifests::{Digest, ExitCode, Failure, lockfile::Lockfile};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The lockfile cannot become a bundle.
    #[error("this lockfile cannot become a bundle")]
    Plan(#[source] PlanError),
    /// The bundle could not be written.
    #[error(transparent)]
    Write(WriteError),
    /// The bundle could not be signed.
    #[error(transparent)]
    Key(KeyError),
    /// A damaged blob could not be taken out of the cache.
    #[error(transparent)]
    Cache(CacheError),
}

impl Failure for BuildError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Plan(error) => error.exit_code(),
            Self::Write(error) => error.exit_code(),
            Self::Key(error) => error.exit_code(),
            Self::Cache(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Plan(error) => error.hint(),
            Self::Write(error) => error.hint(),
            Self::Key(error) => error.hint(),
            Self::Cache(error) => error.hint(),
        }
    }
}

/// Plans the bundle of a lockfile; `text` is the lockfile's file.
pub fn plan(lockfile: &Lockfile, text: &str) -> Result<BundlePlan, BuildError> {
    BundlePlan::new(lockfile, text).map_err(BuildError::Plan)
}

/// Writes the bundle from the cache alone and returns its size in bytes.
/// Without a key it is left unsigned.
pub fn pack(
    plan: &BundlePlan,
    cache: &Cache,
    path: &Path,
    key: Option<&SigningKey>,
    options: WriteOptions<'_>,
) -> Result<u64, BuildError> {
    let draft = bundles::write(plan, &Blobs(cache), path, options);
    let mut draft = draft.or_else(|error| Err(set_aside(cache, error)?))?;
    if let Some(key) = key {
        draft.sign(key).map_err(BuildError::Key)?;
    }
    draft.finish().map_err(BuildError::Write)
}

/// A blob that is not what its name says must not be found again.
fn set_aside(cache: &Cache, error: WriteError) -> Result<BuildError, BuildError> {
    if let WriteError::Differs { expected, .. } = &error {
        cache.evict(expected).map_err(BuildError::Cache)?;
    }
    Ok(BuildError::Write(error))
}

/// The cache as a source of blobs.
pub(crate) struct Blobs<'a>(pub(crate) &'a Cache);

impl BlobSource for Blobs<'_> {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let path = self.0.blob_path(digest).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(File::open(path)?))
    }
}
