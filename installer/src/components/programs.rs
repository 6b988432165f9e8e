//! The programs of Kubernetes and the container runtime.

use super::{
    contents::{ARCHIVES, Bytes, is_archive},
    error::PlanningError,
    node::{Draft, Node},
    paths::ours,
    site::Site,
};
use crate::{
    plan::PlannedStep,
    steps::{Action, PlaceFile, Unpack, Unpacked},
};
use manifests::lockfile::LockedFile;
use std::collections::BTreeMap;

/// What every node runs of the runtime's archive, and where it goes.
const RUNTIME: [(&str, &str); 4] = [
    ("crio", "/usr/local/bin"),
    ("pinns", "/usr/local/bin"),
    ("conmon", "/usr/libexec/crio"),
    ("runc", "/usr/libexec/crio"),
];

/// Documents that lie beside plugins in their archive.
const DOCUMENTS: [&str; 2] = ["LICENSE", "README.md"];

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let mut steps = kubernetes(site, node)?;
    steps.push(runtime(site, node)?);
    steps.push(plugins(site, node)?);
    Ok(steps)
}

fn kubernetes(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let mut programs = vec![
        ("kubeadm", "it makes this host a part of the cluster"),
        ("kubelet", "it runs the pods of this host"),
    ];
    if node.is_control_plane() {
        programs.push(("kubectl", "we and the operator talk to the cluster through it"));
    }
    let place = |(name, why): (&str, &str)| {
        let found = node.file(site, "kubernetes", |file| file.name.as_str() == name);
        let file = found.ok_or_else(|| node.lacks("kubernetes", &format!("program `{name}`")))?;
        let title = format!("place {name} {}", site.kubernetes);
        let path = ours(&format!("/usr/local/bin/{name}"));
        let action = Action::PlaceFile(PlaceFile::program(path, node.artifact(site, file)?));
        node.step(Draft { phase: "programs", name, title, why }, action)
    };
    programs.into_iter().map(place).collect()
}

fn runtime(site: &Site<'_>, node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let (file, members) = archive(site, node, ARCHIVES[0])?;
    let unpacked = |(name, folder): (&str, &str)| {
        let ending = format!("/bin/{name}");
        let found = members.iter().find(|(member, _)| member.ends_with(&ending));
        let found = found.ok_or_else(|| node.lacks(ARCHIVES[0], &format!("program `{name}`")))?;
        unpacked(found, &format!("{folder}/{name}"))
    };
    let files = RUNTIME.into_iter().map(unpacked).collect::<Result<_, _>>()?;
    let title =
        format!("unpack {} of CRI-O {}", RUNTIME.map(|(name, _)| name).join(", "), file.version);
    let why = "they pull images, start containers and watch over them";
    let action = Action::Unpack(Unpack::programs(node.artifact(site, file)?, files));
    node.step(Draft { phase: "programs", name: "cri-o", title, why }, action)
}

fn plugins(site: &Site<'_>, node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let (file, members) = archive(site, node, ARCHIVES[1])?;
    let programs = members.iter().filter(|(name, _)| !DOCUMENTS.contains(&name.as_str()));
    let files = programs.map(|found| unpacked(found, &format!("/opt/cni/bin/{}", found.0)));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    let title = format!("unpack {} network plugins {}", files.len(), file.version);
    let why = "pod networks are made of such plugins";
    let action = Action::Unpack(Unpack::programs(node.artifact(site, file)?, files));
    node.step(Draft { phase: "programs", name: "cni-plugins", title, why }, action)
}

type Members = BTreeMap<String, Bytes>;

fn archive<'a>(
    site: &Site<'a>,
    node: &Node<'a>,
    component: &str,
) -> Result<(&'a LockedFile, &'a Members), PlanningError> {
    let file = node.file(site, component, is_archive);
    let members = file.and_then(|file| site.inputs.contents.archives.get(&file.digest));
    file.zip(members).ok_or_else(|| node.lacks(component, "archive"))
}

fn unpacked((member, bytes): (&String, &Bytes), path: &str) -> Result<Unpacked, PlanningError> {
    let Bytes { sha256, size } = bytes.clone();
    Ok(Unpacked { member: member.clone(), path: path.parse()?, sha256, size })
}
