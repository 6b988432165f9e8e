//! A release with one system, whose archive is our own.

use journeys::{
    archive::{Archive, KEYS, LIST, ROOT, Words},
    client,
    office::words as split,
    run::{Outcome, Program, Sandbox},
    upstream::{ALWAYS, Fault, Upstream, file_path, sha256},
};
use manifests::lockfile::Lockfile;
use std::{fs, path::PathBuf};

const RELEASE: &str = "\
release: sample
version: 1.0.0
serial: 1
title: a sample
arches: [amd64]
components:
- {name: nothing, version: v1}
systems:
- {name: sample-1, base: minimal}
packages:
- {set: nodes, roles: [control-plane, worker], names: [agent (>= 1:1), base-tool]}
";

const COMPONENT: &str = "\
component: nothing
title: nothing at all
homepage: https://example.org
licence: MIT
versions: {v1: {}}
";

/// The path of a file of the suite, on the upstream.
pub(super) fn place(name: &str) -> String {
    file_path(&format!("{ROOT}/dists/one/{name}"))
}

/// A folder with the release, and the archive.
pub(super) struct Site {
    sandbox: Sandbox,
    pub(super) archive: Archive,
    pub(super) upstream: Upstream,
}

impl Site {
    /// Some packages that are on every host, and some that none has. None where
    /// Debian's tools are missing.
    pub(super) fn new() -> Option<Self> {
        let archive = Archive::new()?;
        archive.add("base-tool", "1.0-1", "Priority: required\nDepends: libbase\n");
        archive.add("libbase", "1.0-1", "Priority: optional\n");
        archive.add("agent", "1:2.0-1", "Depends: libagent (>= 2), base-tool\n");
        archive.add("libagent", "2.0-1", "Depends: libbase\n");
        archive.add("rival", "1.0-1", "Conflicts: agent\n");
        archive.add("unwanted", "1.0-1", "");
        let mut sandbox = Sandbox::new().unwrap();
        sandbox.set("BOTTARI_CACHE", "cache");
        let site = Self { sandbox, archive, upstream: Upstream::start().unwrap() };
        site.write("releases/r.yaml", RELEASE);
        site.write("components/nothing/component.yaml", COMPONENT);
        site.write("mirrors.yaml", &site.upstream.mirrors(&["archive.example"], &[]));
        site.define(&site.archive.key);
        site.publish(|_| ());
        Some(site)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Changes a file.
    pub(super) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(name, &text.replace(from, to));
    }

    /// The definition of the system, with the key that counts.
    pub(super) fn define(&self, key: &str) {
        let text = format!(
            "system: sample-1\ntitle: a sample\ndistribution: sample\nrelease: '1'\nsources:\n\
             - url: {ROOT}\n  suites: [one]\n  components: [main]\n  fingerprints: [{key}]\n  \
             keys: {KEYS}\nbases:\n- {{name: minimal, title: the least, priorities: [required]}}\n"
        );
        self.write("systems/sample-1.yaml", &text);
    }

    /// Publishes the archive as it is now.
    pub(super) fn publish(&self, change: impl FnOnce(&mut Words)) {
        let mut words = Words::default();
        change(&mut words);
        self.archive.publish(&self.upstream, &words);
    }

    /// The text of a file of the suite.
    pub(super) fn fetch(&self, name: &str) -> String {
        let answer = client::get(self.upstream.address(), &place(name), &[]).unwrap();
        String::from_utf8(answer.body).unwrap()
    }

    /// What the archive says of itself, without the signature around it.
    pub(super) fn plain_word(&self) -> String {
        let signed = self.fetch("InRelease");
        let (_, text) = signed.split_once("\n\n").unwrap();
        text.split_once("-----BEGIN PGP SIGNATURE").unwrap().0.to_owned()
    }

    /// Lets the archive say something else of itself, signed.
    pub(super) fn sign_word(&self, text: &str) {
        let signed = self.archive.clear_sign(text);
        self.upstream.put_file(&format!("{ROOT}/dists/one/InRelease"), signed);
    }

    /// Takes a list away from the archive, by its name and by its digest.
    pub(super) fn forget(&self, name: &str) {
        for path in [self.by_hash(name), place(name)] {
            self.upstream.inject(&path, ALWAYS, [Fault::Status(404, None)]);
        }
    }

    /// Where a form of the list is by its digest, as `InRelease` has it.
    pub(super) fn by_hash(&self, name: &str) -> String {
        let list = client::get(self.upstream.address(), &place(name), &[]).unwrap();
        let folder = LIST.rsplit_once('/').unwrap().0;
        place(&format!("{folder}/by-hash/SHA256/{}", sha256(&list.body).hex()))
    }

    /// Runs the builder to its end, which must be a good one.
    pub(super) fn run(&self, line: &str) -> Outcome {
        let outcome = self.sandbox.run(Program::Builder, &split(line));
        assert_eq!(outcome.code, Some(0), "{line}: {}", outcome.stderr);
        outcome
    }

    /// Locks, and reads what was written.
    pub(super) fn lock(&self, more: &str) -> Lockfile {
        self.run(&format!("lock releases/r.yaml --mirrors mirrors.yaml {more}"));
        let path = self.path("releases/r.lock");
        Lockfile::parse(&path, &fs::read_to_string(&path).unwrap()).unwrap()
    }

    /// Tries to lock, which must fail, and gives what is said.
    pub(super) fn refusal(&self, more: &str) -> String {
        self.refused(&format!("-q lock releases/r.yaml --mirrors mirrors.yaml {more}"))
    }

    /// Runs the builder, which must fail, and gives its code and its words.
    pub(super) fn refused(&self, line: &str) -> String {
        let outcome = self.sandbox.run(Program::Builder, &split(line));
        let code = outcome.code.unwrap();
        assert_ne!(code, 0, "{line}: {}", outcome.stderr);
        format!("{}exit code {code}", self.sandbox.redact(&outcome.stderr))
    }

    /// The line that builds a bundle of what was locked.
    pub(super) const BUILD: &str =
        "-q build releases/r.lock --mirrors mirrors.yaml --unsigned --apt-key apt.key -o b";

    /// Builds a bundle of what was locked.
    pub(super) fn build(&self) {
        self.run("key generate --apt -o apt.key --no-password");
        self.run(Self::BUILD);
    }

    /// Names and versions of all packages that are locked.
    #[expect(clippy::unused_self, reason = "reads better beside the other words of a site")]
    pub(super) fn packages(&self, lockfile: &Lockfile) -> Vec<String> {
        let packages = lockfile.systems.iter().flat_map(|system| &system.packages);
        packages.map(|package| format!("{} {}", package.name, package.version)).collect()
    }
}
