//! Debian packages that a component brings for this host, all in one go: they
//! may need each other.

use super::{
    error::PlanningError,
    node::{Draft, Node},
    site::Site,
};
use crate::{
    plan::PlannedStep,
    steps::{Action, Deb, Packages},
};
use manifests::lockfile::LockedFile;

/// How long another package manager may hold dpkg's lock, in seconds.
const LOCK_SECONDS: u64 = 300;

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let packages: Vec<Deb> =
        node.packages(site).map(|file| deb(site, node, file)).collect::<Result<_, _>>()?;
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<_> = packages.iter().map(|deb| deb.name.as_str()).collect();
    let title = format!("install {}", names.join(", "));
    let why = "the container runtime and Kubernetes call what is in them";
    let draft = Draft { phase: "prepare", name: "packages", title, why };
    let action = Packages { packages, lock_seconds: LOCK_SECONDS };
    Ok(vec![node.step(draft, Action::Packages(action))?])
}

fn deb(site: &Site<'_>, node: &Node<'_>, file: &LockedFile) -> Result<Deb, PlanningError> {
    let known = site.inputs.contents.packages.get(&file.digest);
    let known = known.ok_or_else(|| {
        node.lacks(file.component.as_str(), &format!("readable package `{}`", file.name))
    })?;
    let content = node.artifact(site, file)?;
    Ok(Deb { name: known.name.clone(), version: known.version.clone(), content })
}
