//! The control plane: kubeadm makes it, once.

use super::{
    error::PlanningError,
    kubeadm_files,
    node::{Draft, Node},
    paths::{ADMIN, CRIO_SOCKET, KUBEADM, KUBECTL, ours},
    site::Site,
};
use crate::{
    plan::{Mode, PlannedStep},
    steps::{Action, FileContent, KubectlApply, PlaceFile, RunUnit},
};

const INIT_FILE: &str = "/etc/kubernetes/bottari/init.yaml";

/// Written as the last act, so that half a control plane is not taken for one.
const INIT_DONE: &str = "/etc/kubernetes/bottari/init-done";

const INIT_SECONDS: u64 = 900;

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let mut steps = vec![init_file(site, node)?, init(node)?, kubeconfig(node)?];
    if !site.has_nameservers {
        steps.push(cluster_dns(site, node)?);
    }
    Ok(steps)
}

fn init_file(site: &Site<'_>, node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let title = "write what kubeadm shall make".into();
    let why = "networks, versions and addresses of the cluster stand in it";
    let action = PlaceFile::text(ours(INIT_FILE), kubeadm_files::init(site, node));
    let draft = Draft { phase: "cluster", name: "init-file", title, why };
    node.step(draft, Action::PlaceFile(action))
}

fn init(node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let title = "make the control plane".into();
    let why = "kubeadm makes certificates, etcd, the API server and its helpers";
    let script = format!(
        "kubeadm init --config {INIT_FILE} --skip-token-print\ntouch {INIT_DONE}\nsync {INIT_DONE}"
    );
    let done_when = format!("[ -f {INIT_DONE} ] && [ -f {ADMIN} ]");
    let action = RunUnit {
        script,
        done_when: Some(done_when),
        before_retry: Some(clean_up()),
        deadline_seconds: INIT_SECONDS,
    };
    node.step(Draft { phase: "cluster", name: "init", title, why }, Action::RunUnit(action))
}

/// Takes away what half an attempt has left. Only ever run when no attempt has
/// come to a good end, so there is no cluster to lose.
pub(super) fn clean_up() -> String {
    format!("{KUBEADM} reset --force --cri-socket {CRIO_SOCKET}")
}

fn kubeconfig(node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let title = "let root of this host use kubectl".into();
    let why = "whoever looks after the cluster begins here";
    let content = FileContent::OtherHost { host: node.name().clone(), path: ours(ADMIN) };
    let file = PlaceFile::text(ours("/root/.kube/config"), "");
    let action = PlaceFile { content, mode: Mode::secret(), ..file };
    let draft = Draft { phase: "cluster", name: "kubeconfig", title, why };
    node.step(draft, Action::PlaceFile(action))
}

/// `CoreDNS` forwards foreign names to the host's name servers and does not start
/// where there are none.
fn cluster_dns(site: &Site<'_>, node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let title = "keep CoreDNS to the names of the cluster".into();
    let why = "a host has no name server to ask for others, without which CoreDNS does not start";
    let text = corefile(site.inputs.cluster.network.domain.as_str());
    let action = KubectlApply {
        kubectl: ours(KUBECTL),
        kubeconfig: ours(ADMIN),
        content: FileContent::Text { text },
        patches: Vec::new(),
    };
    let draft = Draft { phase: "cluster", name: "dns", title, why };
    node.step(draft, Action::KubectlApply(action))
}

/// What kubeadm writes, without `forward`.
fn corefile(domain: &str) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: coredns
  namespace: kube-system
data:
  Corefile: |
    .:53 {{
        errors
        health {{
           lameduck 5s
        }}
        ready
        kubernetes {domain} in-addr.arpa ip6.arpa {{
           pods insecure
           fallthrough in-addr.arpa ip6.arpa
           ttl 30
        }}
        prometheus :9153
        cache 30 {{
           disable success {domain}
           disable denial {domain}
        }}
        loop
        reload
        loadbalance
    }}
"
    )
}
