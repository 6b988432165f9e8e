//! From blobs that are all here to a bundle. Each from the cache is hashed once
//! more on its way, and an earlier bundle is held against its signed hashes, so
//! damage to neither can become a damaged bundle.

use crate::{
    apt::{self, AptError, AptKey},
    cache::{Cache, CacheError},
    keys::{KeyError, SigningKey},
    sbom::{self, Graph, SbomError, Subject},
    supply::Supply,
};
use bundles::{BundlePlan, Landing, PlanError, Repository, SbomDocument, WriteError, WriteOptions};
use manifests::{ExitCode, Failure, lockfile::Lockfile};
use std::path::Path;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The lockfile cannot become a bundle.
    #[error("this lockfile cannot become a bundle")]
    Plan(#[source] PlanError),
    /// What the bundle is made of could not be looked into.
    #[error(transparent)]
    Sbom(SbomError),
    /// No repository can be made of the OS packages.
    #[error(transparent)]
    Apt(AptError),
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
            Self::Sbom(error) => error.exit_code(),
            Self::Apt(error) => error.exit_code(),
            Self::Write(error) => error.exit_code(),
            Self::Key(error) => error.exit_code(),
            Self::Cache(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Plan(error) => error.hint(),
            Self::Sbom(error) => error.hint(),
            Self::Apt(error) => error.hint(),
            Self::Write(error) => error.hint(),
            Self::Key(error) => error.hint(),
            Self::Cache(error) => error.hint(),
        }
    }
}

/// Plans the bundle of a lockfile; `text` is the lockfile's file. What the plan
/// of a lockfile that asks for documents leaves open, [`documents`] closes, and
/// [`repositories`] that of one with OS packages.
pub fn plan(
    lockfile: &Lockfile,
    text: &str,
    documents: &[SbomDocument],
    repositories: &[Repository],
) -> Result<BundlePlan, BuildError> {
    BundlePlan::with_repositories(lockfile, text, documents, repositories).map_err(BuildError::Plan)
}

/// Begins the file of a bundle, so that blobs can land in it while they arrive.
pub fn begin<'a>(plan: &'a BundlePlan, path: &Path) -> Result<Landing<'a>, BuildError> {
    Landing::begin(plan, path).map_err(BuildError::Write)
}

/// The bills of materials that the lockfile asks for, made of what is here, and
/// the graph they were written from; none when it asks for none.
pub fn documents(
    subject: Subject<'_>,
    supply: Supply<'_>,
    options: sbom::Options<'_>,
) -> Result<Option<(Graph, Vec<SbomDocument>)>, BuildError> {
    if subject.lockfile.sbom.is_empty() {
        return Ok(None);
    }
    let graph = sbom::graph_of(subject, supply, options).map_err(BuildError::Sbom)?;
    let formats = subject.lockfile.sbom.iter();
    let documents = formats.map(|format| sbom::document(subject, &graph, *format)).collect();
    Ok(Some((graph, documents)))
}

/// The repositories of a lockfile's OS packages, signed with this key. A package that
/// turns out to be damaged must not be found again.
pub fn repositories(
    lockfile: &Lockfile,
    supply: Supply<'_>,
    key: &AptKey,
    options: sbom::Options<'_>,
) -> Result<Vec<Repository>, BuildError> {
    let made = apt::repositories(lockfile, &supply, key, options);
    if let Err(AptError::Blob(SbomError::Differs { expected, .. })) = &made {
        supply.cache().evict(expected).map_err(BuildError::Cache)?;
    }
    made.map_err(BuildError::Apt)
}

/// Completes a bundle from what has landed and what is here, and returns its size
/// in bytes. Without a key it is left unsigned.
pub fn pack(
    landing: Landing<'_>,
    supply: Supply<'_>,
    key: Option<&SigningKey>,
    options: WriteOptions<'_>,
) -> Result<u64, BuildError> {
    let draft = landing.finish(&supply, options);
    let mut draft = draft.or_else(|error| Err(set_aside(supply.cache(), error)?))?;
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
