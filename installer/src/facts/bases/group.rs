//! Which hosts have the same packages.

use super::{Fetched, HostPackages};

/// Hosts with the same packages, and the file that tells the builder of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseFile {
    /// The hosts, in the order of the cluster file.
    pub hosts: Vec<String>,
    /// Their packages, as the first of them has them.
    pub packages: HostPackages,
}

impl BaseFile {
    /// What the file is called: system, architecture and a short digest of the
    /// set, so that two sites' files can lie in one folder.
    pub fn name(&self) -> String {
        let HostPackages { system, arch, digest, .. } = &self.packages;
        format!("{system}-{arch}-{}.status", &digest.hex()[..12])
    }

    /// What `bottari-builder lock` shall be told.
    pub fn option(&self, path: &str) -> String {
        let HostPackages { system, arch, .. } = &self.packages;
        format!("--base {system}/{arch}={path}")
    }
}

/// One file for each distinct set of packages, by name. Hosts whose packages are
/// not known are left out.
pub fn group(fetched: &[Fetched]) -> Vec<BaseFile> {
    let mut files: Vec<BaseFile> = Vec::new();
    for (host, packages) in fetched {
        let Ok(packages) = packages else { continue };
        let key = |one: &HostPackages| (one.system.clone(), one.arch, one.digest.clone());
        match files.iter_mut().find(|file| key(&file.packages) == key(packages)) {
            Some(file) => file.hosts.push(host.clone()),
            None => files.push(BaseFile { hosts: vec![host.clone()], packages: packages.clone() }),
        }
    }
    files.sort_by_key(BaseFile::name);
    files
}
