//! The pod network: the manifests of the component that the cluster file names,
//! applied as they came.

use super::{
    PlanningError,
    node::{Draft, Node},
    paths::{ADMIN, KUBECTL, ours},
    site::Site,
};
use crate::{
    plan::PlannedStep,
    steps::{Action, KubectlApply},
};
use manifests::lockfile::{FileKind, LockedFile};

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let plugin = &site.inputs.cluster.network.plugin;
    let files = site.inputs.lockfile.files.iter();
    let manifests: Vec<_> = files
        .filter(|file| file.component == *plugin && file.kind == FileKind::Manifest)
        .map(|file| apply(site, node, file))
        .collect::<Result<_, _>>()?;
    match manifests.is_empty() {
        true => Err(PlanningError::NoManifest { component: plugin.to_string() }),
        false => Ok(manifests),
    }
}

fn apply(
    site: &Site<'_>,
    node: &Node<'_>,
    file: &LockedFile,
) -> Result<PlannedStep, PlanningError> {
    let title = format!("apply {} {}", file.component, file.version);
    let why = "it connects the pods of all nodes; until then none is Ready";
    let content = node.artifact(site, file)?;
    let action = KubectlApply { kubectl: ours(KUBECTL), kubeconfig: ours(ADMIN), content };
    let name = format!("network-{}", file.name);
    let draft = Draft { phase: "cluster", name: &name, title, why };
    node.step(draft, Action::KubectlApply(action))
}
