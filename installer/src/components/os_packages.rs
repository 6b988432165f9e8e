//! What a host needs of its system beside the files of components: packages of
//! Debian or Ubuntu, from the repository that the registry serves.

use super::{
    error::PlanningError,
    node::{Draft, Node, step_id},
    paths::ours,
    registry,
    site::Site,
};
use crate::{
    packages::{Needed, Repository},
    plan::PlannedStep,
    serve::home_of,
    steps::{Action, OsPackages, PlaceFile},
};

/// The site CA, for apt alone.
const AUTHORITY: &str = "/etc/bottari/packages-ca.crt";

/// How long another package manager may hold dpkg, in seconds. A site's own
/// updates of the night take minutes.
const LOCK_SECONDS: u64 = 600;

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let Some(needed) = needed(site, node)? else { return Ok(Vec::new()) };
    let names: Vec<_> = needed.wishes.iter().map(|wish| wish.name().to_string()).collect();
    let title = format!("install OS packages: {}", names.join(", "));
    let why = "Kubernetes and its components call what is in them; what the host has stays";
    let draft = Draft { phase: "prepare", name: "os-packages", title, why };
    let action = OsPackages {
        repository: repository(site, node, &needed)?,
        wishes: needed.wishes,
        start: needed.start,
        lock_seconds: LOCK_SECONDS,
    };
    let mut step = node.step(draft, Action::OsPackages(action))?;
    let server = &site.control_plane.name;
    if node.name() != server {
        step.needs.push(step_id(server, "registry", registry::ANSWERS)?);
    }
    let mut steps = Vec::from_iter(authority(site, node)?);
    steps.push(step);
    Ok(steps)
}

/// What vouches for the server, where apt's helper user can read it.
fn authority(site: &Site<'_>, node: &Node<'_>) -> Result<Option<PlannedStep>, PlanningError> {
    let Some(certificates) = site.certificates else { return Ok(None) };
    let content = certificates.authority.clone();
    let file = PlaceFile { content, ..PlaceFile::text(ours(AUTHORITY), "") };
    let title = "place the site CA for packages".to_owned();
    let why = "it signed the certificate of the server that packages come from";
    let draft = Draft { phase: "prepare", name: "packages-ca", title, why };
    node.step(draft, Action::PlaceFile(file)).map(Some)
}

/// What the host needs, if anything.
fn needed(site: &Site<'_>, node: &Node<'_>) -> Result<Option<Needed>, PlanningError> {
    let lockfile = site.inputs.lockfile;
    let found = Needed::of(lockfile, node.facts, &node.host.roles);
    found.map_err(|found| PlanningError::System {
        host: node.name().clone(),
        found,
        carried: lockfile.systems.iter().map(|it| format!("{} {}", it.system, it.arch)).collect(),
    })
}

fn repository(
    site: &Site<'_>,
    node: &Node<'_>,
    needed: &Needed,
) -> Result<Repository, PlanningError> {
    let carried = site.inputs.contents.repositories.0.get(&needed.system);
    let carried = carried.filter(|carried| !carried.key.is_empty());
    let unsigned = || PlanningError::Repository { system: needed.system.to_string() };
    let home = home_of(&site.inputs.lockfile.release, &needed.system);
    let scheme = if site.certificates.is_some() { "https" } else { "http" };
    let carried = carried.ok_or_else(unsigned)?;
    Ok(Repository {
        // Another release may answer for the system itself, signed with another key.
        url: format!("{scheme}://{}/apt/{}", site.registry(), home).parse()?,
        arch: node.arch,
        key: carried.key.clone(),
        authority: site.certificates.map(|_| ours(AUTHORITY)),
        in_release: carried.in_release(),
    })
}
