//! What a site says that its hosts have.

use super::SystemError;
use crate::{
    cache::{Cache, CacheError},
    debian::architecture,
    resolve::LockError,
};
use manifests::{
    Algorithm, Arch, Digest,
    packages::{LockedBase, LockedSystem, SystemName},
};
use std::path::PathBuf;

/// A status file of dpkg from a site.
#[derive(Debug, Clone)]
pub struct SiteBase {
    /// The system of the host.
    pub system: SystemName,
    /// The architecture it is said to be of; else that of its own dpkg.
    pub arch: Option<Arch>,
    /// The file, for messages.
    pub path: PathBuf,
    /// What stands in it.
    pub status: String,
}

impl SiteBase {
    /// The architecture of the host. The file says so itself, and may not be taken
    /// for another's.
    pub(super) fn host_arch(&self) -> Result<Arch, SystemError> {
        let found = architecture(&self.status);
        let found = found.map_err(|why| SystemError::base(&self.path, why))?;
        match (found.parse::<Arch>().ok(), self.arch) {
            (Some(arch), None) => Ok(arch),
            (Some(arch), Some(said)) if arch == said => Ok(arch),
            (_, said) => Err(SystemError::BaseArch {
                path: self.path.clone(),
                expected: said.map_or("amd64 or arm64", Arch::as_str),
                found: found.to_owned(),
            }),
        }
    }
}

/// Keeps status files, so that an update need not be told of them again.
pub(super) fn keep(bases: &[SiteBase], cache: &Cache) -> Result<(), CacheError> {
    let keep = |base: &SiteBase| cache.store(base.status.as_bytes(), Algorithm::Sha256).map(drop);
    bases.iter().try_for_each(keep)
}

/// The status files that a system was locked for; none when it was locked for a base
/// of its definition.
pub(super) fn as_before(locked: &LockedSystem, cache: &Cache) -> Result<Vec<SiteBase>, LockError> {
    let LockedBase::Status(files) = &locked.base else { return Ok(Vec::new()) };
    files.iter().map(|digest| one_before(locked, digest, cache)).collect()
}

fn one_before(
    locked: &LockedSystem,
    digest: &Digest,
    cache: &Cache,
) -> Result<SiteBase, LockError> {
    let (system, arch) = (locked.system.clone(), locked.arch);
    let status = cache.read(digest)?.and_then(|bytes| String::from_utf8(bytes).ok());
    match status {
        Some(status) => {
            Ok(SiteBase { system, arch: Some(arch), path: digest.short().into(), status })
        }
        None => Err(SystemError::BaseGone { system, arch }.into()),
    }
}
