//! A plan of every kind of step on three hosts, and the means to run it.

use super::super::testing::{Blobs, Sandbox, Tape, Tree, block_on};
use crate::{
    engine::{Engine, EngineError, StepReporter, Summary},
    journal::Journal,
    ledger::{LeaveCommand, Leaves, LedgerFile, ResetReport, plan_reset, reset},
    plan::{
        HostName, PackageName, Plan, PlannedStep,
        testing::{plan, with_action},
    },
    steps::{
        Action, Deb, FileContent, KernelModules, KubectlApply, MakeFolder, Need, Packages,
        PlaceFile, RunUnit, Start, StepError, SwapOff, Sysctl, Unit, Unpack, Unpacked, WaitFor,
    },
};
use manifests::event::Silent;
use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::Command,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::{Duration, SystemTime},
};

/// Three hosts, a bundle, a plan, and a folder for the journal.
pub(super) struct World {
    pub(super) hosts: Vec<Arc<Sandbox>>,
    pub(super) blobs: Blobs,
    pub(super) plan: Plan,
    pub(super) parallel: usize,
    pub(super) break_locks: Vec<HostName>,
    home: tempfile::TempDir,
}

/// Nobody stops these runs from within.
static GO_ON: AtomicBool = AtomicBool::new(false);

/// Larger than what goes along with a script.
const LARGE: usize = 300 * 1024;

impl World {
    pub(super) fn new() -> Self {
        let mut blobs = Blobs::default();
        let plan = sample(&mut blobs);
        let hosts = ["cp-1", "w-1", "w-2"].map(Sandbox::new).into();
        Self {
            hosts,
            blobs,
            plan,
            parallel: 9,
            break_locks: Vec::new(),
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.home.path().join("journal.jsonl")
    }

    /// One call of `apply`, as the command line makes it.
    pub(super) fn apply(
        &self,
        run: &str,
        steps: &dyn StepReporter,
    ) -> Result<Summary, EngineError> {
        self.apply_plan(&self.plan, run, steps)
    }

    /// The same with another plan.
    pub(super) fn apply_plan(
        &self,
        plan: &Plan,
        run: &str,
        steps: &dyn StepReporter,
    ) -> Result<Summary, EngineError> {
        self.with_engine(plan, steps, |engine| {
            let (path, run) = (self.journal(), run.parse().unwrap());
            let (mut journal, contents) =
                Journal::open(&path, &plan.digest(), run, || SystemTime::UNIX_EPOCH).unwrap();
            block_on(engine.apply(&mut journal, &contents))
        })
    }

    /// What a run would do now: the steps that need something, and what.
    pub(super) fn needs(&self) -> Vec<(String, String)> {
        let needed = |(step, need): (&PlannedStep, Result<Need, StepError>)| match need {
            Ok(Need::Needed(why)) => Some((step.id.to_string(), why)),
            Ok(Need::Satisfied) => None,
            Err(error) => Some((step.id.to_string(), error.to_string())),
        };
        self.with_engine(&self.plan, &Silent, |engine| {
            block_on(engine.check()).unwrap().into_iter().filter_map(needed).collect()
        })
    }

    fn with_engine<T>(
        &self,
        plan: &Plan,
        steps: &dyn StepReporter,
        go: impl FnOnce(Engine<'_>) -> T,
    ) -> T {
        let hosts = Sandbox::hosts(&self.hosts);
        let engine = Engine {
            plan,
            hosts: &hosts,
            artifacts: &self.blobs,
            operator: "kim@console",
            break_locks: &self.break_locks,
            parallel: self.parallel,
            pause: Duration::ZERO,
            stop: &GO_ON,
            reporter: &Silent,
            steps,
        };
        go(engine)
    }

    /// Remembers from now on what is asked of the hosts.
    pub(super) fn tape(&self, tape: Option<&Arc<Tape>>) {
        self.hosts.iter().for_each(|host| host.tape(tape.cloned()));
    }

    pub(super) fn save(&self) -> Vec<Tree> {
        self.hosts.iter().map(|host| host.save()).collect()
    }

    pub(super) fn restore(&self, trees: &[Tree]) {
        self.hosts.iter().zip(trees).for_each(|(host, tree)| host.restore(tree));
    }

    /// Fails with the first difference to `expected`.
    pub(super) fn assert_same(&self, expected: &[Tree], what: &str) {
        for (host, expected) in self.hosts.iter().zip(expected) {
            let found = host.save();
            let (found, expected) = (found.visible(), expected.visible());
            for name in found.keys().chain(expected.keys()) {
                assert_eq!(found.get(name), expected.get(name), "{what}: {} {name}", host.name());
            }
        }
    }

    /// Every transient unit that was started, over all hosts.
    pub(super) fn starts(&self) -> Vec<String> {
        let lines = |host: &Arc<Sandbox>| host.text(".lab/starts");
        self.hosts.iter().map(lines).collect::<String>().lines().map(str::to_owned).collect()
    }

    /// How many bytes were sent in uploads, over all hosts and runs.
    pub(super) fn sent_bytes(&self) -> u64 {
        let sent = |host: &Arc<Sandbox>| host.text(".lab/sent");
        let all: String = self.hosts.iter().map(sent).collect();
        all.lines().map(|line| line.parse::<u64>().unwrap()).sum()
    }

    pub(super) fn ledger(&self, host: usize) -> LedgerFile {
        block_on(LedgerFile::load(self.hosts[host].remote())).unwrap()
    }

    pub(super) fn reset(&self) -> Vec<ResetReport> {
        (0..self.hosts.len()).map(|host| self.reset_host(host)).collect()
    }

    fn reset_host(&self, host: usize) -> ResetReport {
        let mut ledger = self.ledger(host);
        let packages: BTreeSet<PackageName> = ["hello-tool".parse().unwrap()].into();
        let actions = plan_reset(&ledger.ledger, &leaves(), &packages);
        let remote = self.hosts[host].remote();
        block_on(reset(remote, &mut ledger, None, &actions, &Silent)).unwrap()
    }
}

fn leaves() -> Leaves {
    Leaves {
        commands: vec![LeaveCommand {
            title: "leave the cluster".into(),
            script: "rm -f /.lab/cluster /.lab/joined".into(),
        }],
        paths: vec!["/etc/kubernetes".parse().unwrap()],
        ..Leaves::default()
    }
}

/// A plan of 20 steps, of every kind.
fn sample(blobs: &mut Blobs) -> Plan {
    let mut steps = control_plane(blobs);
    for worker in ["w-1", "w-2"] {
        steps.extend(self::worker(worker, blobs));
    }
    let plan = plan(steps);
    plan.check().unwrap();
    plan
}

fn control_plane(blobs: &mut Blobs) -> Vec<PlannedStep> {
    let kubeadm = programs(blobs);
    let init = RunUnit {
        script: "mkdir -p /etc/kubernetes\necho token > /etc/kubernetes/join.conf".into(),
        done_when: Some("test -f /etc/kubernetes/join.conf".into()),
        before_retry: Some("rm -rf /etc/kubernetes".into()),
        deadline_seconds: 600,
    };
    let network = KubectlApply {
        kubectl: "/opt/kubernetes/kubectl".parse().unwrap(),
        kubeconfig: "/etc/kubernetes/join.conf".parse().unwrap(),
        content: text("kind: Network\nmetadata: {name: pods}\nspec: {tunnel: Never}\n"),
        patches: serde_json::from_str(
            r#"[{"target":{"kind":"Network","name":"pods"},"why":"w","merge":{"spec":{"tunnel":"Always"}}}]"#,
        )
        .unwrap(),
    };
    let ready = WaitFor {
        script: "test -f /.lab/cluster".into(),
        expected: "the network is there".into(),
        deadline_seconds: 60,
    };
    vec![
        with_action("cp-1/prepare/modules", &[], modules()),
        with_action("cp-1/prepare/sysctl", &[], sysctl()),
        with_action("cp-1/prepare/swap", &[], Action::SwapOff(SwapOff {})),
        with_action("cp-1/prepare/packages", &[], packages(blobs)),
        with_action("cp-1/runtime/folder", &[], folder()),
        with_action("cp-1/runtime/crio.conf", &[], crio_conf()),
        with_action("cp-1/runtime/crio.service", &[], crio_service()),
        with_action("cp-1/kubernetes/kubeadm", &[], kubeadm),
        with_action("cp-1/kubernetes/init", &[], Action::RunUnit(init)),
        with_action("cp-1/network/apply", &[], Action::KubectlApply(network)),
        with_action("cp-1/network/ready", &[], Action::WaitFor(ready)),
    ]
}

fn worker(host: &str, blobs: &mut Blobs) -> Vec<PlannedStep> {
    let id = |rest: &str| format!("{host}/{rest}");
    let kubelet = blobs.add(large(2));
    let kubelet = FileContent::artifact(blobs, &kubelet, LARGE as u64).unwrap();
    let kubelet = PlaceFile::program("/usr/local/bin/kubelet".parse().unwrap(), kubelet);
    let token = PlaceFile {
        path: "/etc/kubernetes/join.conf".parse().unwrap(),
        mode: "0600".parse().unwrap(),
        owner: "root:root".parse().unwrap(),
        content: FileContent::OtherHost {
            host: "cp-1".parse().unwrap(),
            path: "/etc/kubernetes/join.conf".parse().unwrap(),
        },
    };
    let join = RunUnit {
        script: "cat /etc/kubernetes/join.conf > /.lab/joined".into(),
        done_when: None,
        before_retry: None,
        deadline_seconds: 600,
    };
    vec![
        with_action(&id("prepare/sysctl"), &[], sysctl()),
        with_action(&id("kubernetes/kubelet"), &[], Action::PlaceFile(kubelet)),
        with_action(&id("kubernetes/token"), &["cp-1/kubernetes/init"], Action::PlaceFile(token)),
        with_action(&id("kubernetes/join"), &["cp-1/network/ready"], Action::RunUnit(join)),
    ]
}

/// Two programs of an archive that holds a third.
fn programs(blobs: &mut Blobs) -> Action {
    let members =
        [("bin/kubeadm", large(1)), ("bin/pinns", b"pinns".into()), ("README", b"!".into())];
    let archive = archive(&members);
    let size = archive.len() as u64;
    let blob = blobs.add(archive);
    let archive = FileContent::artifact(blobs, &blob, size).unwrap();
    let unpacked = |(member, bytes): &(&str, Vec<u8>)| Unpacked {
        member: (*member).to_owned(),
        path: format!("/usr/local/{member}").parse().unwrap(),
        sha256: bundles::sha256(bytes),
        size: bytes.len() as u64,
    };
    Action::Unpack(Unpack::programs(archive, members[..2].iter().map(unpacked).collect()))
}

fn modules() -> Action {
    let modules = ["overlay", "br_netfilter"].map(|name| name.parse().unwrap()).into();
    let file = "/etc/modules-load.d/bottari.conf".parse().unwrap();
    Action::KernelModules(KernelModules { file, modules })
}

fn sysctl() -> Action {
    let values = [
        ("net.ipv4.ip_forward", "1"),
        ("net.ipv4.ip_local_port_range", "10000 60999"),
        ("vm.overcommit_memory", "0"),
    ];
    let values = values.map(|(key, value)| (key.parse().unwrap(), value.parse().unwrap()));
    let file = "/etc/sysctl.d/99-bottari.conf".parse().unwrap();
    Action::Sysctl(Sysctl { file, values: values.into() })
}

fn packages(blobs: &mut Blobs) -> Action {
    let bytes = deb();
    let size = bytes.len() as u64;
    let blob = blobs.add(bytes);
    let content = FileContent::artifact(blobs, &blob, size).unwrap();
    let deb =
        Deb { name: "hello-tool".parse().unwrap(), version: "1.0-1".parse().unwrap(), content };
    Action::Packages(Packages { packages: vec![deb], lock_seconds: 4 })
}

fn folder() -> Action {
    Action::MakeFolder(MakeFolder::new("/etc/crio/crio.conf.d/more".parse().unwrap()))
}

fn crio_conf() -> Action {
    Action::PlaceFile(PlaceFile::text("/etc/crio/crio.conf".parse().unwrap(), "[crio]\n"))
}

fn crio_service() -> Action {
    Action::Unit(Unit {
        unit: "crio.service".parse().unwrap(),
        text: "[Service]\nExecStart=/usr/local/bin/crio\n".into(),
        watches: vec!["/etc/crio/crio.conf".parse().unwrap()],
        start: Start::Now,
    })
}

pub(super) fn text(text: &str) -> FileContent {
    FileContent::Text { text: text.into() }
}

/// Bytes that do not compress to nothing.
fn large(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(LARGE).collect()
}

fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(encoder);
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, format!("./{name}"), &**bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// A real package with one file and a service that it would like to start.
fn deb() -> Vec<u8> {
    static DEB: OnceLock<Vec<u8>> = OnceLock::new();
    let make = || {
        let home = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = home.path().join("tree").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "DEBIAN/control",
            "Package: hello-tool\nVersion: 1.0-1\nArchitecture: all\n\
             Maintainer: Nobody <nobody@example.org>\nDescription: says hello\n",
        );
        write("opt/hello-tool/hello", "hello\n");
        let target = home.path().join("hello.deb");
        let built = Command::new("dpkg-deb")
            .args(["--root-owner-group", "-Zgzip", "--build"])
            .args([&home.path().join("tree"), &target])
            .output()
            .expect("these tests need dpkg");
        assert!(built.status.success(), "{built:?}");
        std::fs::read(target).unwrap()
    };
    DEB.get_or_init(make).clone()
}
