//! What holds for the whole cluster, found once: the control plane, the
//! registry, the versions.

use super::{error::PlanningError, inputs::PlanInputs};
use crate::{site_ca::ServerFiles, steps::FileContent};
use manifests::{
    ImageRef, Role,
    cluster::Host,
    lockfile::{FileKind, LockedImage},
};
use std::collections::BTreeSet;

/// Where kubeadm looks for the images of the control plane.
pub(super) const KUBERNETES_IMAGES: &str = "registry.k8s.io";

/// The images that kubeadm asks for with the version of Kubernetes.
const SAME_VERSION: [&str; 4] =
    ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];

/// What makes the registry's word good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Certificates<'a> {
    pub(super) authority: &'a FileContent,
    pub(super) server: &'a ServerFiles,
}

/// The cluster in the words of its plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) inputs: &'a PlanInputs<'a>,
    pub(super) control_plane: &'a Host,
    /// What the registry shows; none when it speaks plain HTTP.
    pub(super) certificates: Option<Certificates<'a>>,
    /// The version of Kubernetes, with its `v`.
    pub(super) kubernetes: &'a str,
    pub(super) etcd_tag: &'a str,
    pub(super) coredns_tag: &'a str,
    pub(super) pause: &'a ImageRef,
    /// Whether some host shares its kernel and its disk with others.
    pub(super) has_containers: bool,
    /// Whether every host can look names up outside the cluster.
    pub(super) has_nameservers: bool,
}

impl<'a> Site<'a> {
    pub(super) fn new(inputs: &'a PlanInputs<'a>) -> Result<Self, PlanningError> {
        let control_plane = inputs.cluster.hosts_with(Role::ControlPlane).next();
        let control_plane = control_plane.ok_or(PlanningError::NoControlPlane)?;
        for (component, why) in [
            ("kubernetes", "holds kubeadm, kubelet and the control plane"),
            ("cri-o", "runs the containers"),
            ("cni-plugins", "connects containers"),
        ] {
            require(inputs, component, why)?;
        }
        let kubernetes = version(inputs, "kubernetes");
        for image in SAME_VERSION {
            exactly(inputs, &format!("{KUBERNETES_IMAGES}/{image}:{kubernetes}"))?;
        }
        let image = |name, why| tagged(inputs, &format!("{KUBERNETES_IMAGES}/{name}"), why);
        Ok(Self {
            inputs,
            control_plane,
            certificates: certificates(inputs, control_plane)?,
            kubernetes,
            etcd_tag: tag(image("etcd", "keeps the state of the cluster")?),
            coredns_tag: tag(image("coredns/coredns", "looks names up in the cluster")?),
            pause: image("pause", "holds each pod together")?,
            has_containers: inputs.facts.values().any(crate::facts::Facts::is_container),
            has_nameservers: inputs.facts.values().all(|facts| !facts.nameservers.is_empty()),
        })
    }

    /// Where hosts reach our registry.
    pub(super) fn registry(&self) -> String {
        format!("{}:{}", self.control_plane.address, self.inputs.cluster.registry.port)
    }

    /// The registries that some image of the bundle is named after.
    pub(super) fn image_registries(&self) -> BTreeSet<&'a str> {
        let images = self.inputs.lockfile.images.iter();
        images.flat_map(|image| image.names().map(ImageRef::registry)).collect()
    }
}

fn certificates<'a>(
    inputs: &PlanInputs<'a>,
    control_plane: &Host,
) -> Result<Option<Certificates<'a>>, PlanningError> {
    if !inputs.cluster.registry.tls {
        return Ok(None);
    }
    let host = &control_plane.name;
    let all = inputs.certificates.and_then(|all| Some((all, all.servers.get(host)?)));
    let (all, server) = all.ok_or_else(|| PlanningError::NoCertificate { host: host.clone() })?;
    Ok(Some(Certificates { authority: &all.authority, server }))
}

fn require(
    inputs: &PlanInputs<'_>,
    component: &str,
    why: &'static str,
) -> Result<(), PlanningError> {
    let files = inputs.lockfile.files.iter().map(|file| &file.component);
    let mut all = files.chain(inputs.lockfile.images.iter().map(|image| &image.component));
    match all.any(|name| name.as_str() == component) {
        true => Ok(()),
        false => Err(PlanningError::Component { component: component.to_owned(), why }),
    }
}

/// The version of a component that the control plane takes files of.
fn version<'a>(inputs: &PlanInputs<'a>, component: &str) -> &'a str {
    let mut files = inputs.lockfile.files.iter();
    let file = files.find(|file| {
        file.kind == FileKind::File
            && file.component.as_str() == component
            && file.roles.contains(&Role::ControlPlane)
    });
    file.map_or("", |file| file.version.as_str())
}

/// The first name with a tag that some image of the bundle answers to. One that is
/// stated is there for another program, in the version which that one wants.
fn tagged<'a>(
    inputs: &PlanInputs<'a>,
    name: &str,
    why: &'static str,
) -> Result<&'a ImageRef, PlanningError> {
    let images = inputs.lockfile.images.iter().filter(|image| image.stated.is_none());
    let mut names = images.flat_map(LockedImage::names);
    let found = names.find(|image| image.name() == name && image.tag().is_some());
    found.ok_or_else(|| PlanningError::Image { image: name.to_owned(), why })
}

fn exactly(inputs: &PlanInputs<'_>, name: &str) -> Result<(), PlanningError> {
    let mut names = inputs.lockfile.images.iter().flat_map(LockedImage::names);
    if names.any(|image| image.to_string() == name) {
        return Ok(());
    }
    let why = "is part of this version of Kubernetes";
    Err(PlanningError::Image { image: name.to_owned(), why })
}

fn tag(image: &ImageRef) -> &str {
    image.tag().unwrap_or("latest")
}
