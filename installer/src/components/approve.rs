//! Kubelets ask for certificates to serve logs with. Nobody signs them unasked,
//! so we do, for the nodes of the cluster file and nobody else.

use super::{
    error::PlanningError,
    node::{Draft, Node},
    paths::{ADMIN, KUBECTL},
    site::Site,
    workers,
};
use crate::{
    plan::PlannedStep,
    steps::{Action, RunUnit},
};

const SECONDS: u64 = 300;

/// Names and askers of requests that nobody has answered.
const PENDING: &str = r#"{{range .items}}{{if eq .spec.signerName "kubernetes.io/kubelet-serving"}}{{if not .status.conditions}}{{.metadata.name}} {{.spec.username}}{{"\n"}}{{end}}{{end}}{{end}}"#;

pub(super) fn step(site: &Site<'_>, node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let title = "sign the kubelets' certificates".into();
    let why = "without them nobody can read logs or look into pods";
    let shared = shared(site);
    let script = format!(
        r#"{shared}
tries=0
while :; do
  pending | while read -r name user; do {KUBECTL} --kubeconfig={ADMIN} certificate approve "$name"; done
  missing=$(silent)
  [ -n "$missing" ] || break
  tries=$((tries + 1))
  if [ "$tries" -ge {SECONDS} ]; then echo "these kubelets do not answer:$missing"; exit 1; fi
  sleep 1
done"#
    );
    let done_when = format!(
        r#"{shared}
missing=$(silent)
if [ -n "$missing" ]; then echo "these kubelets do not answer:$missing" >&2; exit 1; fi
[ -z "$(pending)" ]"#
    );
    let action = RunUnit {
        script,
        done_when: Some(done_when),
        before_retry: None,
        deadline_seconds: SECONDS + 60,
    };
    let draft = Draft { phase: "ready", name: "certificates", title, why };
    let mut step = node.step(draft, Action::RunUnit(action))?;
    step.needs = workers::of(site).map(workers::joined).collect::<Result<_, _>>()?;
    Ok(step)
}

/// `pending` lists requests of our nodes, `silent` nodes whose kubelet cannot be
/// reached over TLS.
fn shared(site: &Site<'_>) -> String {
    let nodes: Vec<_> = site.inputs.cluster.hosts.iter().map(|host| host.name.as_str()).collect();
    let nodes = nodes.join(" ");
    format!(
        r#"ask() {{ {KUBECTL} --kubeconfig={ADMIN} "$@"; }}
pending() {{
  ask get csr -o go-template='{PENDING}' | while read -r name user; do
    for node in {nodes}; do if [ "$user" = "system:node:$node" ]; then echo "$name $user"; fi; done
  done
}}
silent() {{
  for node in {nodes}; do
    ask get --raw "/api/v1/nodes/$node/proxy/healthz" > /dev/null 2>&1 || printf ' %s' "$node"
  done
}}"#
    )
}
