//! `packages`: how long a lock takes for OS packages, from the archive that this
//! machine's own apt is configured for, and how much of that is solving.

use crate::{
    measure::measure,
    problem::{Result, at, empty_folder, make_folder, remove_folder, write},
    programs::Programs,
    report::{self, Goal, Machine, Row},
    tools,
};
use clap::Args;
use journeys::upstream::Upstream;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const ROOT: &str = "https://debian.example/debian";
const KEYS: &str = "https://debian.example/keys.gpg";

/// The keys of Debian 12 and 13.
const FINGERPRINTS: &str = "4D64FEC119C2029067D6E791F8D2585B8783D481, \
    B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8, 04B54C3CDCA79751B16BC6B5225629DF75B188BD";

/// A package that every host has: what is left is reading, and solving the base.
const NOTHING: &str = "tar";

/// What hosts of a cluster need.
const SETS: [(&str, &str); 4] = [
    ("nodes", "conntrack, ebtables, ethtool, ipset, iproute2, iptables, ipvsadm, socat"),
    ("storage", "nfs-common, nfs-kernel-server, xfsprogs, e2fsprogs"),
    ("balancer", "haproxy, keepalived"),
    (
        "all of them",
        "conntrack, ebtables, ethtool, ipset, ipvsadm, socat, nfs-kernel-server, xfsprogs, haproxy, keepalived, iptables-persistent",
    ),
];

/// How to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder for the lists of the archive, which are kept, and for everything else
    #[arg(long, value_name = "DIR", env = "BOTTARI_BENCH_DIR", default_value = "target/bench")]
    work: PathBuf,
    /// How often everything is measured, in turns; the fastest of each counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
}

/// Measures and prints it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let lists = Lists::ready(&options.work)?;
    let scratch =
        empty_folder(fs::canonicalize(&options.work).map_err(at(&options.work))?.join("scratch"))?;
    let (programs, upstream, arch) = (Programs::ready()?, lists.serve()?, lists.arch.clone());
    let bench = Bench { programs, upstream, scratch, arch };
    bench.write(&lists)?;
    let cold = bench.lock(NOTHING)?;
    let (floor, sets) = bench.fastest(options.rounds)?;
    let row = |job, seconds: f64, goal| {
        let figure = ("seconds", Some(seconds));
        Row::new(job, format!("{seconds:.2} s"), figure, Goal::AtMost(goal))
    };
    let mut rows =
        vec![row("lock, first time", cold, 10.0), row("lock, nothing changed", floor, 3.0)];
    rows.extend(
        SETS.iter().zip(sets).map(|((set, _), whole)| row(set, (whole - floor).max(0.0), 1.0)),
    );
    let table = report::goals_table(&rows, "theirs");
    report::print(&format!(
        "{}one system, one architecture; sets: what solving adds to a lock with nothing changed\n\n{table}",
        Machine::here().text()
    ))?;
    remove_folder(&bench.scratch)
}

/// The word and the list of one suite, as this machine's archive has them.
struct Lists {
    folder: PathBuf,
    suite: String,
    arch: String,
}

impl Lists {
    /// Asks apt where its archive is, and fetches what is not here yet.
    fn ready(work: &Path) -> Result<Self> {
        let (suite, root) = archive()?;
        let arch = output(Command::new("dpkg").arg("--print-architecture"))?.trim().to_owned();
        let folder = make_folder(work.join("packages").join(&suite))?;
        let list = format!("main/binary-{arch}/Packages.xz");
        for name in ["InRelease", &list] {
            let path = folder.join(name);
            if !path.exists() {
                make_folder(path.parent().ok_or("a file is in a folder")?.to_owned())?;
                let url = format!("{root}/dists/{suite}/{name}");
                let mut fetch = Command::new("/usr/lib/apt/apt-helper");
                tools::succeed(fetch.arg("download-file").arg(url).arg(path))?;
            }
        }
        Ok(Self { folder, suite, arch })
    }

    fn serve(&self) -> Result<Upstream> {
        let upstream = Upstream::start()?;
        upstream.put_folder(&format!("{ROOT}/dists/{}", self.suite), &self.folder)?;
        upstream.put_file(KEYS, fs::read(KEYRING).map_err(at(Path::new(KEYRING)))?);
        Ok(upstream)
    }
}

/// The first suite of apt that is no update of another, and the root of its archive.
fn archive() -> Result<(String, String)> {
    let mut apt = Command::new("apt-get");
    apt.args(["indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"]);
    let said = output(&mut apt)?;
    let mut pairs = said.lines().filter_map(|line| line.split_once(' '));
    let (suite, root) =
        pairs.find(|(suite, _)| !suite.contains('-')).ok_or("apt has no archive of Debian")?;
    Ok((suite.to_owned(), root.trim_end_matches('/').to_owned()))
}

fn output(command: &mut Command) -> Result<String> {
    let done = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    Ok(String::from_utf8(done.stdout)?)
}

/// A release with one system, and the archive that it is locked from.
struct Bench {
    programs: Programs,
    upstream: Upstream,
    scratch: PathBuf,
    arch: String,
}

impl Bench {
    fn write(&self, lists: &Lists) -> Result<()> {
        for folder in ["releases", "systems", "components/nothing"] {
            make_folder(self.scratch.join(folder))?;
        }
        let Lists { suite, arch, .. } = lists;
        let system = format!(
            "system: sample-1\ntitle: Debian\ndistribution: debian\nrelease: '1'\nsources:\n- url: {ROOT}\n  \
             arches: [{arch}]\n  suites: [{suite}]\n  components: [main]\n  fingerprints: [{FINGERPRINTS}]\n  \
             keys: {KEYS}\nbases:\n- {{name: minimal, title: the least, priorities: [required], packages: [apt]}}\n"
        );
        write(&self.scratch.join("systems/sample-1.yaml"), &system)?;
        let component = "component: nothing\ntitle: nothing\nhomepage: https://example.org\nlicence: MIT\nversions: {v1: {}}\n";
        write(&self.scratch.join("components/nothing/component.yaml"), component)?;
        let mirrors = self.upstream.mirrors(&["debian.example"], &[]);
        write(&self.scratch.join("mirrors.yaml"), &mirrors)
    }

    /// How long a lock with these packages takes.
    fn lock(&self, names: &str) -> Result<f64> {
        let path = self.scratch.join("releases/r.yaml");
        let arch = &self.arch;
        let release = format!(
            "release: r\nversion: '1'\nserial: 1\ntitle: r\narches: [{arch}]\ncomponents: [{{name: nothing, version: v1}}]\n\
             systems: [{{name: sample-1, base: minimal}}]\npackages: [{{set: one, names: [{names}]}}]\n"
        );
        write(&path, &release)?;
        let mut lock = self.programs.builder("lock", &self.scratch);
        lock.args(["releases/r.yaml", "--system", "sample-1", "--mirrors", "mirrors.yaml"]);
        lock.args(["--cache", "cache", "--quiet"]);
        Ok(measure(&mut lock, &self.scratch.join("talk"), &[])?.seconds)
    }

    /// The fastest lock without a set, and with each of them. Sets take turns, so that
    /// a moment in which the machine is busy concerns all of them.
    fn fastest(&self, rounds: u64) -> Result<(f64, Vec<f64>)> {
        let (mut floor, mut sets) = (f64::MAX, vec![f64::MAX; SETS.len()]);
        for _ in 0..rounds {
            floor = floor.min(self.lock(NOTHING)?);
            for (best, (_, names)) in sets.iter_mut().zip(SETS) {
                *best = best.min(self.lock(names)?);
            }
        }
        Ok((floor, sets))
    }
}
