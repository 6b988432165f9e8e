//! How a cluster stands: every step looked at once more, and what Kubernetes
//! says of itself. Changes nothing. What cannot be found out is told as such.

use super::ADMIN_CONF;
use crate::{
    plan::{HostName, ManagedPath, PlannedStep, StepId},
    site_ca,
    steps::{Need, Remote, StepError},
    transport::{Finished, RemoteCommand},
};
use serde::Serialize;
use serde_json::Value;
use std::time::SystemTime;

/// Where steps put the programs of Kubernetes; an operator's own `PATH` may
/// know others.
const PATH: &str = "PATH=/usr/local/bin:$PATH\n";
const NODES: &str = r#"exec kubectl --kubeconfig "$1" get nodes -o json --request-timeout=10s"#;
const CERTIFICATES: &str = r#"exec kubeadm certs check-expiration -o json --kubeconfig "$1""#;
const REGISTRY: &str = "systemctl is-active bottari-registry.service || :";

/// More than any certificate has, in bytes.
const LARGEST_CERTIFICATE: u64 = 64 * 1024;

/// A step whose work is not, or not any more, on its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The host.
    pub host: HostName,
    /// The step.
    pub step: StepId,
    /// What it does.
    pub title: String,
    /// What was found missing, or why nothing could be found out.
    pub why: String,
}

/// A node as the API server sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Whether it is Ready.
    pub ready: bool,
    /// The version of its kubelet.
    pub version: String,
    /// Its container runtime with the version.
    pub runtime: String,
}

/// A certificate of the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// What kubeadm calls it.
    pub name: String,
    /// When it ends, in RFC 3339.
    pub ends: String,
}

/// What the steps that were looked at lack.
pub fn missing(found: Vec<(&PlannedStep, Result<Need, StepError>)>) -> Vec<Missing> {
    let missing = |(step, need): (&PlannedStep, Result<Need, StepError>)| {
        let why = match need {
            Ok(Need::Satisfied) => return None,
            Ok(Need::Needed(why)) => why,
            Err(error) => error.to_string(),
        };
        let (host, step, title) = (step.host.clone(), step.id.clone(), step.title.clone());
        Some(Missing { host, step, title, why })
    };
    found.into_iter().filter_map(missing).collect()
}

/// The nodes, asked on a control plane; else why they are not known.
pub async fn nodes(control_plane: Remote<'_>) -> Result<Vec<Node>, String> {
    let json = ask_json(control_plane, "list the nodes", NODES).await?;
    let text = |value: &Value, place: &str| {
        value.pointer(place).and_then(Value::as_str).unwrap_or("?").to_owned()
    };
    let is_ready =
        |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
    let node = |item: &Value| Node {
        name: text(item, "/metadata/name"),
        ready: list(&item["status"]["conditions"]).any(is_ready),
        version: text(item, "/status/nodeInfo/kubeletVersion"),
        runtime: text(item, "/status/nodeInfo/containerRuntimeVersion"),
    };
    Ok(list(&json["items"]).map(node).collect())
}

/// The certificates of a control plane; else why they are not known.
pub async fn certificates(control_plane: Remote<'_>) -> Result<Vec<Certificate>, String> {
    let json = ask_json(control_plane, "look at certificates", CERTIFICATES).await?;
    let certificate = |item: &Value| {
        let text = |name: &str| item[name].as_str().map(str::to_owned);
        Some(Certificate { name: text("name")?, ends: text("expirationDate")? })
    };
    let all = list(&json["certificates"]).chain(list(&json["certificateAuthorities"]));
    Ok(all.filter_map(certificate).collect())
}

/// A certificate of the site as it lies on a host, and whether to renew it; nothing
/// when it is not there, which its step tells; else why it is not known.
pub async fn placed_certificate(
    host: Remote<'_>,
    (name, path): (&str, &ManagedPath),
    now: SystemTime,
) -> Result<Option<(Certificate, bool)>, String> {
    let read = host.transport.read_file(&path.to_host_path(), LARGEST_CERTIFICATE).await;
    let Some(bytes) = read.map_err(|error| error.to_string())? else { return Ok(None) };
    let end = site_ca::end(&bytes, now);
    let end = end.ok_or_else(|| format!("{}: `{path}` is no certificate", host.name))?;
    Ok(Some((Certificate { name: name.to_owned(), ends: end.to_string() }, end.due)))
}

/// What systemd says of the registry on a host.
pub async fn registry(host: Remote<'_>) -> Result<String, String> {
    let finished = ask(host, "look at the registry", REGISTRY).await?;
    Ok(finished.text().trim().to_owned())
}

async fn ask_json(host: Remote<'_>, title: &str, script: &str) -> Result<Value, String> {
    let text = ask(host, title, script).await?.text();
    // Programs greet before they answer.
    let json = text.find('{').map_or("", |start| &text[start..]);
    serde_json::from_str(json).map_err(|error| format!("{}: `{title}`: {error}", host.name))
}

async fn ask(host: Remote<'_>, title: &str, script: &str) -> Result<Finished, String> {
    let command = RemoteCommand::script(title, &format!("{PATH}{script}"), [ADMIN_CONF]);
    let finished = host.transport.run(&command).await.map_err(|error| error.to_string())?;
    finished.expect_success(host.name.as_str(), title).map_err(|error| error.to_string())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
