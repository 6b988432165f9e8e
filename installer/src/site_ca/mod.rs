//! The site's own certificate authority: who vouches for the registry. Keys and
//! certificates live in `pki/` of the run folder, and else only where a plan
//! places them; no host's list of public authorities is touched.
//!
//! What it promises: nothing that is still good is made anew, so planning twice
//! gives the same plan; nothing that would soon end is kept; and no key is used
//! that others could have read.

mod end;
mod error;
mod folder;
mod issue;
mod judge;
mod keeper;
#[cfg(test)]
mod tests;

pub use end::{End, end};
pub use error::SiteCaError;

use crate::{
    plan::{HostName, Plan},
    steps::{Action, FileContent},
};
use folder::PkiFolder;
use issue::{Signer, Wanted};
use keeper::Keeper;
use manifests::{
    Role,
    cluster::{Cluster, Host},
    event::Reporter,
};
use std::{collections::BTreeMap, path::Path, time::SystemTime};

/// Where keys and certificates lie in a run folder.
pub const FOLDER: &str = "pki";

/// The files that a plan places so that the registry speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteCertificates {
    /// The site CA's certificate, which every host trusts for the registry.
    pub authority: FileContent,
    /// What each host with a registry shows.
    pub servers: BTreeMap<HostName, ServerFiles>,
}

/// One host's certificate and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFiles {
    /// The certificate.
    pub certificate: FileContent,
    /// Its private key.
    pub key: FileContent,
}

/// Finds what is kept in `run_folder`, makes what is missing, and renews what
/// has less than a third of its time left. What is made is told.
pub fn keep(
    run_folder: &Path,
    cluster: &Cluster,
    now: SystemTime,
    reporter: &dyn Reporter,
) -> Result<SiteCertificates, SiteCaError> {
    let folder = PkiFolder::open(run_folder)?;
    let keeper = Keeper { folder: &folder, now, reporter };
    let hosts: Vec<&Host> = cluster.hosts_with(Role::ControlPlane).collect();
    let authority = Wanted::authority(cluster, &hosts);
    let pair = keeper.keep(&authority, None)?;
    let signer = Signer { wanted: &authority, pair: &pair };
    let mut servers = BTreeMap::new();
    for host in hosts {
        let wanted = Wanted::server(cluster, host)?;
        keeper.keep(&wanted, Some(signer))?;
        let (certificate, key) = (folder.file(&wanted.certificate)?, folder.file(&wanted.key)?);
        servers.insert(host.name.clone(), ServerFiles { certificate, key });
    }
    Ok(SiteCertificates { authority: folder.file(&authority.certificate)?, servers })
}

impl SiteCertificates {
    /// Whether `plan` places these very files: one that was made before a
    /// renewal does not.
    pub fn are_in(&self, plan: &Plan) -> bool {
        let places = |action: &Action, file: &FileContent| match action {
            Action::PlaceFile(place) => place.content == *file,
            _ => false,
        };
        let is_there =
            |file: &FileContent| plan.steps.iter().any(|step| places(&step.action, file));
        let servers = self.servers.values().flat_map(|files| [&files.certificate, &files.key]);
        is_there(&self.authority) && servers.into_iter().all(is_there)
    }
}
