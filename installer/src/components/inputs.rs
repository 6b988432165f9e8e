//! What a plan follows from.

use super::contents::Contents;
use crate::{
    facts::Facts,
    plan::HostName,
    site_ca::SiteCertificates,
    steps::{FileContent, StepError},
};
use bundles::PublicKey;
use manifests::{Digest, cluster::Cluster, lockfile::Lockfile};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Everything a plan follows from.
#[derive(Debug, Clone, Copy)]
pub struct PlanInputs<'a> {
    /// The cluster as it shall be.
    pub cluster: &'a Cluster,
    /// Digest of the cluster file.
    pub cluster_file: &'a Digest,
    /// What the bundle holds.
    pub lockfile: &'a Lockfile,
    /// Digest of the bundle's manifest.
    pub bundle: &'a Digest,
    /// What lies inside the bundle's files.
    pub contents: &'a Contents,
    /// What was seen on each host.
    pub facts: &'a BTreeMap<HostName, Facts>,
    /// This program, which serves the bundle on the control plane.
    pub installer: &'a LocalFile,
    /// The bundle itself.
    pub bundle_file: &'a LocalFile,
    /// The keys that vouch for the bundle.
    pub keys: &'a [PublicKey],
    /// What the registry needs for TLS, when it is to speak it.
    pub certificates: Option<&'a SiteCertificates>,
}

/// A file of the operator's machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
}

impl LocalFile {
    /// Reads a file once, for its digest.
    pub fn read(path: &Path) -> Result<Self, StepError> {
        let FileContent::Here { path, sha256, size } = FileContent::here(path)? else {
            unreachable!("a file of this machine is described as one");
        };
        Ok(Self { path, sha256, size })
    }

    pub(super) fn content(&self) -> FileContent {
        let Self { path, sha256, size } = self.clone();
        FileContent::Here { path, sha256, size }
    }
}
