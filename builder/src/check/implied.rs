//! Images that no manifest names because a program on the host asks for them, as
//! the installer sets it up: kubeadm those of the control plane, CRI-O the one
//! that holds each pod.

use super::finding::{Finding, Place, Reference};
use manifests::lockfile::{FileKind, LockedFile, Lockfile};

/// Where kubeadm looks, because the installer writes it so.
const REGISTRY: &str = "registry.k8s.io";

/// What kubeadm asks for in the version of Kubernetes.
const SAME_VERSION: [&str; 4] =
    ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];

/// What it asks for in a version that the installer takes from the lockfile.
const ANY_VERSION: [&str; 3] = ["coredns/coredns", "etcd", "pause"];

/// What the programs of a lockfile ask for.
pub(super) fn findings(lockfile: &Lockfile) -> Vec<Finding> {
    let programs = lockfile.files.iter().filter(|file| file.kind == FileKind::File);
    programs.flat_map(asked_by).collect()
}

fn asked_by(file: &LockedFile) -> Vec<Finding> {
    match (file.component.as_str(), file.name.as_str()) {
        ("kubernetes", "kubeadm") => kubeadm(file),
        ("cri-o", _) => vec![finding(file, "CRI-O", "pause_image", any("pause"))],
        _ => Vec::new(),
    }
}

fn kubeadm(file: &LockedFile) -> Vec<Finding> {
    let image = |name| format!("{REGISTRY}/{name}:{}", file.version).parse().ok();
    let same = SAME_VERSION.into_iter().filter_map(image).map(Reference::Image);
    let asked = same.chain(ANY_VERSION.map(any));
    asked.map(|reference| finding(file, "kubeadm", "its own list of images", reference)).collect()
}

fn any(name: &str) -> Reference {
    Reference::AnyTag(format!("{REGISTRY}/{name}"))
}

fn finding(file: &LockedFile, object: &str, field: &str, reference: Reference) -> Finding {
    let place = Place {
        component: file.component.clone(),
        version: file.version.clone(),
        file: file.name.to_string(),
        template: None,
        object: object.to_owned(),
        field: field.to_owned(),
    };
    Finding { reference, place }
}
