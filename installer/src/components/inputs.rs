//! What a plan follows from.

use super::contents::Contents;
use crate::{
    facts::Facts,
    plan::HostName,
    site_ca::SiteCertificates,
    steps::{FileContent, StepError},
};
use bundles::{Bundle, PublicKey};
use manifests::{Digest, cluster::Cluster, lockfile::Lockfile};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf, absolute},
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
    pub bundle_file: &'a BundleFile,
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

/// The bundle as the one file that a host gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleFile {
    /// It is one here too.
    Whole(LocalFile),
    /// It lies in volumes, or is mended by pieces, and is joined on its way.
    InVolumes {
        /// SHA-256 of the joined bytes.
        sha256: Digest,
        /// How many they are.
        size: u64,
    },
}

impl BundleFile {
    /// Reads all of it once, for its digest.
    pub fn read(bundle: &Bundle) -> Result<Self, StepError> {
        if bundle.is_one_file() {
            let path = absolute(bundle.path()).map_err(|source| {
                let path = bundle.path().display().to_string();
                StepError::Content { path, source }
            })?;
            return LocalFile::read(&path).map(Self::Whole);
        }
        let FileContent::Joined { sha256, size } = FileContent::joined(bundle)? else {
            unreachable!("joined volumes are described as such");
        };
        Ok(Self::InVolumes { sha256, size })
    }

    pub(super) fn sha256(&self) -> &Digest {
        let (Self::Whole(LocalFile { sha256, .. }) | Self::InVolumes { sha256, .. }) = self;
        sha256
    }

    pub(super) fn size(&self) -> u64 {
        let (Self::Whole(LocalFile { size, .. }) | Self::InVolumes { size, .. }) = self;
        *size
    }

    pub(super) fn content(&self) -> FileContent {
        match self {
            Self::Whole(file) => file.content(),
            Self::InVolumes { sha256, size } => {
                FileContent::Joined { sha256: sha256.clone(), size: *size }
            }
        }
    }
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
