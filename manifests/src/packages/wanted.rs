//! What a release says of OS packages: for which systems, and which sets of
//! packages their hosts need.

use super::{
    system::once,
    words::{ServiceName, SystemName, Wish},
};
use crate::{Name, Role, release::Release};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A system that hosts of a site may run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetSystem {
    /// The definition.
    pub name: SystemName,
    /// What its hosts have at least, by the name of a base of the definition, when
    /// nobody brings a status file.
    pub base: Name,
}

/// Packages that some hosts need.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackageSet {
    /// Its name.
    pub set: Name,
    /// Hosts that need it by their role; others get it by the name of the set.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The systems it is for; all when left out.
    #[serde(default)]
    pub systems: Vec<SystemName>,
    /// The profiles that need it; none means that every bundle does.
    #[serde(default)]
    pub profiles: Vec<Name>,
    /// The packages, in any version or in some.
    pub names: Vec<Wish>,
    /// Services of these packages that may start when they are installed; no other
    /// does.
    #[serde(default)]
    pub start: Vec<ServiceName>,
}

/// The systems that somebody wants packages for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemChoice {
    /// Every system of the release.
    All,
    /// Those with these names; without any, no packages.
    Named(Vec<SystemName>),
}

impl Default for SystemChoice {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

/// A system that the release is not for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the release has no packages for `{name}`; it has some for: {}", listed(.known))]
pub struct UnknownSystem {
    /// What was wanted.
    pub name: SystemName,
    /// What there is.
    pub known: Vec<SystemName>,
}

impl PackageSet {
    /// Whether hosts of this system may need it.
    pub fn is_for(&self, system: &SystemName) -> bool {
        self.systems.is_empty() || self.systems.contains(system)
    }
}

impl Release {
    /// The release as if it had been written for these systems alone.
    pub fn for_systems(&self, choice: &SystemChoice) -> Result<Self, UnknownSystem> {
        let known: Vec<_> = self.systems.iter().map(|system| system.name.clone()).collect();
        let mut release = self.clone();
        if let SystemChoice::Named(names) = choice {
            if let Some(name) = names.iter().find(|name| !known.contains(name)) {
                return Err(UnknownSystem { name: name.clone(), known });
            }
            release.systems.retain(|system| names.contains(&system.name));
        }
        release
            .packages
            .retain(|set| release.systems.iter().any(|system| set.is_for(&system.name)));
        Ok(release)
    }
}

/// Systems and sets go together, and each is there once.
pub(crate) fn check(release: &Release) -> Result<(), String> {
    let systems: BTreeSet<_> = release.systems.iter().map(|system| &system.name).collect();
    once("systems", release.systems.iter().map(|system| &system.name))?;
    once("packages", release.packages.iter().map(|set| &set.set))?;
    for set in &release.packages {
        set.check(&systems).map_err(|why| format!("packages `{}`: {why}", set.set))?;
    }
    let idle = |name: &&&SystemName| !release.packages.iter().any(|set| set.is_for(name));
    match systems.iter().find(idle) {
        Some(idle) => Err(format!("systems: no set of packages is for `{idle}`")),
        None => Ok(()),
    }
}

impl PackageSet {
    fn check(&self, systems: &BTreeSet<&SystemName>) -> Result<(), String> {
        if self.names.is_empty() {
            return Err("names: expected at least one".into());
        }
        once("names", self.names.iter().map(Wish::name))?;
        once("roles", self.roles.iter().map(|role| role.as_str()))?;
        once("systems", &self.systems)?;
        once("start", &self.start)?;
        if systems.is_empty() {
            return Err("the release has no `systems` that it could be for".into());
        }
        match self.systems.iter().find(|name| !systems.contains(name)) {
            None => Ok(()),
            Some(name) => {
                let known = listed(systems.iter().copied());
                Err(format!("no system `{name}` is among `systems` of the release: {known}"))
            }
        }
    }
}

fn listed<'a>(names: impl IntoIterator<Item = &'a SystemName>) -> String {
    let names: Vec<_> = names.into_iter().map(SystemName::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Choice;
    use std::path::Path;

    const GOOD: &str = "
release: demo
version: 1.0.0
serial: 1
title: a demonstration
arches: [amd64]
profiles: [{name: nfs, title: volumes on a server}]
components:
- {name: etcd, version: v3}
- {name: client, version: v1, profiles: [nfs]}
systems:
- {name: debian-12, base: minimal}
- {name: ubuntu-24.04, base: server}
packages:
- {set: nodes, roles: [control-plane, worker], names: [conntrack, socat (>= 1.7)]}
- {set: nfs, roles: [worker], profiles: [nfs], names: [nfs-common]}
- {set: balancer, systems: [debian-12], names: [haproxy], start: [haproxy.service]}
";

    fn parse(text: &str) -> Result<Release, String> {
        Release::parse(Path::new("r.yaml"), text).map_err(|error| error.to_string())
    }

    fn sets(release: &Release) -> Vec<&str> {
        release.packages.iter().map(|set| set.set.as_str()).collect()
    }

    #[test]
    fn a_site_takes_the_systems_that_its_hosts_run() {
        let release = parse(GOOD).unwrap();
        let none = release.for_systems(&SystemChoice::default()).unwrap();
        assert_eq!((none.systems.len(), none.packages.len()), (0, 0));
        let ubuntu = SystemChoice::Named(vec!["ubuntu-24.04".parse().unwrap()]);
        assert_eq!(sets(&release.for_systems(&ubuntu).unwrap()), ["nodes", "nfs"]);
        assert_eq!(release.for_systems(&SystemChoice::All).unwrap(), release);
        let other = SystemChoice::Named(vec!["debian-13".parse().unwrap()]);
        let error = release.for_systems(&other).unwrap_err().to_string();
        assert_eq!(
            error,
            "the release has no packages for `debian-13`; it has some for: debian-12, ubuntu-24.04"
        );
    }

    #[test]
    fn a_profile_brings_its_packages() {
        let release = parse(GOOD).unwrap();
        let with = |choice: &Choice| release.with(choice).unwrap();
        assert_eq!(sets(&with(&Choice::default())), ["nodes", "balancer"]);
        let all = with(&Choice::All);
        assert_eq!(sets(&all), ["nodes", "nfs", "balancer"]);
        assert!(all.packages.iter().all(|set| set.profiles.is_empty()));
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        let cases = [
            (GOOD.replace("socat (>= 1.7)", "socat >= 1.7"), "is not a package that may be wanted"),
            (
                GOOD.replace("conntrack", "socat"),
                "packages `nodes`: names: `socat` is listed twice",
            ),
            (GOOD.replace("set: nfs", "set: nodes"), "packages: `nodes` is listed twice"),
            (GOOD.replace("ubuntu-24.04, b", "debian-12, b"), "systems: `debian-12` is listed twi"),
            (GOOD.replace("systems: [debian-12]", "systems: [debian-13]"), "no system `debian-13`"),
            (GOOD.replace("[haproxy.service]", "[haproxy]"), "is not the name of a service"),
            (GOOD.replace("[haproxy]", "[]"), "packages `balancer`: names: expected at least one"),
            (GOOD.replace("profiles: [nfs], names", "profiles: [nfz], names"), "no profile `nfz`"),
            (
                GOOD.replace("set: nodes, ", "set: nodes, systems: [debian-12], ")
                    .replace("set: nfs, ", "set: nfs, systems: [debian-12], "),
                "no set of packages is for `ubuntu-24.04`",
            ),
            (
                GOOD.replace("- {name: debian-12, base: minimal}\n", "")
                    .replace("- {name: ubuntu-24.04, base: server}\n", "")
                    .replace("systems:\n", ""),
                "the release has no `systems`",
            ),
        ];
        for (text, expected) in cases {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
