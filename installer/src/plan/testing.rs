//! Small plans for tests.

use super::{FORMAT, Plan, PlannedStep};
use crate::steps::{Action, MakeFolder};

/// A plan with these steps, of a release and a cluster that do not matter.
pub(crate) fn plan(steps: Vec<PlannedStep>) -> Plan {
    let digest = |byte: &str| format!("sha256:{}", byte.repeat(32)).parse().unwrap();
    Plan {
        format: FORMAT.into(),
        cluster: "north".parse().unwrap(),
        release: "demo".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        serial: 1,
        bundle: digest("0a"),
        cluster_file: digest("0b"),
        steps,
    }
}

/// A step that makes a folder named by the last part of its id.
pub(crate) fn step(id: &str, needs: &[&str]) -> PlannedStep {
    let name = id.rsplit('/').next().unwrap();
    let path = format!("/etc/bottari/{name}").parse().unwrap();
    with_action(id, needs, Action::MakeFolder(MakeFolder::new(path)))
}

/// A step that does something.
pub(crate) fn with_action(id: &str, needs: &[&str], action: Action) -> PlannedStep {
    PlannedStep {
        id: id.parse().unwrap(),
        host: id.split('/').next().unwrap().parse().unwrap(),
        phase: "prepare".parse().unwrap(),
        title: format!("do {}", id.rsplit('/').next().unwrap()),
        why: "the test wants it".into(),
        needs: needs.iter().map(|need| need.parse().unwrap()).collect(),
        action,
    }
}
