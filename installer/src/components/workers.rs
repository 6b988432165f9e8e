//! Workers join with a token that the control plane makes while they wait: it
//! stands in no plan and on no disk of the operator, and is void after hours.

use super::{
    control_plane::clean_up,
    error::PlanningError,
    kubeadm_files,
    node::{Draft, Node, step_id},
    paths::{ADMIN, KUBECTL, ours},
    site::Site,
};
use crate::{
    plan::{HostName, ManagedPath, Mode, PlannedStep},
    steps::{Action, FileContent, PlaceFile, RunUnit},
};
use manifests::{Role, cluster::Host};

const JOIN_FILE: &str = "/etc/kubernetes/bottari/join.yaml";

/// Written as the last act of joining.
const JOINED: &str = "/etc/kubernetes/bottari/join-done";

/// A node of this name is Ready until the API server has missed it for a while.
const GONE_SECONDS: u64 = 120;

const JOIN_SECONDS: u64 = 600;

/// The hosts that join.
pub(super) fn of<'a>(site: &Site<'a>) -> impl Iterator<Item = &'a Host> {
    let hosts = site.inputs.cluster.hosts.iter();
    hosts.filter(|host| !host.roles.contains(&Role::ControlPlane))
}

/// On the control plane: one invitation for each worker.
pub(super) fn invite(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    of(site).map(|worker| invitation(site, node, worker)).collect()
}

fn invitation(
    site: &Site<'_>,
    node: &Node<'_>,
    worker: &Host,
) -> Result<PlannedStep, PlanningError> {
    let (name, file) = (&worker.name, invitation_path(&worker.name)?);
    let text = kubeadm_files::join(site, name.as_str(), &worker.address.to_string());
    let script = format!(
        "file={file}
umask 077
export KUBECONFIG={ADMIN}
said=$(kubeadm token create --ttl 4h --description 'bottari: {name} joins' --print-join-command)
set -- $said
while [ $# -gt 1 ]; do
  case $1 in
    --token) token=$2 ;;
    --discovery-token-ca-cert-hash) hash=$2 ;;
  esac
  shift
done
cat > \"$file.new\" <<END
{text}END
mv -f \"$file.new\" \"$file\""
    );
    let action = RunUnit {
        script,
        done_when: Some(still_good(name, &file)),
        before_retry: None,
        deadline_seconds: 120,
    };
    let title = format!("invite {name}");
    let why = "joining takes a token that is good for four hours";
    let draft = Draft { phase: "join", name: &format!("invite-{name}"), title, why };
    node.step(draft, Action::RunUnit(action))
}

/// The worker has joined, or its token still counts.
fn still_good(name: &HostName, file: &ManagedPath) -> String {
    format!(
        r#"[ -f {file} ] || exit 1
ask() {{ {KUBECTL} --kubeconfig={ADMIN} "$@" 2>/dev/null; }}
ready='{{.status.conditions[?(@.type=="Ready")].status}}'
if [ "$(ask get node {name} -o jsonpath="$ready")" = True ]; then exit 0; fi
token=$(sed -n 's/^ *token: "\([a-z0-9]*\)\..*/\1/p' {file})
ask -n kube-system get secret "bootstrap-token-$token" > /dev/null"#
    )
}

fn invitation_path(worker: &HostName) -> Result<ManagedPath, PlanningError> {
    Ok(format!("/etc/kubernetes/bottari/join-{worker}.yaml").parse()?)
}

/// On the worker.
pub(super) fn join(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    Ok(vec![take(site, node)?, enter(node)?])
}

fn take(site: &Site<'_>, node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let host = site.control_plane.name.clone();
    let content = FileContent::OtherHost { host, path: invitation_path(node.name())? };
    let file = PlaceFile::text(ours(JOIN_FILE), "");
    let action = Action::PlaceFile(PlaceFile { content, mode: Mode::secret(), ..file });
    let title = "bring the invitation".into();
    let why = "it names the API server and how to know it by its certificate";
    let mut step = node.step(Draft { phase: "join", name: "file", title, why }, action)?;
    let invitation = format!("invite-{}", node.name());
    step.needs.push(step_id(&site.control_plane.name, "join", &invitation)?);
    Ok(step)
}

fn enter(node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let clean_up = clean_up();
    // After an attempt that was cut off the API server may still take this node
    // for Ready, and refuses a second one of its name until it has missed it.
    let script = format!(
        r#"waited=0
while :; do
  said=$(kubeadm join --config {JOIN_FILE} 2>&1) && status=0 || status=$?
  printf '%s\n' "$said"
  case $status:$said in
    0:*) break ;;
    *'already exists in the cluster'*) [ "$waited" -lt {GONE_SECONDS} ] || exit "$status" ;;
    *) exit "$status" ;;
  esac
  {clean_up}
  sleep 10
  waited=$((waited + 10))
done
touch {JOINED}
sync {JOINED}"#
    );
    let action = RunUnit {
        script,
        done_when: Some(format!("[ -f {JOINED} ] && [ -f /etc/kubernetes/kubelet.conf ]")),
        before_retry: Some(clean_up),
        deadline_seconds: JOIN_SECONDS,
    };
    let title = "join the cluster".into();
    let why = "from now on the control plane gives this host pods to run";
    let draft = Draft { phase: "join", name: "node", title, why };
    node.step(draft, Action::RunUnit(action))
}

/// The step after which a worker is a node.
pub(super) fn joined(worker: &Host) -> Result<crate::plan::StepId, PlanningError> {
    step_id(&worker.name, "join", "node")
}
