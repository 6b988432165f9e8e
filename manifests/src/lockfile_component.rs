//! What a lockfile says of components that do something inside a cluster.

use crate::{
    Name, Version,
    component::{Apply, Contents, Leaves, Provides, Step},
    lockfile::{FileKind, LockedFile, Lockfile},
    release::Pick,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One component: how it is installed and what it leaves behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedComponent {
    /// Its name.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// What else stands on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provides: Option<Provides>,
    /// What installs it, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What it leaves on hosts.
    #[serde(default, skip_serializing_if = "Leaves::is_empty")]
    pub leaves: Leaves,
}

impl LockedComponent {
    /// A component of a release; none when it does nothing inside a cluster.
    pub fn of(pick: &Pick, contents: &Contents) -> Option<Self> {
        let Contents { provides, steps, leaves, .. } = contents;
        if provides.is_none() && steps.is_empty() && leaves.is_empty() {
            return None;
        }
        Some(Self {
            name: pick.name.clone(),
            version: pick.version.clone(),
            provides: *provides,
            steps: steps.clone(),
            leaves: leaves.clone(),
        })
    }

    /// The manifest that a step applies, in the lockfile of the component.
    ///
    /// An error says why there is not exactly one.
    pub fn manifest<'a>(
        &self,
        lockfile: &'a Lockfile,
        apply: &Apply,
    ) -> Result<&'a LockedFile, String> {
        let mut found = lockfile.files.iter().filter(|file| {
            file.kind == FileKind::Manifest
                && (&file.component, &file.version) == (&self.name, &self.version)
                && file.name == apply.manifest
        });
        let (name, manifest) = (&self.name, &apply.manifest);
        let wrong = |why| format!("component `{name}` applies `{manifest}`, which is {why}");
        match (found.next(), found.next()) {
            (Some(file), None) => Ok(file),
            (None, _) => Err(wrong("not locked")),
            _ => Err(wrong("locked for several architectures")),
        }
    }

    fn check(&self, lockfile: &Lockfile) -> Result<(), String> {
        let mut applied = self.steps.iter().filter_map(Step::applied);
        applied.try_for_each(|apply| self.manifest(lockfile, apply).map(drop))
    }
}

/// Each version of a component once, and what they apply is there.
pub(crate) fn check(lockfile: &Lockfile) -> Result<(), String> {
    let mut known = BTreeSet::new();
    let mut components = lockfile.components.iter();
    match components.find(|component| !known.insert((&component.name, &component.version))) {
        Some(twice) => Err(format!("component `{}` {} is locked twice", twice.name, twice.version)),
        None => lockfile.components.iter().try_for_each(|component| component.check(lockfile)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const LOCK: &str = "\
format: bottari.lock/v1
release: demo
version: '1'
serial: 1
title: t
arches: [amd64]
compression-level: 3
components:
- name: net
  version: v1
  provides: pod-network
  steps:
  - apply: net.yaml
  leaves:
    interfaces:
    - net0
- name: app
  version: v1
  steps:
  - wait:
      rollout: deployment/app
      namespace: app
      seconds: 60
files:
- kind: manifest
  component: net
  version: v1
  name: net.yaml
  source: https://example.org/net.yaml
  size: 3
  digest: sha256:8b50d62d38cb2de005b42227dd14b33f6e01758970f248f9257789ecfaf634c9
  media-type: application/yaml
images: []
";

    fn parse(text: &str) -> Result<Lockfile, String> {
        Lockfile::parse(Path::new("x.lock"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn components_keep_the_order_of_the_release_and_are_written_one_fact_per_line() {
        let lockfile = parse(LOCK).unwrap();
        let text = lockfile.render();
        assert_eq!(parse(&text).unwrap(), lockfile);
        let (_, components) = text.split_once("components:\n").unwrap();
        let (components, _) = components.split_once("files:\n").unwrap();
        insta::assert_snapshot!(components);
    }

    #[test]
    fn a_lockfile_without_components_is_still_read() {
        let (head, rest) = LOCK.split_once("components:\n").unwrap();
        let (_, files) = rest.split_once("files:\n").unwrap();
        let old = parse(&format!("{head}files:\n{files}")).unwrap();
        assert!(old.components.is_empty() && !old.render().contains("components:"));
    }

    #[test]
    fn a_component_applies_only_what_is_locked_and_is_there_once() {
        let other = parse(&LOCK.replace("apply: net.yaml", "apply: other.yaml")).unwrap_err();
        assert!(
            other.contains("component `net` applies `other.yaml`, which is not locked"),
            "{other}"
        );
        let version = parse(&LOCK.replacen("version: v1", "version: v2", 1)).unwrap_err();
        assert!(version.contains("which is not locked"), "{version}");
        let twice = parse(&LOCK.replace("name: app", "name: net")).unwrap_err();
        assert!(twice.contains("component `net` v1 is locked twice"), "{twice}");
    }
}
