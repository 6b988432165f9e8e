//! What a site says that its hosts have.

use super::SystemError;
use crate::debian::architecture;
use manifests::{Arch, packages::SystemName};
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
