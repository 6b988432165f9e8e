//! The end: nodes are Ready and names are found.

use super::{
    error::PlanningError,
    node::{Draft, Node},
    paths::{ADMIN, KUBECTL},
    site::Site,
};
use crate::{
    plan::PlannedStep,
    steps::{Action, WaitFor},
};

const SECONDS: u64 = 300;

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let hosts = site.inputs.cluster.hosts.iter();
    let nodes: Vec<_> = hosts.map(|host| format!("node/{}", host.name)).collect();
    let nodes = nodes.join(" ");
    Ok(vec![
        wait(
            node,
            ("nodes", "wait until every node is Ready"),
            "a node is Ready once its runtime and its network work",
            ("every node is Ready", format!("wait --for=condition=Ready --timeout=5s {nodes}")),
        )?,
        wait(
            node,
            ("dns", "wait for CoreDNS"),
            "its pods are the first that need all of it: images, network, Services",
            (
                "CoreDNS runs",
                "-n kube-system rollout status --timeout=5s deployment/coredns".to_owned(),
            ),
        )?,
    ])
}

fn wait(
    node: &Node<'_>,
    (name, title): (&str, &str),
    why: &str,
    (expected, arguments): (&str, String),
) -> Result<PlannedStep, PlanningError> {
    let script = format!("{KUBECTL} --kubeconfig={ADMIN} {arguments} > /dev/null");
    let action = WaitFor { script, expected: expected.to_owned(), deadline_seconds: SECONDS };
    let draft = Draft { phase: "ready", name, title: title.to_owned(), why };
    node.step(draft, Action::WaitFor(action))
}
