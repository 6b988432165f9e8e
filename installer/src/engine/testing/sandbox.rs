//! One host in a folder.

use super::{
    agent::Agent,
    stand_ins::{KUBECTL, STAND_INS},
    tape::{Asked, Moment, Tape},
    tree::Tree,
};
use crate::{
    plan::HostName,
    steps::{Hosts, Remote},
    transport::{
        Captured, Finished, HostPath, RemoteCommand, Transport, TransportError, Upload, Uploaded,
    },
};
use async_trait::async_trait;
use manifests::event::Reporter;
use std::{
    fs,
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// A host. Its folder goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Sandbox {
    name: HostName,
    root: tempfile::TempDir,
    agent: Mutex<Agent>,
    tape: Mutex<Option<Arc<Tape>>>,
}

const FOLDERS: &[&str] = &[
    ".lab/units",
    "dev",
    "etc/crio",
    "etc/systemd/system/multi-user.target.wants",
    "etc/sysctl.d",
    "etc/modules-load.d",
    "opt/kubernetes",
    "proc/sys/net/ipv4",
    "proc/sys/vm",
    "root",
    "run",
    "sys/module",
    "tmp",
    "usr/bin",
    "usr/sbin",
    "usr/lib",
    "usr/lib64",
    "usr/local/bin",
    "usr/local/sbin",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
    "var/lib/dpkg/triggers",
    "var/log",
];

const FILES: &[(&str, &str)] = &[
    ("dev/null", ""),
    ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
    ("etc/group", "root:x:0:\n"),
    ("etc/fstab", "# a comment\n/dev/sda1 / ext4 defaults 0 1\n/dev/sda2 none swap sw 0 0\n"),
    ("etc/crio/crio.conf", "# written by somebody else\n"),
    ("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n"),
    ("proc/modules", "ext4 1 0 - Live\n"),
    ("proc/mounts", ""),
    ("proc/sys/net/ipv4/ip_forward", "0\n"),
    ("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n"),
    ("proc/sys/vm/overcommit_memory", "0\n"),
    (".lab/modules", "overlay\nbr_netfilter\n"),
    ("var/lib/dpkg/status", ""),
    ("var/lib/dpkg/available", ""),
];

impl Sandbox {
    /// A fresh host.
    pub(crate) fn new(name: &str) -> Arc<Self> {
        // In memory where there is some: the scripts sync a lot.
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let root = tempfile::Builder::new().prefix("bottari-host-").tempdir_in(place).unwrap();
        furnish(root.path());
        let agent = Mutex::new(Agent::enter(root.path()));
        let name = name.parse().unwrap();
        Arc::new(Self { name, root, agent, tape: Mutex::default() })
    }

    /// Remembers, or no longer remembers, what it is asked.
    pub(crate) fn tape(&self, tape: Option<Arc<Tape>>) {
        *self.tape.lock().unwrap() = tape;
    }

    /// All that is there.
    pub(crate) fn save(&self) -> Tree {
        Tree::read(self.root.path())
    }

    /// Becomes what it was.
    pub(crate) fn restore(&self, tree: &Tree) {
        tree.write(self.root.path());
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.name.as_str()
    }

    /// A path of the host as this machine sees it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// Writes a file, behind everybody's back.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    /// The power goes and comes back: what ran is gone, and so is `/run`.
    pub(crate) fn power_cut(&self) {
        fs::remove_dir_all(self.path("run")).unwrap();
        fs::create_dir(self.path("run")).unwrap();
        fs::remove_dir_all(self.path(".lab/units")).unwrap();
        fs::create_dir(self.path(".lab/units")).unwrap();
    }

    /// These hosts, as an engine takes them.
    pub(crate) fn hosts(all: &[Arc<Self>]) -> Hosts {
        Hosts::new(all.iter().map(|host| (host.name.clone(), host.clone() as Arc<dyn Transport>)))
    }

    /// This host, as a step takes it.
    pub(crate) fn remote(&self) -> Remote<'_> {
        Remote { name: &self.name, transport: self }
    }

    /// Runs the words in the sandbox. A script that is traced runs in bash, which
    /// can tell how far it is; every other one in this machine's `sh`.
    fn execute(&self, command: &RemoteCommand, trace: Option<&str>) -> Finished {
        let lab = self.path(".lab");
        let line = match (command.arguments(), trace) {
            ([_, _, text, _, arguments @ ..], Some(trap)) => {
                fs::write(lab.join("body"), format!("__n=0\ntrap '{trap}' DEBUG\nset -T\n{text}"))
                    .unwrap();
                format!("setsid -w bash --posix /.lab/body {}", quoted(arguments))
            }
            ([_, _, text, _, arguments @ ..], None) => {
                fs::write(lab.join("body"), text).unwrap();
                format!("set -- {}\n. /.lab/body\n", quoted(arguments))
            }
            (words, _) => quoted(words),
        };
        fs::write(lab.join("command"), line).unwrap();
        fs::write(lab.join("input"), command.input()).unwrap();
        let status = self.agent.lock().unwrap().run();
        let read =
            |name: &str| Captured { bytes: fs::read(lab.join(name)).unwrap(), dropped_bytes: 0 };
        let mut finished = Finished::with(status, "");
        finished.stdout = read("output");
        finished.stderr = read("errors");
        finished
    }

    /// Runs a script that is killed before this simple command, from 1.
    pub(super) fn run_half(&self, command: &RemoteCommand, limit: usize) {
        let trap = format!("__n=$((__n + 1)); [ $__n -lt {limit} ] || kill -9 0");
        self.execute(command, Some(&trap));
    }

    /// Puts up to `most` bytes of what is missing behind what is there. Counts
    /// them in `/.lab/sent`.
    pub(super) fn receive(&self, upload: &Upload, most: u64) {
        let partial = self.path(upload.path.partial().as_str());
        let mut there = fs::read(&partial).unwrap_or_default();
        let mut all = Vec::new();
        upload.content.open().unwrap().read_to_end(&mut all).unwrap();
        assert_eq!((all.len() as u64, bundles::sha256(&all)), (upload.size, upload.digest.clone()));
        let missing = &all[there.len()..];
        let sent = missing.len().min(usize::try_from(most).unwrap());
        there.extend_from_slice(&missing[..sent]);
        fs::write(&partial, &there).unwrap();
        self.write(".lab/sent", format!("{}{sent}\n", self.text(".lab/sent")));
        if there.len() == all.len() {
            fs::set_permissions(&partial, fs::Permissions::from_mode(upload.mode)).unwrap();
            fs::rename(&partial, self.path(upload.path.as_str())).unwrap();
        }
    }

    fn remember(&self, before: Option<(Arc<Tape>, Tree)>, asked: Asked) {
        if let Some((tape, before)) = before {
            tape.record(Moment { host: self.name.to_string(), asked, before });
        }
    }

    fn begin_to_remember(&self) -> Option<(Arc<Tape>, Tree)> {
        let tape = self.tape.lock().unwrap().clone()?;
        Some((tape, self.save()))
    }
}

#[async_trait]
impl Transport for Sandbox {
    fn host(&self) -> &str {
        self.name.as_str()
    }

    async fn run(&self, command: &RemoteCommand) -> Result<Finished, TransportError> {
        assert!(command.needs_root() && !command.shows_a_secret());
        // Other hosts go on while this one is waited for.
        tokio::task::yield_now().await;
        let Some(before) = self.begin_to_remember() else { return Ok(self.execute(command, None)) };
        let trap = "__n=$((__n + 1)); echo $__n >| /.lab/count";
        let finished = self.execute(command, Some(trap));
        let length = self.text(".lab/count").trim().parse().unwrap_or(0);
        self.remember(Some(before), Asked::Command(command.clone(), length));
        Ok(finished)
    }

    async fn upload(&self, upload: &Upload, _: &dyn Reporter) -> Result<Uploaded, TransportError> {
        let there = fs::read(self.path(upload.path.as_str())).unwrap_or_default();
        if bundles::sha256(&there) == upload.digest {
            return Ok(Uploaded::AlreadyThere);
        }
        let before = self.begin_to_remember();
        self.receive(upload, upload.size);
        self.remember(before, Asked::Upload(upload.clone()));
        Ok(Uploaded::Sent { bytes: upload.size, resumed: 0 })
    }

    async fn read_file(&self, path: &HostPath, _: u64) -> Result<Option<Vec<u8>>, TransportError> {
        Ok(fs::read(self.path(path.as_str())).ok())
    }
}

/// Makes a folder look like a host.
fn furnish(root: &Path) {
    for folder in FOLDERS {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for (path, text) in FILES {
        fs::write(root.join(path), text).unwrap();
    }
    let programs = STAND_INS.iter().map(|(name, text)| (format!("usr/local/sbin/{name}"), *text));
    for (path, text) in programs.chain([("opt/kubernetes/kubectl".to_owned(), KUBECTL)]) {
        fs::write(root.join(&path), text).unwrap();
        fs::set_permissions(root.join(&path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    for link in ["bin", "sbin", "lib", "lib64"] {
        symlink(format!("usr/{link}"), root.join(link)).unwrap();
    }
}

fn quoted(words: &[String]) -> String {
    let quote = |word: &String| format!("'{}'", word.replace('\'', "'\\''"));
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}
