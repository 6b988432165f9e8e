//! Decides what becomes of a bundle, a cluster file and what was seen on the
//! hosts: the ordered steps of a cluster. [`plan`] reads nothing and asks
//! nobody, so the same inputs give the same plan on every machine; what has to
//! be read of the bundle is read before, by [`Contents::read`].
//!
//! One file for each concern. Names of files and tags of images come from the
//! lockfile, never from a version that happens to look like them.

mod approve;
mod component_steps;
mod contents;
mod control_plane;
mod crio;
mod deb;
mod error;
mod kernel;
mod kubeadm_files;
mod kubelet;
mod leaves;
mod network;
mod node;
mod packages;
mod paths;
mod programs;
mod ready;
mod registries;
mod registry;
mod site;
mod workers;

pub use contents::{Bytes, Contents, ContentsError};
pub use deb::DebName;
pub use error::PlanningError;
pub use leaves::leaves;
pub use registries::site_certificates;

use crate::{
    facts::Facts,
    plan::{FORMAT, HostName, Plan, PlannedStep},
    site_ca::SiteCertificates,
    steps::{FileContent, StepError},
};
use bundles::PublicKey;
use manifests::{Digest, Role, cluster::Cluster, lockfile::Lockfile};
use node::Node;
use site::Site;
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

    fn content(&self) -> FileContent {
        let Self { path, sha256, size } = self.clone();
        FileContent::Here { path, sha256, size }
    }
}

/// The steps that make the cluster, in an order that works. Hosts are prepared
/// side by side; a worker waits for the control plane only to join.
pub fn plan(inputs: &PlanInputs<'_>) -> Result<Plan, PlanningError> {
    let site = Site::new(inputs)?;
    // What could not be undone is not begun.
    leaves(inputs.lockfile)?;
    let mut steps = Vec::new();
    for host in &inputs.cluster.hosts {
        let node = Node::new(&site, host)?;
        steps.extend(prepare(&site, &node)?);
        steps.extend(match host.roles.contains(&Role::ControlPlane) {
            true => lead(&site, &node)?,
            false => workers::join(&site, &node)?,
        });
    }
    let Lockfile { release, version, serial, .. } = inputs.lockfile;
    Ok(Plan {
        format: FORMAT.into(),
        cluster: inputs.cluster.name.clone(),
        release: release.clone(),
        version: version.clone(),
        serial: *serial,
        bundle: inputs.bundle.clone(),
        cluster_file: inputs.cluster_file.clone(),
        steps,
    })
}

/// What every host needs before it can be a node.
fn prepare(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let mut steps = packages::steps(site, node)?;
    steps.extend(kernel::steps(site, node)?);
    steps.extend(programs::steps(site, node)?);
    if node.is_control_plane() {
        steps.extend(registry::steps(site, node)?);
    }
    steps.extend(registries::steps(site, node)?);
    steps.extend(crio::steps(site, node)?);
    steps.extend(kubelet::steps(node)?);
    Ok(steps)
}

/// What the control plane does for the whole cluster.
fn lead(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let mut steps = control_plane::steps(site, node)?;
    steps.extend(network::make(site, node)?);
    steps.extend(workers::invite(site, node)?);
    steps.push(approve::step(site, node)?);
    steps.extend(network::wait(site, node)?);
    steps.extend(ready::steps(site, node)?);
    steps.extend(component_steps::later(site, node)?);
    Ok(steps)
}

#[cfg(test)]
mod tests;
