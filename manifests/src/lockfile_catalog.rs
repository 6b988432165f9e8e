//! What each component of a lockfile is, in the words of its definition: who
//! reads a lockfile or a bundle has no definitions beside it.

use crate::{Name, Version, component::Component, lockfile::Lockfile, release::Pick};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use url::Url;

/// One version of a component, and what its project says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CatalogEntry {
    /// The component.
    pub component: Name,
    /// Its version.
    pub version: Version,
    /// What it does, in one line.
    pub title: String,
    /// Where its project lives.
    pub homepage: Url,
    /// SPDX expression of its licence.
    pub licence: String,
}

impl CatalogEntry {
    /// What a definition says of a version that is picked.
    pub(crate) fn of(pick: &Pick, component: Component) -> Self {
        let Component { title, homepage, licence, .. } = component;
        let (component, version) = (pick.name.clone(), pick.version.clone());
        Self { component, version, title, homepage, licence }
    }

    /// What entries are sorted by.
    pub(crate) fn place(&self) -> (&Name, &Version) {
        (&self.component, &self.version)
    }
}

impl Lockfile {
    /// What is known of one version of a component; none in lockfiles that were
    /// written before there was a catalog.
    pub fn catalog_entry(&self, component: &Name, version: &Version) -> Option<&CatalogEntry> {
        self.catalog.iter().find(|entry| entry.place() == (component, version))
    }
}

/// Each version of a component once.
pub(crate) fn check(lockfile: &Lockfile) -> Result<(), String> {
    let mut known = BTreeSet::new();
    match lockfile.catalog.iter().find(|entry| !known.insert(entry.place())) {
        Some(CatalogEntry { component, version, .. }) => {
            Err(format!("catalog: `{component}` {version} is listed twice"))
        }
        None => Ok(()),
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
files: []
images: []
";
    const ENTRIES: &str = "\
catalog:
- {component: b, version: v2, title: t, homepage: 'https://b.io', licence: MIT}
- {component: b, version: v1, title: t, homepage: 'https://b.io', licence: MIT}
- {component: a, version: v1, title: t, homepage: 'https://a.io', licence: Apache-2.0}
";

    fn parse(more: &str) -> Result<Lockfile, String> {
        Lockfile::parse(Path::new("x.lock"), &format!("{LOCK}{more}")).map_err(|e| e.to_string())
    }

    #[test]
    fn a_lockfile_of_before_there_was_a_catalog_is_read_and_written_without_one() {
        let lockfile = parse("").unwrap();
        assert_eq!(lockfile.catalog, []);
        assert!(!lockfile.render().contains("catalog"));
    }

    #[test]
    fn entries_are_written_by_component_and_version_and_found_by_them() {
        let rendered = parse(ENTRIES).unwrap().render();
        let places: Vec<_> =
            rendered.lines().filter(|line| line.contains("component:")).map(str::trim).collect();
        assert_eq!(places, ["- component: a", "- component: b", "- component: b"]);
        let lockfile = Lockfile::parse(Path::new("x.lock"), &rendered).unwrap();
        let entry = |name: &str, version: &str| {
            lockfile.catalog_entry(&name.parse().unwrap(), &version.parse().unwrap())
        };
        assert_eq!(entry("a", "v1").unwrap().licence, "Apache-2.0");
        assert_eq!(entry("a", "v2"), None);
    }

    #[test]
    fn a_version_is_described_once() {
        let twice = format!(
            "{ENTRIES}- {{component: a, version: v1, title: u, homepage: 'https://a.io', licence: MIT}}\n"
        );
        let error = parse(&twice).unwrap_err();
        assert!(error.contains("catalog: `a` v1 is listed twice"), "{error}");
    }
}
