//! A registry that proves who it is: what the plan says, and what it does on
//! hosts that run the real scripts.

use super::{
    fixture::{Fixture, cluster},
    has, step, text,
};
use crate::{
    engine::{
        Summary,
        testing::{Blobs, Sandbox, block_on},
    },
    plan::RunFolder,
    run::{ResetScope, Resetting, Walk},
    site_ca::keep,
    steps::{Action, FileContent},
};
use manifests::event::Silent;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::sync::mpsc;

const CA: &str = "/etc/containers/certs.d/10.86.0.11:5000/ca.crt";
const KEY: &str = "/etc/bottari/pki/registry.key";

#[test]
fn a_registry_without_tls_needs_no_certificate() {
    let mut fixture = Fixture::lab();
    fixture.cluster = cluster("registry: {port: 5000, tls: false}\n");
    let plan = fixture.plan().unwrap();
    assert!(!has(&plan, "h1/registry/tls-key") && !has(&plan, "h2/runtime/site-ca"));
    assert!(!text(&plan, "h1/registry/service").contains("--tls"));
    assert!(text(&plan, "h2/runtime/to-registry.k8s.io").contains("insecure = true"));
}

#[test]
fn with_tls_nothing_is_pulled_from_a_registry_that_cannot_prove_itself() {
    let plan = Fixture::lab().plan().unwrap();
    assert!(!plan.to_json().contains("insecure = true"));
    for host in ["h1", "h2"] {
        let Action::PlaceFile(authority) = &step(&plan, &format!("{host}/runtime/site-ca")).action
        else {
            panic!("the CA is a file");
        };
        let folder = authority.path.as_str().strip_suffix("/ca.crt").unwrap();
        let registry = folder.strip_prefix("/etc/containers/certs.d/").unwrap();
        let location = format!("location = \"{registry}/registry.k8s.io\"");
        let text = text(&plan, &format!("{host}/runtime/to-registry.k8s.io"));
        assert!(text.contains(&location), "{text}");
    }
}

#[test]
fn the_key_of_the_registry_is_roots_alone_and_a_new_one_restarts_it() {
    let plan = Fixture::lab().plan().unwrap();
    let Action::PlaceFile(key) = &step(&plan, "h1/registry/tls-key").action else {
        panic!("the key is a file");
    };
    assert_eq!((key.mode.as_str(), key.owner.as_str()), ("0600", "root:root"));
    assert!(matches!(key.content, FileContent::Here { .. }), "a plan holds no key");
    let Action::Unit(unit) = &step(&plan, "h1/registry/service").action else {
        panic!("the registry is a unit");
    };
    for option in ["--tls-cert", "--tls-key"] {
        let after = unit.text.split_once(option).unwrap().1;
        let path = after.split_whitespace().next().unwrap();
        assert!(unit.watches.contains(&path.parse().unwrap()), "{path}");
    }
    assert!(!has(&plan, "h2/registry/tls-key"), "workers have no registry");
}

#[test]
fn no_plan_with_tls_is_made_without_certificates() {
    let mut fixture = Fixture::lab();
    fixture.cluster.hosts[0].name = "h3".parse().unwrap();
    let error = fixture.plan().unwrap_err();
    assert_eq!(error.to_string(), "there is no certificate for the registry on host `h3`");
}

/// Two hosts, and the folder of their run.
struct World {
    hosts: Vec<Arc<Sandbox>>,
    folder: RunFolder,
    fixture: Fixture,
    _home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(&home.path().join("run")).unwrap();
        let hosts = ["h1", "h2"].map(Sandbox::new).into();
        Self { hosts, folder, fixture: Fixture::lab(), _home: home }
    }

    /// Walks what a plan of this day does about certificates.
    fn walk(&mut self, now: SystemTime) -> Summary {
        let folder = self.folder.path();
        self.fixture.certificates = keep(folder, &self.fixture.cluster, now, &Silent).unwrap();
        let mut plan = self.fixture.plan().unwrap();
        let names = ["tls-key", "tls-certificate", "service", "site-ca"];
        plan.steps.retain(|step| names.iter().any(|name| step.id.as_str().ends_with(name)));
        self.folder.begin(&plan).unwrap();
        let walk = Walk {
            folder: &self.folder,
            plan: &plan,
            hosts: &Sandbox::hosts(&self.hosts),
            artifacts: &Blobs::default(),
            operator: "kim@console",
            break_locks: &[],
            parallel: 2,
            pause: Duration::ZERO,
            steps: &Silent,
            reporter: &Silent,
        };
        let (_open, mut interrupts) = mpsc::channel(1);
        block_on(walk.go(&mut interrupts)).unwrap()
    }

    fn reset(&self) {
        let resetting = Resetting {
            hosts: &Sandbox::hosts(&self.hosts),
            scope: &ResetScope::default(),
            run: &"r1".parse().unwrap(),
            operator: "kim@console",
            break_locks: &[],
            parallel: 2,
            reporter: &Silent,
        };
        let (_open, mut interrupts) = mpsc::channel(1);
        let groups = ["h2", "h1"].map(|name| vec![name.parse().unwrap()]);
        block_on(resetting.go(&groups, &mut interrupts)).unwrap();
    }

    fn kept(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join("pki").join(name)).unwrap()
    }
}

#[test]
fn hosts_get_the_certificates_and_only_the_registry_gets_its_key() {
    let mut world = World::new();
    let today = SystemTime::now();
    assert_eq!(world.walk(today).done, 5);
    let [h1, h2] = &world.hosts[..] else { panic!("two hosts") };
    for host in [h1, h2] {
        assert_eq!(host.text(CA), world.kept("ca.crt"));
    }
    assert_eq!(h1.text(KEY), world.kept("registry-h1.key"));
    let mode = fs::metadata(h1.path(KEY)).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert!(!h2.path("/etc/bottari").exists());
    let secret = world.kept("registry-h1.key");
    let secret = secret.lines().nth(1).unwrap();
    for file in ["plan.json", "journal.jsonl"] {
        let text = fs::read_to_string(world.folder.path().join(file)).unwrap();
        assert!(!text.contains(secret), "{file}");
    }
    assert_eq!(world.walk(today).done, 0, "nothing is made twice");
}

#[test]
fn a_renewed_certificate_restarts_the_registry_and_a_reset_takes_all_away() {
    let mut world = World::new();
    let today = SystemTime::now();
    world.walk(today);
    let restarts = |world: &World| world.hosts[0].text("/.lab/restarts").lines().count();
    assert_eq!(restarts(&world), 1);
    let renewed = world.walk(today + Duration::from_hours(24 * 800));
    assert_eq!((renewed.done, restarts(&world)), (2, 2));
    let shown = world.hosts[0].text("/etc/bottari/pki/registry.crt");
    assert_eq!(shown, world.kept("registry-h1.crt"));
    world.reset();
    for host in &world.hosts {
        assert!(!host.path("/etc/bottari").exists() && !host.path("/etc/containers").exists());
    }
}
