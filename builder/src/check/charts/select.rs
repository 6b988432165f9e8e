//! Which charts can be rendered here, and what renders them.

use super::Unknown;
use manifests::{
    Arch, Version,
    component::Rendering,
    lockfile::{FileKind, LockedFile, Lockfile},
};
use std::env::consts;

/// Whether this file is needed to render charts.
pub(in crate::check) fn needs(lockfile: &Lockfile, file: &LockedFile) -> bool {
    let is_rendered =
        |file: &LockedFile| file.kind == FileKind::Chart && settings(lockfile, file).is_ok();
    let is_program = program(lockfile).is_some_and(|(program, _)| program == file);
    is_rendered(file) || (is_program && lockfile.files.iter().any(is_rendered))
}

/// What a chart is rendered with, when it can be rendered here.
pub(super) fn settings<'a>(
    lockfile: &Lockfile,
    chart: &'a LockedFile,
) -> Result<&'a Rendering, Unknown> {
    let machine = || format!("{}-{}", consts::OS, here().map_or(consts::ARCH, Arch::as_str));
    program(lockfile).ok_or_else(|| Unknown::NoHelm { machine: machine() })?;
    chart.render.as_ref().ok_or(Unknown::NoSettings)
}

/// The archive of the Helm that runs here.
pub(super) fn program(lockfile: &Lockfile) -> Option<(&LockedFile, Arch)> {
    let arch = here()?;
    let is_helm = |file: &&LockedFile| {
        let name = file.name.as_str();
        file.component.as_str() == "helm" && file.arch == Some(arch) && name.ends_with(".tar.gz")
    };
    lockfile.files.iter().find(is_helm).map(|file| (file, arch))
}

/// The architecture of this machine, when K-PaaS runs on it.
fn here() -> Option<Arch> {
    match (consts::OS, consts::ARCH) {
        ("linux", "x86_64") => Some(Arch::Amd64),
        ("linux", "aarch64") => Some(Arch::Arm64),
        _ => None,
    }
}

/// The version that kubeadm makes a cluster of.
pub(super) fn kubernetes(lockfile: &Lockfile) -> Option<&Version> {
    let is_kubeadm = |file: &&LockedFile| {
        (file.component.as_str(), file.name.as_str()) == ("kubernetes", "kubeadm")
    };
    lockfile.files.iter().find(is_kubeadm).map(|file| &file.version)
}
