//! Where image names lead: those of the bundle to our registry, all others to
//! nowhere. Images keep their names.
//!
//! `blocked` alone does not hold: CRI-O 1.34 then tries the name as an OCI
//! artifact and asks DNS for its `location`. So the location of what is blocked
//! is a closed port of the host itself, and the service's proxy settings (see
//! `crio.rs`) catch every name that no suffix here knows.

use super::{
    error::PlanningError,
    node::{Draft, Node},
    paths::{REGISTRY_CERTIFICATE, ours},
    site::Site,
};
use crate::{
    plan::{ManagedPath, PlannedStep},
    steps::{Action, PlaceFile},
};
use manifests::{Role, cluster::Cluster};

/// A port that nothing listens on: refused at once, and no packet leaves.
pub(super) const NOWHERE: &str = "127.0.0.1:1";

/// Ends of the names of registries that people use.
const SUFFIXES: [&str; 24] = [
    "app", "cloud", "cn", "com", "de", "dev", "edu", "eu", "example", "fr", "gov", "in",
    "internal", "io", "jp", "kr", "local", "net", "org", "ru", "sh", "uk", "us", "zone",
];

/// Files whose change asks for a new start of the runtime.
pub(super) fn files(site: &Site<'_>) -> Result<Vec<ManagedPath>, PlanningError> {
    let known = site.image_registries().into_iter().map(known_path);
    let mut paths = known.collect::<Result<Vec<_>, _>>()?;
    paths.extend([ours(MAIN), ours(BLOCKED), ours(POLICY)]);
    Ok(paths)
}

const MAIN: &str = "/etc/containers/registries.conf";
const BLOCKED: &str = "/etc/containers/registries.conf.d/90-blocked.conf";
const POLICY: &str = "/etc/containers/policy.json";

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let mut steps = Vec::from_iter(authority(site, node)?);
    steps.extend([
        place(
            node,
            "short-names",
            ("complete short image names", "a pod may say `busybox` for docker.io's"),
            PlaceFile::text(
                ours(MAIN),
                "unqualified-search-registries = [\"docker.io\"]\nshort-name-mode = \"disabled\"\n",
            ),
        )?,
        place(
            node,
            "policy",
            (
                "accept images without signatures",
                "the bundle was verified as a whole, each image with it",
            ),
            PlaceFile::text(
                ours(POLICY),
                "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}\n",
            ),
        )?,
    ]);
    for registry in site.image_registries() {
        steps.push(known(site, node, registry)?);
    }
    steps.push(place(
        node,
        "blocked",
        ("block all other registries", "what is not in the bundle fails at once, with no packet"),
        PlaceFile::text(ours(BLOCKED), SUFFIXES.map(blocked).concat()),
    )?);
    Ok(steps)
}

/// Where CRI-O looks for the CA of a registry, each time it pulls: in a folder
/// with the name that stands in `location`.
pub(super) fn authority_path(registry: &str) -> Result<ManagedPath, PlanningError> {
    Ok(format!("/etc/containers/certs.d/{registry}/ca.crt").parse()?)
}

/// The certificates of the site by what people call them, and where they lie on
/// the host with the registry. None when it speaks plain HTTP.
pub fn site_certificates(cluster: &Cluster) -> Vec<(&'static str, ManagedPath)> {
    let Some(host) = cluster.hosts_with(Role::ControlPlane).next() else { return Vec::new() };
    let registry = format!("{}:{}", host.address, cluster.registry.port);
    match authority_path(&registry) {
        Ok(authority) if cluster.registry.tls => {
            vec![("registry", ours(REGISTRY_CERTIFICATE)), ("site-ca", authority)]
        }
        _ => Vec::new(),
    }
}

fn authority(site: &Site<'_>, node: &Node<'_>) -> Result<Option<PlannedStep>, PlanningError> {
    let Some(certificates) = site.certificates else { return Ok(None) };
    let registry = site.registry();
    let title = format!("trust the site CA for {registry}");
    let why = "it signed the registry's certificate; nothing else on the host trusts it";
    let content = certificates.authority.clone();
    let file = PlaceFile { content, ..PlaceFile::text(authority_path(&registry)?, "") };
    place(node, "site-ca", (&title, why), file).map(Some)
}

fn known_path(registry: &str) -> Result<ManagedPath, PlanningError> {
    let name = registry.replace(':', "-");
    Ok(format!("/etc/containers/registries.conf.d/10-{name}.conf").parse()?)
}

fn known(site: &Site<'_>, node: &Node<'_>, registry: &str) -> Result<PlannedStep, PlanningError> {
    let ours = site.registry();
    let insecure = if site.certificates.is_none() { "insecure = true\n" } else { "" };
    let text = format!(
        "[[registry]]\nprefix = \"{registry}\"\nlocation = \"{ours}/{registry}\"\n{insecure}"
    );
    let title = format!("send {registry} to {ours}");
    let name = format!("to-{}", registry.replace(':', "-"));
    let why = "the bundle holds its images under their own names";
    place(node, &name, (&title, why), PlaceFile::text(known_path(registry)?, text))
}

fn blocked(suffix: &str) -> String {
    format!("[[registry]]\nprefix = \"*.{suffix}\"\nlocation = \"{NOWHERE}\"\nblocked = true\n")
}

fn place(
    node: &Node<'_>,
    name: &str,
    (title, why): (&str, &str),
    file: PlaceFile,
) -> Result<PlannedStep, PlanningError> {
    let title = title.to_owned();
    node.step(Draft { phase: "runtime", name, title, why }, Action::PlaceFile(file))
}
