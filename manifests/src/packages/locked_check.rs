//! What every lockfile promises of its OS packages.

use super::{
    locked::{LockedBase, LockedPackage, LockedSystem},
    system::once,
};
use crate::lockfile::Lockfile;
use std::collections::BTreeSet;

/// Each system once for each architecture, and each complete in itself.
pub(crate) fn check(lockfile: &Lockfile) -> Result<(), String> {
    let mut known = BTreeSet::new();
    for system in &lockfile.systems {
        let (name, arch) = system.place();
        let wrong = |why: String| format!("system `{name}` for {arch}: {why}");
        if !known.insert((name, arch)) {
            return Err(wrong("it is locked twice".into()));
        }
        if !lockfile.arches.contains(&arch) {
            return Err(wrong("the lockfile carries nothing else for this architecture".into()));
        }
        system.check().map_err(wrong)?;
    }
    Ok(())
}

impl LockedSystem {
    fn check(&self) -> Result<(), String> {
        if matches!(&self.base, LockedBase::Status(files) if files.is_empty()) {
            return Err("base: expected at least one status file".into());
        }
        once("sets", self.sets.iter().map(|set| &set.set))?;
        once("indexes", self.indexes.iter().map(|index| &index.url))?;
        once("packages", self.packages.iter().map(LockedPackage::file_name))?;
        self.packages.iter().try_for_each(|package| self.check_package(package))
    }

    fn check_package(&self, package: &LockedPackage) -> Result<(), String> {
        let LockedPackage { name, arch, from, .. } = package;
        if !arch.runs_on(self.arch) {
            return Err(format!("package `{name}` is for {arch}"));
        }
        let mut lists = self.indexes.iter().flat_map(|index| {
            index.lists.iter().map(|list| format!("{}/{}", index.suite, list.component))
        });
        match lists.any(|list| list == from.as_str()) {
            true => Ok(()),
            false => Err(format!("package `{name}` is from `{from}`, which no index vouches for")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::PackageArch;
    use std::path::Path;

    const HEAD: &str = "\
format: bottari.lock/v1
release: demo
version: '1'
serial: 1
title: t
arches: [amd64]
compression-level: 3
files: []
images: []
";

    const SYSTEM: &str = "\
systems:
- system: debian-12
  arch: amd64
  base:
    name: minimal
  indexes:
  - source: https://debian.example/debian
    suite: bookworm
    date: 2026-07-11T10:16:37Z
    signer: 4D64FEC119C2029067D6E791F8D2585B8783D481
    url: https://debian.example/debian/dists/bookworm/InRelease
    size: 151082
    digest: sha256:8b50d62d38cb2de005b42227dd14b33f6e01758970f248f9257789ecfaf634c9
    lists:
    - component: main
      path: main/binary-amd64/Packages.xz
      size: 8788064
      digest: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
  sets:
  - set: nodes
    roles:
    - control-plane
    names:
    - socat (>= 1.7)
    - conntrack
    start:
    - conntrackd.service
  packages:
  - name: socat
    version: 1.7.4.4-2
    arch: amd64
    source: https://debian.example/debian/pool/main/s/socat/socat_1.7.4.4-2_amd64.deb
    size: 374708
    digest: sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9
    from: bookworm/main
  - name: conntrack
    version: 1:1.4.7-1+b2
    arch: amd64
    source: https://debian.example/debian/pool/main/c/conntrack/conntrack_1.4.7-1+b2_amd64.deb
    size: 33756
    digest: sha256:baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096
    from: bookworm/main
";

    fn parse(text: &str) -> Result<Lockfile, String> {
        let text = format!("{HEAD}{text}");
        Lockfile::parse(Path::new("x.lock"), &text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_lockfile_of_before_there_were_packages_is_read_and_written_without_them() {
        let lockfile = parse("").unwrap();
        assert!(lockfile.systems.is_empty() && !lockfile.render().contains("systems"));
    }

    #[test]
    fn systems_are_written_sorted_with_one_fact_per_line() {
        let lockfile = parse(SYSTEM).unwrap();
        let text = lockfile.render();
        let mut sorted = lockfile.clone();
        sorted.sort();
        assert_eq!(Lockfile::parse(Path::new("x.lock"), &text).unwrap(), sorted);
        let (_, systems) = text.split_once("images: []\n").unwrap();
        insta::assert_snapshot!(systems);
    }

    #[test]
    fn packages_are_blobs_that_are_named_by_their_system() {
        let blobs = parse(SYSTEM).unwrap().blobs().unwrap();
        let users: Vec<_> = blobs.values().flat_map(|blob| &blob.users).collect();
        assert_eq!(users, ["debian-12/conntrack", "debian-12/socat"]);
    }

    #[test]
    fn a_file_has_the_name_that_debian_gives_it() {
        let system = &parse(SYSTEM).unwrap().systems[0];
        assert_eq!(system.packages[1].file_name(), "conntrack_1.4.7-1+b2_amd64.deb");
        assert_eq!(system.packages[1].arch, PackageArch::Amd64);
        assert_eq!(system.newest_index().unwrap().unix_seconds(), 1_783_764_997);
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let cases = [
            (SYSTEM.replace("from: bookworm/main", "from: bookworm/contrib"), "no index vouches"),
            (SYSTEM.replace("  arch: amd64\n  base", "  arch: arm64\n  base"), "nothing else for"),
            (
                SYSTEM.replace("1.7.4.4-2\n    arch: amd64", "1.7.4.4-2\n    arch: arm64"),
                "is for arm64",
            ),
            (format!("{SYSTEM}{}", SYSTEM.replace("systems:\n", "")), "it is locked twice"),
            (SYSTEM.replace("name: minimal", "status: []"), "at least one status file"),
            (SYSTEM.replace("name: minimal", "named: minimal"), "unknown variant"),
            (
                SYSTEM.replace(
                    "sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
                    "sha256:baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096",
                ),
                "bytes in one place",
            ),
            (SYSTEM.replace("name: socat\n", "name: so cat\n"), "is not the name of a package"),
            (SYSTEM.replace("2026-07-11T10", "2026-07-11 10"), "is not a moment"),
        ];
        for (text, expected) in cases {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
