use super::*;
use crate::{
    components::site_certificates,
    engine::{
        Engine, EngineError, Summary,
        testing::{Blobs, Sandbox, block_on},
    },
    plan::{
        HostName, Plan, Replan, RunFolder,
        testing::{plan, step},
    },
    site_ca,
    steps::Remote,
    transport::fake::FakeHost,
};
use manifests::{
    ExitCode, Failure,
    cluster::{Asking, Cluster},
    event::{Event, Reporter, Silent},
};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};
use tokio::sync::mpsc;

/// Hears the lines, and asks for an end at one of them.
#[derive(Debug, Default)]
struct Ears {
    lines: Mutex<Vec<String>>,
    stop_at: Option<(&'static str, usize, mpsc::Sender<()>)>,
}

impl Reporter for Ears {
    fn report(&self, event: &Event) {
        let Event::Notice { text } = event else { return };
        self.lines.lock().unwrap().push(text.clone());
        let Some((words, times, send)) = &self.stop_at else { return };
        if text.contains(words) {
            (0..*times).for_each(|_| send.try_send(()).unwrap());
        }
    }
}

impl Ears {
    fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }
}

struct World {
    hosts: Vec<Arc<Sandbox>>,
    plan: Plan,
    folder: RunFolder,
    _home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(&home.path().join("run")).unwrap();
        let plan = plan(vec![
            step("cp-1/prepare/one", &[]),
            step("cp-1/prepare/two", &[]),
            step("w-1/prepare/one", &["cp-1/prepare/two"]),
            step("w-1/prepare/two", &[]),
        ]);
        folder.begin(&plan).unwrap();
        Self { hosts: ["cp-1", "w-1"].map(Sandbox::new).into(), plan, folder, _home: home }
    }

    fn walk(&self, ears: &Ears, interrupts: &mut Interrupts) -> Result<Summary, RunError> {
        let hosts = Sandbox::hosts(&self.hosts);
        let walk = Walk {
            folder: &self.folder,
            plan: &self.plan,
            hosts: &hosts,
            artifacts: &Blobs::default(),
            operator: "kim@console",
            break_locks: &[],
            parallel: 2,
            pause: Duration::ZERO,
            steps: &Progress::new(&self.plan, ears),
            reporter: ears,
        };
        block_on(walk.go(interrupts))
    }

    fn reset(&self, run: &str, break_locks: &[HostName]) -> Result<Reset, RunError> {
        let (hosts, run) = (Sandbox::hosts(&self.hosts), run.parse().unwrap());
        let resetting = Resetting {
            hosts: &hosts,
            scope: &ResetScope::default(),
            run: &run,
            operator: "kim@console",
            break_locks,
            parallel: 2,
            reporter: &Ears::default(),
        };
        let groups = ["w-1", "cp-1"].map(|name| vec![name.parse().unwrap()]);
        let (_open, mut interrupts) = mpsc::channel(1);
        block_on(resetting.go(&groups, &mut interrupts))
    }
}

#[test]
fn a_run_tells_each_change_and_a_second_one_finds_nothing_to_do() {
    let world = World::new();
    let (_open, mut interrupts) = mpsc::channel(1);
    let ears = Ears::default();
    let summary = world.walk(&ears, &mut interrupts).unwrap();
    assert_eq!((summary.done, summary.skipped), (4, 0));
    insta::assert_snapshot!(ears.text(), @r"
    cp-1  prepare: do one (1 of 4)
    cp-1  prepare: do two (2 of 4)
    w-1  prepare: do one (3 of 4)
    w-1  prepare: do two (4 of 4)
    ");
    let again = Ears::default();
    let summary = world.walk(&again, &mut interrupts).unwrap();
    assert_eq!((summary.done, summary.skipped), (0, 4));
    assert_eq!(again.text(), "all 4 steps were done before: looking at each of them again");
}

#[test]
fn an_interrupted_run_ends_its_step_gives_the_locks_back_and_goes_on_later() {
    let world = World::new();
    let (send, mut interrupts) = mpsc::channel(2);
    let ears = Ears { stop_at: Some(("(1 of 4)", 1, send)), ..Ears::default() };
    let error = world.walk(&ears, &mut interrupts).unwrap_err();
    assert!(matches!(error, RunError::Engine(EngineError::Stopped { left: 3 })), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Interrupted);
    assert!(world.hosts[0].path("/etc/bottari/one").is_dir());
    assert!(!world.hosts[0].path("/run/bottari/lock").exists());
    let (_open, mut nobody) = mpsc::channel(1);
    let summary = world.walk(&Ears::default(), &mut nobody).unwrap();
    assert_eq!((summary.done, summary.skipped), (3, 1));
}

#[test]
fn a_second_interrupt_does_not_wait_and_the_same_run_takes_its_locks_over() {
    let world = World::new();
    let (send, mut interrupts) = mpsc::channel(2);
    let ears = Ears { stop_at: Some(("(1 of 4)", 2, send)), ..Ears::default() };
    let error = world.walk(&ears, &mut interrupts).unwrap_err();
    assert!(matches!(error, RunError::Interrupted), "{error}");
    assert!(world.hosts[0].path("/run/bottari/lock").exists());
    let (_open, mut nobody) = mpsc::channel(1);
    world.walk(&Ears::default(), &mut nobody).unwrap();
    assert!(!world.hosts[0].path("/run/bottari/lock").exists());
}

#[test]
fn an_unfinished_run_is_not_mixed_with_another_bundle() {
    let world = World::new();
    let target = Plan { steps: Vec::new(), ..world.plan.clone() };
    let other = Plan { bundle: target.cluster_file.clone(), ..target.clone() };
    let stored = |target, replan| stored_plan(&world.folder, target, replan);
    // What was planned and not begun may be planned anew for something else.
    assert_eq!(stored(&other, Replan::Refuse).unwrap(), None);
    assert_eq!(stored(&target, Replan::Refuse).unwrap(), Some(world.plan.clone()));

    let (send, mut interrupts) = mpsc::channel(2);
    let ears = Ears { stop_at: Some(("(1 of 4)", 1, send)), ..Ears::default() };
    world.walk(&ears, &mut interrupts).unwrap_err();
    let error = stored(&other, Replan::Refuse).unwrap_err();
    assert!(error.to_string().ends_with("the bundle has changed since it began"), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Input);
    assert!(error.hint().unwrap().contains("--replan"));
    assert_eq!(stored(&other, Replan::Allow).unwrap(), None);
    assert_eq!(stored(&target, Replan::Refuse).unwrap(), Some(world.plan.clone()));
}

#[test]
fn a_reset_undoes_the_run_and_a_second_one_does_nothing() {
    let world = World::new();
    let (_open, mut interrupts) = mpsc::channel(1);
    world.walk(&Ears::default(), &mut interrupts).unwrap();
    let undone = |reset: Reset| {
        let count = |host: &HostReset| (host.host.to_string(), host.report.undone);
        reset.iter().map(count).collect::<Vec<_>>()
    };
    let first = undone(world.reset("r1", &[]).unwrap());
    assert_eq!(first[0].0, "w-1", "workers go first");
    assert!(first.iter().all(|(_, undone)| *undone >= 2), "{first:?}");
    assert!(!world.hosts[0].path("/etc/bottari").exists());
    assert!(!world.hosts[0].path("/run/bottari").exists());
    let second = undone(world.reset("r2", &[]).unwrap());
    assert!(second.iter().all(|(_, undone)| *undone == 0), "{second:?}");
}

#[test]
fn a_host_where_somebody_works_is_not_reset_unless_the_lock_is_broken() {
    let world = World::new();
    world.hosts[1].write("/run/bottari/lock", "other\nlee@elsewhere\n0\n");
    let error = world.reset("r1", &[]).unwrap_err();
    assert!(error.to_string().contains("in use by run `other` of lee@elsewhere"), "{error}");
    assert!(error.hint().unwrap().contains("--break-lock w-1"));
    world.reset("r1", &["w-1".parse().unwrap()]).unwrap();
}

#[test]
fn the_administrators_access_is_for_its_owner_and_names_the_endpoint() {
    let home = tempfile::tempdir().unwrap();
    let host = FakeHost::new("cp-1");
    let name = "cp-1".parse().unwrap();
    let transport = host.connect().unwrap();
    let remote = Remote { name: &name, transport: &transport };
    let endpoint = "192.0.2.10:6443".parse().unwrap();
    let hand_over = || block_on(hand_over(remote, &endpoint, home.path()));
    assert!(matches!(hand_over(), Err(RunError::NoAdminConf { .. })));
    host.put(ADMIN_CONF, "clusters: []\n");
    assert!(matches!(hand_over(), Err(RunError::OddAdminConf { .. })));
    host.put(ADMIN_CONF, "clusters:\n- cluster:\n    server: https://10.0.0.1:6443\n  name: a\n");
    let path = hand_over().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, "clusters:\n- cluster:\n    server: https://192.0.2.10:6443\n  name: a\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn nodes_and_certificates_are_read_from_what_kubernetes_tells() {
    let host = FakeHost::new("cp-1");
    let name = "cp-1".parse().unwrap();
    let transport = host.connect().unwrap();
    let remote = Remote { name: &name, transport: &transport };
    let unknown = block_on(nodes(remote)).unwrap_err();
    assert!(unknown.contains("`list the nodes` ended with status 127"), "{unknown}");
    host.answer(
        "list the nodes",
        0,
        r#"{"items": [{"metadata": {"name": "w-1"}, "status": {
            "conditions": [{"type": "Ready", "status": "False"}],
            "nodeInfo": {"kubeletVersion": "v1.33.13", "containerRuntimeVersion": "cri-o://1.34.0"}}}]}"#,
    );
    let (version, runtime) = ("v1.33.13".into(), "cri-o://1.34.0".into());
    let node = Node { name: "w-1".into(), ready: false, version, runtime };
    assert_eq!(block_on(nodes(remote)), Ok(vec![node]));
    host.answer(
        "look at certificates",
        0,
        "[check-expiration] Reading…\n{\"certificates\": [{\"name\": \"apiserver\", \
         \"expirationDate\": \"2027-11-21T01:52:07Z\"}], \"certificateAuthorities\": []}",
    );
    let certificate = Certificate { name: "apiserver".into(), ends: "2027-11-21T01:52:07Z".into() };
    assert_eq!(block_on(certificates(remote)), Ok(vec![certificate]));
    host.answer("look at certificates", 0, "no JSON at all");
    assert!(
        block_on(certificates(remote)).unwrap_err().starts_with("cp-1: `look at certificates`")
    );
}

#[test]
fn a_certificate_of_the_site_is_read_where_hosts_see_it() {
    let home = tempfile::tempdir().unwrap();
    let text = "cluster: lab\nhosts: [{name: cp-1, address: 192.0.2.11, roles: [control-plane]}]\n\
                network: {plugin: calico}\n";
    let cluster = Cluster::parse(Path::new("cluster.yaml"), text, Asking::Impossible).unwrap();
    let made = UNIX_EPOCH + Duration::from_hours(24 * 20_778);
    site_ca::keep(home.path(), &cluster, made, &Silent).unwrap();
    let host = FakeHost::new("cp-1");
    let name = "cp-1".parse().unwrap();
    let transport = host.connect().unwrap();
    let remote = Remote { name: &name, transport: &transport };
    let paths: BTreeMap<_, _> = site_certificates(&cluster).into_iter().collect();
    let look = |name, days: u64| {
        let now = made + Duration::from_hours(24 * days);
        let found = block_on(placed_certificate(remote, (name, &paths[name]), now)).unwrap();
        found.map(|(certificate, due)| (certificate.ends, due))
    };
    assert_eq!(look("registry", 1), None);
    for (name, file) in [("registry", "registry-cp-1.crt"), ("site-ca", "ca.crt")] {
        host.put(paths[name].as_str(), fs::read(home.path().join("pki").join(file)).unwrap());
    }
    assert_eq!(look("registry", 1), Some(("2029-11-21T00:00:00Z".into(), false)));
    assert_eq!(look("registry", 800), Some(("2029-11-21T00:00:00Z".into(), true)));
    assert_eq!(look("site-ca", 800), Some(("2036-11-21T00:00:00Z".into(), false)));
    host.put(paths["registry"].as_str(), "no certificate");
    let found = placed_certificate(remote, ("registry", &paths["registry"]), made);
    assert_eq!(
        block_on(found).unwrap_err(),
        "cp-1: `/etc/bottari/pki/registry.crt` is no certificate"
    );
}

#[test]
fn a_step_whose_work_is_gone_is_told_as_missing() {
    let world = World::new();
    let (_open, mut interrupts) = mpsc::channel(1);
    world.walk(&Ears::default(), &mut interrupts).unwrap();
    fs::remove_dir(world.hosts[1].path("/etc/bottari/two")).unwrap();
    let hosts = Sandbox::hosts(&world.hosts);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let engine = Engine {
        plan: &world.plan,
        hosts: &hosts,
        artifacts: &Blobs::default(),
        operator: "kim@console",
        break_locks: &[],
        parallel: 2,
        pause: Duration::ZERO,
        stop: &stop,
        reporter: &Ears::default(),
        steps: &manifests::event::Silent,
    };
    let missing = missing(block_on(engine.check()).unwrap());
    let steps: Vec<_> = missing.iter().map(|missing| missing.step.as_str()).collect();
    assert_eq!(steps, ["w-1/prepare/two"]);
}

#[test]
fn after_a_reset_nothing_of_the_run_is_remembered() {
    let world = World::new();
    let (_open, mut interrupts) = mpsc::channel(1);
    world.walk(&Ears::default(), &mut interrupts).unwrap();
    fs::write(world.folder.path().join("kubeconfig"), "of a cluster that is gone").unwrap();
    fs::create_dir(world.folder.path().join("pki")).unwrap();
    fs::write(world.folder.path().join("pki/ca.key"), "trusted by nobody any more").unwrap();
    forget(&world.folder).unwrap();
    assert_eq!(fs::read_dir(world.folder.path()).unwrap().count(), 0);
    assert_eq!(world.folder.plan().unwrap(), None);
    forget(&world.folder).unwrap();
}

#[test]
fn a_run_and_its_operator_have_names_that_a_lock_can_hold() {
    let at = |seconds| std::time::UNIX_EPOCH + Duration::from_secs(seconds);
    assert_ne!(new_run(at(1)), new_run(at(2)));
    let operator = operator();
    let (user, machine) = operator.split_once('@').unwrap();
    assert!(!user.is_empty() && !machine.contains('\n'), "{operator}");
}
