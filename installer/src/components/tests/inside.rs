//! What runs inside the cluster follows from the lockfile alone.

use super::{super::*, fixture::Fixture, has, step};
use crate::steps::{Action, FileContent, KubectlApply, WaitFor};
use manifests::{Failure, lockfile::LockedComponent};
use std::path::Path;

const COMPONENTS: &str = "\
- name: web-gate
  version: v2.0.0
  steps:
  - apply: web-gate.yaml
    patches:
    - target: {kind: Service, namespace: web, name: gate}
      why: the site gives it a fixed port
      merge: {spec: {ports: [{name: http, nodePort: 31080}]}}
  - wait: {condition: Complete, of: job/certificates, namespace: web}
    why: the gate starts with the certificate that it makes
  - wait: {rollout: deployment/gate, namespace: web, seconds: 60}
- name: lab-network
  version: v1.0.0
  provides: pod-network
  steps:
  - apply: lab-network.yaml
    why: it connects the pods of all nodes; until then none is Ready
  - wait: {rollout: daemonset/lab-network, namespace: kube-system}
    why: it writes what the container runtime makes pod networks of
  leaves:
    interfaces: [cni0, lab.vx]
- name: spare-network
  version: v1.0.0
  provides: pod-network
  steps:
  - apply: spare-network.yaml
  leaves:
    chains: [spare-]
";

/// The components of the fixture, in an order of their own.
pub(super) fn components() -> Vec<LockedComponent> {
    manifests::yaml::parse(Path::new("components"), COMPONENTS).unwrap()
}

fn ids<'a>(plan: &'a Plan, phase: &str) -> Vec<&'a str> {
    let of_phase = plan.steps.iter().filter(|step| step.phase.as_str() == phase);
    of_phase.map(|step| step.id.as_str()).collect()
}

fn position(plan: &Plan, id: &str) -> usize {
    plan.steps.iter().position(|step| step.id.as_str() == id).unwrap()
}

#[test]
fn the_network_comes_before_the_nodes_and_the_others_after_them() {
    let plan = Fixture::lab().plan().unwrap();
    assert_eq!(ids(&plan, "network"), ["h1/network/lab-network-1-apply"]);
    let others = ids(&plan, "components");
    assert_eq!(
        others,
        [
            "h1/components/web-gate-1-apply",
            "h1/components/web-gate-2-wait",
            "h1/components/web-gate-3-wait"
        ]
    );
    let order = [
        "h1/network/lab-network-1-apply",
        "h1/join/invite-h2",
        "h1/ready/lab-network-2-wait",
        "h1/ready/nodes",
        "h1/ready/dns",
        others[0],
    ];
    assert!(order.map(|id| position(&plan, id)).is_sorted());
    assert!(!plan.to_json().contains("spare-network"), "a cluster has one pod network");
}

#[test]
fn a_manifest_is_planned_with_its_patches_and_their_reasons() {
    let fixture = Fixture::lab();
    let plan = fixture.plan().unwrap();
    let planned = step(&plan, "h1/components/web-gate-1-apply");
    let Action::KubectlApply(KubectlApply { patches, content, .. }) = &planned.action else {
        panic!("{planned:?}");
    };
    let manifests::component::Step::Apply(apply) = &components()[0].steps[0] else {
        panic!("the first step applies");
    };
    assert_eq!(*patches, apply.patches);
    let FileContent::Artifact { blob, .. } = content else { panic!("{content:?}") };
    let locked = fixture.lockfile.files.iter().find(|file| file.name == apply.manifest).unwrap();
    assert_eq!(*blob, locked.digest);
    assert_eq!(
        planned.why,
        "it installs web-gate; Service web/gate is changed: the site gives it a fixed port"
    );
}

#[test]
fn waits_look_briefly_again_and_again() {
    let plan = Fixture::lab().plan().unwrap();
    let wait = |id| match &step(&plan, id).action {
        Action::WaitFor(wait) => wait.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        wait("h1/components/web-gate-2-wait"),
        WaitFor {
            script:
                "/usr/local/bin/kubectl --kubeconfig=/etc/kubernetes/admin.conf --namespace=web \
                     wait --for=condition=Complete --timeout=5s job/certificates > /dev/null"
                    .into(),
            expected: "job/certificates in web is Complete".into(),
            deadline_seconds: 300,
        }
    );
    let rollout = wait("h1/components/web-gate-3-wait");
    assert!(rollout.script.contains("rollout status --timeout=5s deployment/gate"), "{rollout:?}");
    assert_eq!(
        (rollout.deadline_seconds, rollout.expected.as_str()),
        (60, "deployment/gate in web is rolled out")
    );
}

#[test]
fn another_network_is_taken_by_its_name_alone() {
    let mut fixture = Fixture::lab();
    fixture.cluster.network.plugin = "spare-network".parse().unwrap();
    let plan = fixture.plan().unwrap();
    assert!(has(&plan, "h1/network/spare-network-1-apply"));
    assert!(!has(&plan, "h1/ready/lab-network-2-wait"));
}

#[test]
fn a_plugin_that_makes_no_network_is_refused_with_those_that_do() {
    let mut fixture = Fixture::lab();
    fixture.cluster.network.plugin = "web-gate".parse().unwrap();
    let error = fixture.plan().unwrap_err();
    assert_eq!(
        error.to_string(),
        "nothing in the bundle makes the pod network `web-gate` that the cluster file names"
    );
    let hint = error.hint().unwrap();
    assert_eq!(
        hint,
        "write `plugin: lab-network` or `plugin: spare-network` under `network:` of the cluster file, \
         or build a bundle of a release with `web-gate`"
    );
    fixture.lockfile.components.clear();
    let hint = fixture.plan().unwrap_err().hint().unwrap();
    assert!(hint.contains("a component that provides a pod network"), "{hint}");
}

#[test]
fn a_step_whose_manifest_is_not_carried_ends_the_plan() {
    let mut fixture = Fixture::lab();
    fixture.lockfile.files.retain(|file| file.name.as_str() != "web-gate.yaml");
    let error = fixture.plan().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the bundle does not carry what it installs: component `web-gate` applies \
         `web-gate.yaml`, which is not locked"
    );
}

#[test]
fn reset_undoes_what_every_component_declares() {
    let fixture = Fixture::lab();
    let left = leaves(&fixture.lockfile).unwrap();
    let interfaces: Vec<_> = left.interfaces.iter().map(ToString::to_string).collect();
    assert_eq!(interfaces, ["cni0", "lab.vx"]);
    assert_eq!(left.chains, ["spare-".parse().unwrap()]);
    let without = leaves(&fixture.without("lab-network").lockfile).unwrap();
    assert!(without.interfaces.is_empty());
}

#[test]
fn what_reset_may_not_touch_is_refused_before_a_host_is() {
    for place in ["/etc", "/usr/lib/systemd", "/var/lib/dpkg"] {
        let mut fixture = Fixture::lab();
        fixture.lockfile.components[0].leaves.paths.push(place.parse().unwrap());
        let error = fixture.plan().unwrap_err();
        assert_eq!(
            error.to_string(),
            "component `web-gate` leaves something on hosts that `reset` may not touch"
        );
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(
            cause.starts_with(&format!("`{place}` is not a path that we may change")),
            "{cause}"
        );
        assert!(error.hint().unwrap().contains("`leaves:` in the definition of `web-gate`"));
    }
}

/// The definitions of this repository, as the releases pick them.
#[test]
fn every_component_of_ours_leaves_only_what_reset_may_undo() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../manifests");
    for release in ["kpaas-1.7.0", "lab"] {
        let path = root.join(format!("releases/{release}.yaml"));
        let text = manifests::yaml::read(&path).unwrap();
        let release = manifests::release::Release::parse(&path, &text).unwrap();
        let contents = manifests::catalog::Catalog::beside(&path).contents(&release).unwrap();
        let components =
            contents.iter().filter_map(|(pick, contents)| LockedComponent::of(pick, contents));
        let lockfile = Lockfile { components: components.collect(), ..Fixture::lab().lockfile };
        assert!(!lockfile.components.is_empty());
        let left = leaves(&lockfile).unwrap();
        assert!(!left.interfaces.is_empty());
    }
}
