//! The registry on the control plane: this program, serving the bundle from
//! where it lies. It is a service of the host, because pods need it to start.

use super::{
    error::PlanningError,
    node::{Draft, Node},
    paths::{REGISTRY_CERTIFICATE, REGISTRY_KEY, ours},
    site::{Certificates, Site},
};
use crate::{
    plan::{ManagedPath, Mode, PlannedStep},
    steps::{Action, PlaceFile, Start, Unit, WaitFor},
};
use bundles::PublicKey;
use console::text;
use manifests::Digest;

const PROGRAM: &str = "/usr/local/bin/bottari-installer";

/// Holds the port once the bundle is verified and the port is open.
const PORT_FILE: &str = "/run/bottari-registry/port";

/// The step after which it can be asked.
pub(super) const ANSWERS: &str = "answers";

/// Reading a bundle of many gigabytes from a slow disk takes its time.
const VERIFIED_SECONDS: u64 = 1800;

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let bundle = bundle_path(site)?;
    let mut steps = vec![program(site, node)?];
    let mut keys = Vec::new();
    for key in site.inputs.keys {
        let path: ManagedPath = format!("/etc/bottari/registry-trust/{}.pub", key.id()).parse()?;
        steps.push(trust(node, key, path.clone())?);
        keys.push(path);
    }
    if let Some(certificates) = site.certificates {
        steps.extend(show(node, certificates)?);
    }
    steps.push(place_bundle(site, node, bundle.clone())?);
    steps.push(service(site, node, &bundle, &keys)?);
    steps.push(answers(node)?);
    Ok(steps)
}

fn bundle_path(site: &Site<'_>) -> Result<ManagedPath, PlanningError> {
    let lockfile = site.inputs.lockfile;
    let name = format!("{}-{}-{}", lockfile.release, lockfile.version, lockfile.serial);
    Ok(format!("/var/lib/bottari/bundles/{name}.bottari.tar.zst").parse()?)
}

fn program(site: &Site<'_>, node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let (title, why) =
        ("place bottari-installer".into(), "the registry is this program, serving the bundle");
    let action = PlaceFile::program(ours(PROGRAM), site.inputs.installer.content());
    let draft = Draft { phase: "registry", name: "program", title, why };
    node.step(draft, Action::PlaceFile(action))
}

fn trust(
    node: &Node<'_>,
    key: &PublicKey,
    path: ManagedPath,
) -> Result<PlannedStep, PlanningError> {
    let title = format!("place key {}", key.id());
    let why = "the registry verifies the bundle again, each time it starts";
    let name = format!("key-{}", key.id());
    let action = PlaceFile::text(path, key.render());
    let draft = Draft { phase: "registry", name: &name, title, why };
    node.step(draft, Action::PlaceFile(action))
}

/// What the registry shows, and the key that proves it is the one to show it.
fn show(
    node: &Node<'_>,
    Certificates { server, .. }: Certificates<'_>,
) -> Result<[PlannedStep; 2], PlanningError> {
    let (mode, content) = (Mode::secret(), server.key.clone());
    let key = PlaceFile { mode, content, ..PlaceFile::text(ours(REGISTRY_KEY), "") };
    let content = server.certificate.clone();
    let certificate = PlaceFile { content, ..PlaceFile::text(ours(REGISTRY_CERTIFICATE), "") };
    let draft =
        |name, title: &str, why| Draft { phase: "registry", name, title: title.into(), why };
    let why = "it proves that the registry is the one the certificate is for";
    let key = node
        .step(draft("tls-key", "place the registry's private key", why), Action::PlaceFile(key))?;
    let why = "hosts check it against the site CA, each time they pull";
    let certificate = node.step(
        draft("tls-certificate", "place the registry's certificate", why),
        Action::PlaceFile(certificate),
    )?;
    Ok([key, certificate])
}

fn place_bundle(
    site: &Site<'_>,
    node: &Node<'_>,
    path: ManagedPath,
) -> Result<PlannedStep, PlanningError> {
    let bundle = site.inputs.bundle_file;
    let title = format!("copy the bundle, {}", text::size(bundle.size()));
    let why = "every image of the cluster is read from it, also long after this installation";
    let action = PlaceFile { content: bundle.content(), ..PlaceFile::text(path, "") };
    let draft = Draft { phase: "registry", name: "bundle", title, why };
    node.step(draft, Action::PlaceFile(action))
}

fn service(
    site: &Site<'_>,
    node: &Node<'_>,
    bundle: &ManagedPath,
    keys: &[ManagedPath],
) -> Result<PlannedStep, PlanningError> {
    let address = site.registry();
    let title = format!("serve the bundle on {address}");
    let why = "hosts pull images from here and from nowhere else";
    let mut watches = [&[ours(PROGRAM)], keys].concat();
    let mut options = String::new();
    if site.certificates.is_some() {
        watches.extend([ours(REGISTRY_CERTIFICATE), ours(REGISTRY_KEY)]);
        options = format!("--tls-cert {REGISTRY_CERTIFICATE} --tls-key {REGISTRY_KEY} ");
    }
    options.extend(keys.iter().map(|key| format!("--trust {key} ")));
    let unit = "bottari-registry.service".parse()?;
    // Watching the bundle itself would read all of it at each look.
    let text = unit_text(site.inputs.bundle_file.sha256(), &address, &format!("{options}{bundle}"));
    let draft = Draft { phase: "registry", name: "service", title, why };
    node.step(draft, Action::Unit(Unit { unit, text, watches, start: Start::Now }))
}

fn unit_text(bundle: &Digest, address: &str, arguments: &str) -> String {
    format!(
        "[Unit]\n\
         Description=Registry of the cluster, serving a bundle from where it lies\n\
         Wants=network-online.target\n\
         After=network-online.target\n\
         Before=crio.service kubelet.service\n\
         StartLimitIntervalSec=0\n\
         X-Bundle={bundle}\n\
         \n\
         [Service]\n\
         ExecStart={PROGRAM} serve --listen {address} --port-file {PORT_FILE} \
         --access-log /var/log/bottari/registry.jsonl \
         --state-dir /var/lib/bottari/registry {arguments}\n\
         RuntimeDirectory=bottari-registry\n\
         StateDirectory=bottari/registry\n\
         LogsDirectory=bottari\n\
         NoNewPrivileges=yes\n\
         Restart=always\n\
         RestartSec=2\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n"
    )
}

fn answers(node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let expected = "the registry has verified the bundle and answers";
    let title = "wait until the registry answers".into();
    let why = "it verifies the whole bundle first";
    let script = format!("[ -s {PORT_FILE} ]");
    let action = WaitFor { script, expected: expected.into(), deadline_seconds: VERIFIED_SECONDS };
    node.step(Draft { phase: "registry", name: ANSWERS, title, why }, Action::WaitFor(action))
}
