//! What a plan for one control plane and one worker is, and why there is none.

mod fixture;
mod inside;
mod packages;
mod reading;
mod tls;

use super::*;
use crate::{
    facts::Facts,
    plan::render,
    steps::{Action, FileContent, PlaceFile},
};
use bundles::PublicKey;
use fixture::Fixture;
use manifests::{Failure, Role, lockfile::LockedFile};

/// Keys differ from run to run.
fn without_keys(fixture: &Fixture, text: &str) -> String {
    let hide = |text: String, key: &PublicKey| text.replace(&key.id().to_string(), "KEY-ID");
    fixture.keys.iter().fold(text.to_owned(), hide)
}

fn step<'a>(plan: &'a Plan, id: &str) -> &'a PlannedStep {
    let found = plan.steps.iter().find(|step| step.id.as_str() == id);
    found.unwrap_or_else(|| panic!("no step `{id}`"))
}

fn has(plan: &Plan, id: &str) -> bool {
    plan.steps.iter().any(|step| step.id.as_str() == id)
}

/// What a step writes or runs.
fn text(plan: &Plan, id: &str) -> String {
    match &step(plan, id).action {
        Action::PlaceFile(PlaceFile { content: FileContent::Text { text }, .. }) => text.clone(),
        Action::KubectlApply(apply) => match &apply.content {
            FileContent::Text { text } => text.clone(),
            other => panic!("{other:?}"),
        },
        Action::Unit(unit) => unit.text.clone(),
        Action::RunUnit(run) => run.script.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_control_plane_and_one_worker_become_this_plan() {
    let fixture = Fixture::lab();
    let plan = fixture.plan().unwrap();
    insta::assert_snapshot!(without_keys(&fixture, &render(&plan, None)));
}

#[test]
fn what_is_written_and_run_is_this() {
    let fixture = Fixture::lab();
    let plan = fixture.plan().unwrap();
    let shown = [
        "h1/cluster/init-file",
        "h1/cluster/init",
        "h1/cluster/dns",
        "h1/join/invite-h2",
        "h1/ready/certificates",
        "h1/registry/service",
        "h2/join/node",
        "h2/prepare/routes",
        "h2/runtime/crio",
        "h2/runtime/settings",
        "h2/runtime/to-registry.k8s.io",
    ];
    let shown = shown.map(|id| format!("== {id}\n{}\n", text(&plan, id).trim_end()));
    insta::assert_snapshot!(without_keys(&fixture, &shown.concat()));
}

#[test]
fn the_plan_holds_together_and_survives_being_stored() {
    let plan = Fixture::lab().plan().unwrap();
    plan.check().unwrap();
    assert_eq!(Plan::parse(&plan.to_json()).unwrap(), plan);
}

#[test]
fn the_same_inputs_give_the_same_plan() {
    let fixture = Fixture::lab();
    let first = fixture.plan().unwrap();
    assert_eq!(fixture.clone().plan().unwrap().to_json(), first.to_json());
    let mut shuffled = fixture;
    shuffled.lockfile.images.reverse();
    assert_eq!(shuffled.plan().unwrap().to_json(), first.to_json());
}

#[test]
fn nothing_is_read_while_planning() {
    // No file that the inputs name exists, and no digest is that of real bytes.
    let fixture = Fixture::lab();
    let plan = fixture.plan().unwrap();
    let Action::PlaceFile(PlaceFile { content, .. }) = &step(&plan, "h1/registry/bundle").action
    else {
        panic!("the bundle is a file");
    };
    let FileContent::Here { path, .. } = content else { panic!("the bundle lies here") };
    assert!(!path.exists());
}

#[test]
fn no_secret_stands_in_a_plan() {
    let plan = Fixture::lab().plan().unwrap();
    let token = text(&plan, "h1/join/invite-h2");
    assert!(token.contains("token: \"$token\""), "{token}");
    assert!(!text(&plan, "h1/cluster/init-file").contains("token:"));
}

#[test]
fn a_worker_waits_for_the_control_plane_only_to_join() {
    let plan = Fixture::lab().plan().unwrap();
    let waiting = plan.steps.iter().filter(|step| !step.needs.is_empty());
    let ids: Vec<_> = waiting.map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["h1/ready/certificates", "h2/join/file"]);
}

#[test]
fn a_host_gets_the_packages_of_its_roles_alone() {
    let plan = Fixture::lab().plan().unwrap();
    let Action::Packages(packages) = &step(&plan, "h2/prepare/packages").action else {
        panic!("it installs packages");
    };
    let names: Vec<_> = packages.packages.iter().map(|deb| deb.name.as_str()).collect();
    assert_eq!(names, ["conntrack"]);
}

#[test]
fn hosts_with_a_way_out_need_no_crutches() {
    let mut fixture = Fixture::lab();
    for host in ["h1", "h2"] {
        let facts = fixture.facts_of(host);
        facts.default_route = true;
        facts.nameservers = vec!["192.0.2.53".parse().unwrap()];
    }
    let plan = fixture.plan().unwrap();
    assert!(!has(&plan, "h1/prepare/routes") && !has(&plan, "h1/cluster/dns"));
    fixture.facts_of("h2").nameservers.clear();
    assert!(has(&fixture.plan().unwrap(), "h1/cluster/dns"), "CoreDNS may run on h2");
}

#[test]
fn a_container_keeps_the_kernel_and_the_swap_of_its_machine() {
    let mut fixture = Fixture::lab();
    assert!(has(&fixture.plan().unwrap(), "h2/prepare/swap"));
    fixture.facts_of("h2").virtualization = Some("systemd-nspawn".into());
    let plan = fixture.plan().unwrap();
    assert!(!has(&plan, "h2/prepare/swap") && !has(&plan, "h2/prepare/modules"));
    let kubelet = text(&plan, "h1/cluster/init-file");
    assert!(kubelet.contains("failSwapOn: false") && kubelet.contains("maxPerCore: 0"));
}

#[test]
fn a_control_plane_that_is_a_worker_too_takes_pods() {
    let mut fixture = Fixture::lab();
    let untainted = |fixture: &Fixture| {
        text(&fixture.plan().unwrap(), "h1/cluster/init-file").contains("taints: []")
    };
    assert!(!untainted(&fixture));
    fixture.cluster.hosts[0].roles.insert(Role::Worker);
    assert!(untainted(&fixture));
}

#[test]
fn an_image_that_is_there_for_another_program_is_not_taken_by_kubeadm() {
    let mut fixture = Fixture::lab();
    let mut images = fixture.lockfile.images.iter_mut();
    let etcd = images.find(|image| image.component.as_str() == "etcd").unwrap();
    etcd.stated = Some("Karmada's own".parse().unwrap());
    let error = fixture.plan().unwrap_err().to_string();
    assert!(error.contains("registry.k8s.io/etcd"), "{error}");
}

/// The lab with another CRI-O for hosts of these roles, first in the lockfile.
fn with_old_crio(roles: &[Role]) -> Fixture {
    let mut fixture = Fixture::lab();
    let is_crio = |file: &&LockedFile| file.component.as_str() == "cri-o";
    let old = LockedFile {
        version: "v1.30.0".parse().unwrap(),
        name: "cri-o.amd64.v1.30.0.tar.gz".parse().unwrap(),
        digest: fixture::digest("old"),
        roles: roles.to_vec(),
        ..fixture.lockfile.files.iter().find(is_crio).unwrap().clone()
    };
    let members = [("cri-o/bin/crio".into(), Bytes { sha256: fixture::digest("old"), size: 1 })];
    fixture.contents.archives.insert(old.digest.clone(), members.into());
    fixture.lockfile.files.insert(0, old);
    fixture.lockfile.check().unwrap();
    fixture
}

#[test]
fn what_is_for_the_edge_has_no_part_in_the_cluster() {
    let mut fixture = with_old_crio(&[Role::Edge]);
    let plan = fixture.plan().unwrap();
    fixture.lockfile.files.remove(0);
    assert!(plan == fixture.plan().unwrap(), "the file changes the plan");
    assert!(step(&plan, "h2/programs/cri-o").title.ends_with("CRI-O v1.34.0"));
}

#[test]
fn each_role_gets_its_own_version_and_no_host_two() {
    let mut fixture = with_old_crio(&[Role::Edge]);
    for file in fixture.lockfile.files.iter_mut().filter(|f| f.component.as_str() == "cri-o") {
        let is_old = file.version.as_str() == "v1.30.0";
        file.roles = vec![if is_old { Role::Worker } else { Role::ControlPlane }];
    }
    let lacking =
        "component `cri-o` of the bundle has no program `pinns` for worker hosts on amd64";
    assert_eq!(fixture.plan().unwrap_err().to_string(), lacking, "the old one has no pinns");
    fixture.cluster.hosts[0].roles.insert(Role::Worker);
    let error = fixture.plan().unwrap_err();
    assert_eq!(
        error.to_string(),
        "host `h1` wants `cri-o` in v1.30.0 for one of its roles and in v1.34.0 for another"
    );
    assert!(error.hint().unwrap().contains("one role"));
}

#[test]
fn what_the_bundle_lacks_is_named_with_what_to_add() {
    for component in ["kubernetes", "cri-o", "cni-plugins", "lab-network", "etcd", "pause"] {
        let error = Fixture::lab().without(component).plan().unwrap_err();
        let (message, hint) = (error.to_string(), error.hint().unwrap());
        assert!(message.contains(component), "{message}");
        assert!(hint.contains("release") && hint.contains(component), "{hint}");
    }
    let mut fixture = Fixture::lab();
    fixture.lockfile.files.retain(|file| file.name.as_str() != "kubelet");
    let error = fixture.plan().unwrap_err().to_string();
    assert_eq!(
        error,
        "component `kubernetes` of the bundle has no program `kubelet` for control-plane hosts on amd64"
    );
    let mut fixture = Fixture::lab();
    fixture.lockfile.images.retain(|image| !image.name.repository().ends_with("kube-proxy"));
    assert_eq!(
        fixture.plan().unwrap_err().to_string(),
        "no image of the bundle answers to `registry.k8s.io/kube-proxy:v1.33.13`, \
         which is part of this version of Kubernetes"
    );
}

#[test]
fn hosts_must_be_known_and_of_a_carried_architecture() {
    let mut fixture = Fixture::lab();
    fixture.facts_of("h2").machine = Some("aarch64".into());
    let error = fixture.plan().unwrap_err().to_string();
    assert_eq!(error, "host `h2` is aarch64: expected one of amd64");
    fixture.facts.remove(&"h2".parse().unwrap());
    assert!(matches!(fixture.plan(), Err(PlanningError::NoFacts { .. })));
    let mut fixture = Fixture::lab();
    *fixture.facts_of("h2") = Facts { addresses: Vec::new(), ..fixture.facts_of("h2").clone() };
    assert!(matches!(fixture.plan(), Err(PlanningError::NoInterface { .. })));
    fixture.cluster.hosts.remove(0);
    assert!(matches!(fixture.plan(), Err(PlanningError::NoControlPlane)));
}
