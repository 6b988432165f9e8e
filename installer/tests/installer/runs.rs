//! `plan`, `apply` and `reset` with the real binary: what they refuse, and that
//! they refuse it before any host is touched.

use crate::{
    fixture::{DEMO, Variant, World},
    messages::message,
    process::run,
};
use installer::{
    engine::StepEvent,
    journal::Journal,
    plan::{Plan, PlannedStep, RunFolder},
    run::for_target,
    site_ca,
    steps::{Action, MakeFolder, PlaceFile},
};
use manifests::{
    cluster::{Asking, Cluster},
    event::Silent,
};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::SystemTime,
};

/// This machine under a name that it does not have, so that no run can begin.
const LOCAL: &str = "\
cluster: demo
hosts:
- name: no-such-name
  address: 192.0.2.11
  roles: [control-plane, worker]
  transport: local
network:
  plugin: calico
registry:
  tls: false
";

const BUNDLE: &str = "demo.bottari.tar.zst";

fn world() -> World {
    let world = World::new();
    fs::write(world.path("cluster.yaml"), LOCAL).unwrap();
    world
}

/// A run of the demo bundle that was begun and did not come to its end.
fn begun(world: &World) -> RunFolder {
    let cluster = Cluster::parse(Path::new("cluster.yaml"), LOCAL, Asking::Impossible).unwrap();
    let target = for_target(&cluster, bundles::sha256(LOCAL.as_bytes()), &world.open());
    let step = PlannedStep {
        id: "no-such-name/prepare/folder".parse().unwrap(),
        host: "no-such-name".parse().unwrap(),
        phase: "prepare".parse().unwrap(),
        title: "make a folder".into(),
        why: "the test wants it".into(),
        needs: Vec::new(),
        action: Action::MakeFolder(MakeFolder::new("/etc/bottari/never".parse().unwrap())),
    };
    let plan = Plan { steps: vec![step], ..target };
    let folder = RunFolder::open(&world.path("bottari-run-demo")).unwrap();
    folder.begin(&plan).unwrap();
    let run: installer::plan::RunId = "run-1".parse().unwrap();
    let opened = Journal::open(&folder.journal(), &plan.digest(), run.clone(), SystemTime::now);
    let event = StepEvent::RunStarted { run, steps: 1, done_before: 0 };
    opened.unwrap().0.append(&event).unwrap();
    folder
}

#[test]
fn what_is_wrong_is_told_before_any_host_is_touched() {
    let world = world();
    fs::write(world.path("wrong.yaml"), "cluster: demo\nhosts: []\n").unwrap();
    let apply = ["apply", "--yes", "-f"];
    let with = |file, bundle| [apply[0], apply[1], apply[2], file, "--bundle", bundle];
    let damaged = world.damaged(&world.release.big.layer().digest, |_| 600);
    fs::rename(damaged, world.path("damaged")).unwrap();
    let all = [
        message(&world, 2, &["apply", "-f", "cluster.yaml"]),
        message(&world, 20, &with("absent.yaml", BUNDLE)),
        message(&world, 20, &with("wrong.yaml", BUNDLE)),
        message(&world, 20, &with("cluster.yaml", "absent")),
        message(&world, 40, &[&with("cluster.yaml", "damaged")[..], &["--quiet"]].concat()),
        message(
            &world,
            2,
            &[&with("cluster.yaml", BUNDLE)[..], &["--hosts", "no-such-name"]].concat(),
        ),
        message(&world, 2, &["reset", "-f", "cluster.yaml", "--bundle", BUNDLE, "--quiet"]),
    ];
    insta::assert_snapshot!(all.join("\n"));
    assert!(!world.path("bottari-run-demo/plan.json").exists());
}

#[test]
fn a_host_that_is_not_ready_is_not_changed() {
    let world = world();
    let said = run(&world, ["apply", "--yes", "-f", "cluster.yaml", "--bundle", BUNDLE]);
    assert_eq!(said.code, 50, "{}", said.stderr);
    assert!(said.stdout.contains("hostnamectl set-hostname no-such-name"), "{}", said.stdout);
    assert!(said.stderr.contains("error: host `no-such-name` is not ready"), "{}", said.stderr);
    assert!(!world.path("bottari-run-demo/plan.json").exists());
}

#[test]
fn a_run_goes_on_only_with_the_bundle_and_the_cluster_file_it_began_with() {
    let world = world();
    drop(begun(&world));
    world.another("other", Variant { content: 2, ..DEMO });
    fs::write(world.path("other.yaml"), LOCAL.replace("192.0.2.11", "192.0.2.12")).unwrap();
    let with = |file, bundle| ["apply", "--yes", "--quiet", "-f", file, "--bundle", bundle];
    let all = [
        message(&world, 20, &with("cluster.yaml", "other")),
        message(&world, 20, &with("other.yaml", BUNDLE)),
    ];
    insta::assert_snapshot!(all.join("\n"));
    // With the same ones, or when it is to be planned anew, the hosts are asked.
    assert_eq!(run(&world, with("cluster.yaml", BUNDLE)).code, 50);
    let replan = run(&world, with("cluster.yaml", "other").iter().chain(&["--replan"]));
    assert_eq!(replan.code, 50, "{}", replan.stderr);
}

#[test]
fn the_plan_of_an_unfinished_run_is_shown_without_asking_the_hosts() {
    let world = world();
    drop(begun(&world));
    let plan = ["plan", "-f", "cluster.yaml", "--bundle", BUNDLE];
    let said = run(&world, plan);
    assert_eq!(said.code, 0, "{}", said.stderr);
    insta::assert_snapshot!(said.stdout, @r"
    demo 1.3.0 on cluster demo: 1 step on 1 host

    no-such-name
    #  phase    step           why
    1  prepare  make a folder  the test wants it
    ");
    let said = run(&world, plan.iter().chain(&["--json"]));
    let stored = fs::read_to_string(world.path("bottari-run-demo/plan.json")).unwrap();
    assert_eq!(said.stdout, stored);
}

/// A plan that places the certificates of its run folder, and nothing else.
fn planned_with_certificates(world: &World) {
    let text = LOCAL.replace("tls: false", "tls: true");
    fs::write(world.path("cluster.yaml"), &text).unwrap();
    let cluster = Cluster::parse(Path::new("cluster.yaml"), &text, Asking::Impossible).unwrap();
    let folder = RunFolder::open(&world.path("bottari-run-demo")).unwrap();
    let made = site_ca::keep(folder.path(), &cluster, SystemTime::now(), &Silent).unwrap();
    let server = made.servers.into_values().next().unwrap();
    let step = |(name, content)| PlannedStep {
        id: format!("no-such-name/prepare/{name}").parse().unwrap(),
        host: "no-such-name".parse().unwrap(),
        phase: "prepare".parse().unwrap(),
        title: format!("place {name}"),
        why: "the test wants it".into(),
        needs: Vec::new(),
        action: Action::PlaceFile(PlaceFile {
            content,
            ..PlaceFile::text(format!("/etc/bottari/pki/{name}").parse().unwrap(), "")
        }),
    };
    let files = [("ca", made.authority), ("crt", server.certificate), ("key", server.key)];
    let target = for_target(&cluster, bundles::sha256(text.as_bytes()), &world.open());
    folder.begin(&Plan { steps: files.map(step).into(), ..target }).unwrap();
}

#[test]
fn a_stored_plan_is_shown_while_it_places_the_certificates_that_are_kept() {
    let world = world();
    planned_with_certificates(&world);
    let plan = ["plan", "-f", "cluster.yaml", "--bundle", BUNDLE];
    let said = run(&world, plan);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains("3 steps on 1 host") && !said.stderr.contains("made the site CA"));
    // The demo holds no container runtime, which is noticed when it is planned anew.
    fs::remove_dir_all(world.path("bottari-run-demo/pki")).unwrap();
    let said = run(&world, plan);
    assert_eq!(said.code, 20, "{}", said.stderr);
    assert!(said.stderr.contains("made the site CA, valid until"), "{}", said.stderr);
    assert!(said.stderr.contains("the bundle has no component `cri-o`"), "{}", said.stderr);
}

#[test]
fn a_key_that_others_may_read_ends_a_run_before_any_host_is_asked() {
    let world = world();
    planned_with_certificates(&world);
    let key = world.path("bottari-run-demo/pki/ca.key");
    fs::set_permissions(key, Permissions::from_mode(0o644)).unwrap();
    let apply = ["apply", "--yes", "--quiet", "-f", "cluster.yaml", "--bundle", BUNDLE];
    insta::assert_snapshot!(message(&world, 20, &apply), @r"
    $ bottari-installer apply --yes --quiet -f cluster.yaml --bundle demo.bottari.tar.zst
    error: `/folder/bottari-run-demo/pki/ca.key` has mode 0644, so others can get at a private key: expected 0600
    hint: `chmod 600 /folder/bottari-run-demo/pki/ca.key` if nobody can have read it, else `rm /folder/bottari-run-demo/pki/ca.*`: the next `apply` makes new ones and gives them to the hosts
    ");
}

#[test]
fn two_installers_do_not_work_in_one_run_folder() {
    let world = world();
    let _held = begun(&world);
    let plan = ["plan", "--quiet", "-f", "cluster.yaml", "--bundle", BUNDLE];
    insta::assert_snapshot!(message(&world, 20, &plan), @r"
    $ bottari-installer plan --quiet -f cluster.yaml --bundle demo.bottari.tar.zst
    error: another installer is working in `bottari-run-demo`
    hint: wait until it ends, or give another folder with `--run-dir`
    ");
}

#[test]
fn status_tells_what_it_could_not_find_out() {
    let world = world();
    let said = run(&world, ["status", "--json", "-f", "cluster.yaml", "--bundle", BUNDLE]);
    assert_eq!(said.code, 10, "{}", said.stderr);
    let status: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(status["unknown"][0], "the run folder holds no plan of this bundle");
    assert_eq!(status["nodes"], serde_json::json!([]));
}
