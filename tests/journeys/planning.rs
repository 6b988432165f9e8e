//! From a bundle to a plan for the machine that the test runs on. Nothing of it
//! is walked, and no root is needed to make it.

use crate::office::{Office, words};
use journeys::{run::Program, stock};
use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
};

const PLAN: &str = "plan -f cluster.yaml --bundle demo.bundle --trust release.pub";

/// A user without any right, by its number everywhere.
const NOBODY: u32 = 65534;

/// Begins a cluster file; a machine that is on no network has nothing to plan.
fn has_cluster_file(office: &Office) -> bool {
    let outcome = office.installer("init --local --network network");
    if outcome.code == Some(50) {
        assert!(outcome.stderr.contains("no address but its loopback one"));
        return false;
    }
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("with 1 host and no mistake"), "{}", outcome.stderr);
    true
}

#[test]
fn the_demo_becomes_a_plan_for_this_machine() {
    let office = Office::with_bundle();
    if !has_cluster_file(&office) {
        return;
    }
    let plan = office.installer(PLAN);
    assert_eq!(plan.code, Some(0), "{}", plan.stderr);
    assert!(plan.stdout.starts_with("demo 1.0.0 on cluster demo: "), "{}", plan.stdout);
    for words in [
        "place kubeadm v1.33.13",
        "make the control plane",
        "apply network-v1.4.2.yaml of network v1.4.2",
        "DaemonSet demo-network/demo-network is changed: without it a full node",
        "wait for daemonset/demo-network of network",
    ] {
        assert!(plan.stdout.contains(words), "{}", plan.stdout);
    }
    assert!(plan.stderr.contains("on 1 host; nothing was changed there"), "{}", plan.stderr);
}

#[test]
fn a_pod_network_that_the_bundle_lacks_is_answered_with_those_it_has() {
    let office = Office::with_bundle();
    if !has_cluster_file(&office) {
        return;
    }
    let text = fs::read_to_string(office.path("cluster.yaml")).unwrap();
    let text = text.replace("plugin: network", "plugin: calico");
    fs::write(office.path("cluster.yaml"), text).unwrap();
    let plan = office.installer(&format!("{PLAN} --quiet"));
    assert_eq!(plan.code, Some(20));
    insta::assert_snapshot!(plan.stderr, @"
    error: nothing in the bundle makes the pod network `calico` that the cluster file names
    hint: write `plugin: network` under `network:` of the cluster file, or build a bundle of a release with `calico`
    ");
}

#[test]
fn a_second_plan_is_the_first_one() {
    let office = Office::with_bundle();
    if !has_cluster_file(&office) {
        return;
    }
    let first = office.installer(PLAN).stdout;
    let stored = office.read("bottari-run-demo/plan.json");
    assert_eq!(office.installer(PLAN).stdout, first);
    let anew = office.installer(&format!("{PLAN} --replan"));
    assert_eq!(anew.stdout, first, "{}", anew.stderr);
    assert!(office.read("bottari-run-demo/plan.json") == stored);
    let json = office.installer(&format!("{PLAN} --json"));
    assert_eq!(json.stdout.as_bytes(), stored);
}

#[test]
fn a_plan_needs_no_root_and_writes_nothing_but_its_folder() {
    let office = Office::with_bundle();
    let home = office.path("home");
    if fs::metadata(&home).unwrap().uid() != 0 || !has_cluster_file(&office) {
        // Whoever runs this is nobody special: the other tests have shown it.
        return;
    }
    let before = office.names(".");
    fs::copy(Program::Installer.path(), office.path("installer")).unwrap();
    for path in [office.path("."), home.clone(), office.path("release.key")] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let mut nobody = stock::tool("setpriv", &home).unwrap();
    nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups", "./installer"]);
    let output = nobody.args(words(PLAN)).current_dir(office.path(".")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(office.path("installer")).unwrap();
    let mut after = office.names(".");
    after.retain(|name| name != "bottari-run-demo");
    assert_eq!(after, before);
}

#[test]
fn every_mistake_of_a_cluster_file_is_told_before_anything_is_looked_at() {
    let office = Office::open();
    let wrong = "\
cluster: demo
hosts:
- name: cp-1
  address: 192.0.2.11
  roles: [control-plane, wroker]
- name: worker_1
  adress: 192.0.2.12
  roles: [worker]
network:
  plugin: network
  pods: 10.244.0.0/33
";
    fs::write(office.path("cluster.yaml"), wrong).unwrap();
    let outcome = office.installer("plan -f cluster.yaml --bundle there-is-none");
    assert_eq!(outcome.code, Some(20));
    insta::assert_snapshot!(office.sandbox.redact(&outcome.stderr), @"
    error: `cluster.yaml` has 4 mistakes
        cluster.yaml:5:26: `roles`: expected `control-plane` or `worker`, found `wroker`; did you mean `worker`?
        cluster.yaml:6:9: `name`: `worker_1` is not a host name: expected 1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit
        cluster.yaml:7:3: unknown field `adress`; did you mean `address`?
        cluster.yaml:11:9: `pods`: `10.244.0.0/33` is not a network: expected ADDRESS/BITS such as `192.0.2.0/24`
    hint: correct these lines of `cluster.yaml` and run the same command again; no host was touched
    ");
    assert!(!office.path("bottari-run-demo").exists());
}
