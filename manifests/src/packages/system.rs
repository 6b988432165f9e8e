//! System definitions, `manifests/systems/<name>.yaml`: what a system is, where its
//! archive is, whose signature counts there, and what its hosts have at least.
//! Adding a system is writing such a file, not code.

use super::words::{ArchiveComponent, PackageName, Suite, SystemName};
use crate::{
    Arch, Name,
    packages::Moment,
    provenance::KeyFingerprint,
    release::Line,
    yaml::{self, InputError},
};
use serde::Deserialize;
use std::{collections::BTreeSet, path::Path};
use url::Url;

/// What a template of an address says where the day of a snapshot goes.
const SNAPSHOT: &str = "{snapshot}";

/// One system definition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SystemDefinition {
    /// Its name, equal to the name of its file.
    pub system: SystemName,
    /// What it is, in one line.
    pub title: Line,
    /// `ID` in `/etc/os-release` of its hosts.
    pub distribution: Name,
    /// `VERSION_ID` in `/etc/os-release` of its hosts.
    pub release: String,
    /// Its archives. A package that is in several comes from the first.
    pub sources: Vec<ArchiveSource>,
    /// What its hosts may be known to have.
    pub bases: Vec<NamedBase>,
}

/// An archive, in the form that apt reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ArchiveSource {
    /// Its root: what `dists/` and `pool/` are in. With `{snapshot}` in it, that of
    /// a service that keeps old days.
    url: String,
    /// The architectures it has; all when left out.
    #[serde(default)]
    pub arches: Vec<Arch>,
    /// Its suites. The very first one of a system is what its hosts were installed
    /// from; later ones are what packages can be raised to.
    pub suites: Vec<Suite>,
    /// The components that are taken of each suite.
    pub components: Vec<ArchiveComponent>,
    /// Whose signature counts: any of these primary keys.
    pub fingerprints: Vec<KeyFingerprint>,
    /// Where the public keys are. They are believed for the fingerprints alone.
    pub keys: Url,
    /// The day and second to go back to; now when left out.
    pub snapshot: Option<Moment>,
}

/// What the hosts of a system have at least, when nobody brings a status file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NamedBase {
    /// Its name.
    pub name: Name,
    /// What it is, in one line.
    pub title: Line,
    /// Every package of these priorities is there.
    #[serde(default)]
    pub priorities: Vec<BasePriority>,
    /// These are there too, with all that they depend on.
    #[serde(default)]
    pub packages: Vec<PackageName>,
}

/// How much a system leans on a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BasePriority {
    /// dpkg itself may break without it.
    Required,
    /// Expected on every system.
    Important,
    /// On every system that has text alone.
    Standard,
}

impl SystemDefinition {
    /// Reads a definition. `path` is only for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Self, InputError> {
        let system: Self = yaml::parse(path, text)?;
        system.check().map_err(|message| InputError::meaning(path, message))?;
        Ok(system)
    }

    /// The archives that have this architecture.
    pub fn sources_of(&self, arch: Arch) -> impl Iterator<Item = &ArchiveSource> {
        self.sources.iter().filter(move |source| source.has(arch))
    }

    /// The base of this name; an error lists those that there are.
    pub fn base(&self, name: &Name) -> Result<&NamedBase, String> {
        self.bases.iter().find(|base| base.name == *name).ok_or_else(|| {
            let known: Vec<_> = self.bases.iter().map(|base| base.name.as_str()).collect();
            let (system, known) = (&self.system, known.join(", "));
            format!("`{system}` has no base `{name}`; it has: {known}")
        })
    }

    fn check(&self) -> Result<(), String> {
        some("sources", &self.sources)?;
        some("bases", &self.bases)?;
        once("bases", self.bases.iter().map(|base| &base.name))?;
        let release = |c: char| c.is_ascii_alphanumeric() || c == '.';
        if self.release.is_empty() || !self.release.chars().all(release) {
            return Err(format!("release: expected one such as `12`, found `{}`", self.release));
        }
        self.sources.iter().try_for_each(ArchiveSource::check)?;
        self.bases.iter().try_for_each(NamedBase::check)
    }
}

impl ArchiveSource {
    /// The root, with the snapshot filled in and without a slash at its end.
    pub fn root(&self) -> Url {
        self.parse_root().expect("it was parsed when the definition was read")
    }

    /// Whether it has packages of this architecture.
    pub fn has(&self, arch: Arch) -> bool {
        self.arches.is_empty() || self.arches.contains(&arch)
    }

    fn parse_root(&self) -> Result<Url, String> {
        let url = &self.url;
        let filled = match (self.snapshot, url.contains(SNAPSHOT)) {
            (Some(moment), true) => url.replace(SNAPSHOT, &moment.compact()),
            (None, false) => url.clone(),
            (Some(_), false) => {
                return Err(format!("url: `{url}` has no place for the {SNAPSHOT}"));
            }
            (None, true) => return Err(format!("url: `{url}` needs a `snapshot`")),
        };
        let root = Url::parse(filled.trim_end_matches('/'));
        let root = root.map_err(|error| format!("url: `{url}` is not a URL: {error}"))?;
        check_url("url", &root).map(|()| root)
    }

    fn check(&self) -> Result<(), String> {
        self.parse_root()?;
        check_url("keys", &self.keys)?;
        some("suites", &self.suites)?;
        some("components", &self.components)?;
        some("fingerprints", &self.fingerprints)?;
        once("arches", &self.arches)?;
        once("suites", &self.suites)?;
        once("components", &self.components)
    }
}

impl NamedBase {
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        once("priorities", self.priorities.iter().map(|priority| format!("{priority:?}")))?;
        once("packages", &self.packages)?;
        match self.priorities.is_empty() && self.packages.is_empty() {
            true => Err(format!("base `{name}`: expected priorities, packages or both")),
            false => Ok(()),
        }
    }
}

/// Definitions are published, and lockfiles keep the addresses.
fn check_url(field: &str, url: &Url) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default();
    if !matches!(url.scheme(), "http" | "https") || host.is_empty() {
        return Err(format!("{field}: expected http:// or https://, found `{url}`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "{field}: credentials do not belong here, but into ~/.netrc under `machine {host}`"
        ));
    }
    match url.query().or(url.fragment()) {
        Some(_) => Err(format!("{field}: `{url}` has a `?` or a `#`, expected an address without")),
        None => Ok(()),
    }
}

fn some<T>(field: &str, list: &[T]) -> Result<(), String> {
    if list.is_empty() { Err(format!("{field}: expected at least one")) } else { Ok(()) }
}

/// Everything in a list is there once.
pub(super) fn once<T: Ord + std::fmt::Display>(
    field: &str,
    list: impl IntoIterator<Item = T>,
) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for one in list {
        if seen.contains(&one) {
            return Err(format!("{field}: `{one}` is listed twice"));
        }
        seen.insert(one);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
system: sample-1
title: a sample
distribution: sample
release: '1'
sources:
- url: https://archive.example/sample/
  arches: [amd64]
  suites: [one, one-updates]
  components: [main]
  fingerprints: [4D64FEC119C2029067D6E791F8D2585B8783D481]
  keys: https://archive.example/keys.asc
- url: https://ports.example/sample
  arches: [arm64]
  suites: [one]
  components: [main]
  fingerprints: [4D64FEC119C2029067D6E791F8D2585B8783D481]
  keys: https://archive.example/keys.asc
bases:
- {name: minimal, title: the least, priorities: [required], packages: [apt]}
";

    fn parse(text: &str) -> Result<SystemDefinition, String> {
        SystemDefinition::parse(Path::new("s.yaml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn an_architecture_comes_from_the_archives_that_have_it() {
        let system = parse(GOOD).unwrap();
        let roots = |arch| -> Vec<_> {
            system.sources_of(arch).map(|source| source.root().to_string()).collect()
        };
        assert_eq!(roots(Arch::Amd64), ["https://archive.example/sample"]);
        assert_eq!(roots(Arch::Arm64), ["https://ports.example/sample"]);
        let error = system.base(&"server".parse().unwrap()).unwrap_err();
        assert_eq!(error, "`sample-1` has no base `server`; it has: minimal");
    }

    #[test]
    fn a_snapshot_has_its_place_in_the_address() {
        let url = "https://old.example/{snapshot}/sample/\n  snapshot: 2026-07-11T10:16:37Z";
        let text = GOOD.replace("https://archive.example/sample/", url);
        let root = parse(&text).unwrap().sources[0].root();
        assert_eq!(root.as_str(), "https://old.example/20260711T101637Z/sample");
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        let cases = [
            (GOOD.replace("system: sample-1", "system: ../x"), "is not the name of a system"),
            (GOOD.replace("[one, one-updates]", "[one, one]"), "suites: `one` is listed twice"),
            (GOOD.replace("[one, one-updates]", "[]"), "suites: expected at least one"),
            (GOOD.replace("[main]", "[main/x]"), "is not a component of a suite"),
            (GOOD.replace("4D64", "4d64"), "is not the fingerprint of an OpenPGP key"),
            (GOOD.replace("[4D64FEC119C2029067D6E791F8D2585B8783D481]", "[]"), "fingerprints: exp"),
            (GOOD.replace("https://archive.example/sample", "ftp://a/b"), "expected http://"),
            (GOOD.replace("https://archive.example/sample", "https://u:p@a.io"), "machine a.io"),
            (GOOD.replace("/sample/", "/{snapshot}/"), "needs a `snapshot`"),
            (GOOD.replace("apt]", "Apt]"), "is not the name of a package"),
            (GOOD.replace("priorities: [required], packages: [apt]", ""), "base `minimal`: expec"),
            (GOOD.replace("[required]", "[optional]"), "unknown variant"),
            (GOOD.replace("release: '1'", "release: '1/2'"), "release: expected one such as `12`"),
            (GOOD.replace("title: a sample", "titel: a sample"), "line 3, column 1"),
        ];
        for (text, expected) in cases {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("u:p@"), "{error}");
        }
    }
}
