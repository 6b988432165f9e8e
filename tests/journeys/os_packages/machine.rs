//! The archive that this machine's own apt is configured for, asked through a
//! mirrors file that is made here: real keys, real words, real lists.

use journeys::{
    office::words,
    run::{Program, Sandbox},
    stock,
    upstream::{Upstream, file_path},
};
use manifests::{Arch, lockfile::Lockfile};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The packages that hosts of a cluster need, by role.
const RELEASE: &str = "\
release: machine
version: 1.0.0
serial: 1
title: what this machine's archive has
arches: [amd64, arm64]
components:
- {name: nothing, version: v1}
systems:
- {name: debian-12, base: minimal}
packages:
- set: nodes
  names: [conntrack, socat (>= 1.7), ethtool, ebtables, iptables, ipset, ipvsadm, chrony, xfsprogs]
- {set: balancer, names: [haproxy, keepalived], start: [haproxy.service]}
- {set: gateway, names: [iptables-persistent]}
";

const COMPONENT: &str = "component: nothing\ntitle: t\nhomepage: https://example.org\nlicence: MIT\nversions: {v1: {}}\n";

/// Roots of the archives that apt asks for these suites.
fn roots() -> BTreeMap<String, String> {
    let mut apt = Command::new("apt-get");
    apt.args(["indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"]);
    let said = apt.output().map(|done| done.stdout).unwrap_or_default();
    let said = String::from_utf8(said).unwrap();
    let pairs = said.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(suite, root)| (suite.to_owned(), root.to_owned())).collect()
}

/// A folder with a release for this machine's system, and the mirrors that lead to its
/// archive; keys come from `upstream`.
fn prepared(upstream: &Upstream, main: &str, security: &str) -> Sandbox {
    let (sandbox, keys) = (Sandbox::new().unwrap(), "https://debian.example/keys");
    upstream.put_file(&format!("{keys}/debian-archive-keyring.gpg"), fs::read(KEYRING).unwrap());
    let write = |name: &str, text: &str| {
        let path = sandbox.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let mirrors = format!(
        "urls:\n- {{from: https://debian.example/debian, to: {main}}}\n\
         - {{from: https://debian.example/debian-security, to: {security}}}\n\
         - {{from: {keys}, to: {}}}\n",
        upstream.url(&file_path("debian.example/keys"))
    );
    write("mirrors.yaml", &mirrors);
    write("releases/m.yaml", RELEASE);
    write("components/nothing/component.yaml", COMPONENT);
    let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../manifests");
    let definition = fs::read_to_string(manifests.join("systems/debian-12.yaml")).unwrap();
    write("systems/debian-12.yaml", &definition);
    sandbox
}

/// Locks, and gives what was written and what was said.
fn lock(sandbox: &Sandbox) -> (Lockfile, String) {
    let line = "lock releases/m.yaml --mirrors mirrors.yaml --cache cache --system debian-12";
    let outcome = sandbox.run(Program::Builder, &words(line));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let path = sandbox.path("releases/m.lock");
    (Lockfile::parse(&path, &fs::read_to_string(&path).unwrap()).unwrap(), outcome.stderr)
}

#[test]
fn the_archive_of_this_machine_is_locked_for_two_architectures() {
    let roots = roots();
    let root = |suite: &str| roots.get(suite).map(|root| root.trim_end_matches('/').to_owned());
    let (Some(main), Some(security)) = (root("bookworm"), root("bookworm-security")) else {
        return stock::skipped("this machine's apt is not configured for Debian 12");
    };
    if !Path::new(KEYRING).exists() {
        return stock::skipped("this machine has no keys of Debian");
    }
    let upstream = Upstream::start().unwrap();
    let sandbox = prepared(&upstream, &main, &security);
    let (locked, _) = lock(&sandbox);
    for arch in [Arch::Amd64, Arch::Arm64] {
        let system = locked.systems.iter().find(|system| system.arch == arch).unwrap();
        let has = |name: &str| system.packages.iter().any(|package| package.name.as_str() == name);
        assert!(["conntrack", "socat", "libnetfilter-conntrack3", "haproxy"].into_iter().all(has));
        assert!(!has("libc6") && !has("systemd-sysv") && !has("dpkg"), "what is there stays");
        assert!((30..200).contains(&system.packages.len()), "{}", system.packages.len());
        assert_eq!(system.indexes.len(), 3);
    }
    let (again, said) = lock(&sandbox);
    assert_eq!(again.systems, locked.systems);
    assert!(said.contains("nothing has changed"), "{said}");
}
