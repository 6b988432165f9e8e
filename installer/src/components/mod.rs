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
mod inputs;
mod kernel;
mod kubeadm_files;
mod kubelet;
mod leaves;
mod network;
mod node;
mod os_packages;
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
pub use inputs::{BundleFile, LocalFile, PlanInputs};
pub use leaves::leaves;
pub use registries::site_certificates;

use crate::plan::{FORMAT, Plan, PlannedStep};
use manifests::{Role, lockfile::Lockfile};
use node::Node;
use site::Site;

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
    // The registry is one static program, and what it serves is needed first.
    let packages = os_packages::steps(site, node)?;
    let is_early = !packages.is_empty();
    if is_early && node.is_control_plane() {
        steps.extend(registry::steps(site, node)?);
    }
    steps.extend(packages);
    steps.extend(kernel::steps(site, node)?);
    steps.extend(programs::steps(site, node)?);
    if !is_early && node.is_control_plane() {
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
