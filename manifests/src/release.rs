//! Release files: which components, in which versions, for which machines.

pub use crate::release_arches::UnknownArch;
pub use crate::release_profiles::{Choice, Profile, UnknownProfile};

use crate::{
    Arch, Name, SbomFormat, Version,
    checked_name::checked_name,
    overlay::LaidOverlay,
    packages::{self, PackageSet, TargetSystem},
    patch::Reason,
    release_profiles, rules,
    rules::Acknowledgement,
    sbom_format, yaml,
    yaml::InputError,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::Path};

/// One release file, as `manifests/releases/*.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Release {
    /// Its name; hosts remember the highest serial they saw under it.
    pub release: Name,
    /// Its version, part of the bundle's file name.
    pub version: Version,
    /// Grows by one with every release of this name that is published.
    pub serial: u64,
    /// What it is, in one line.
    pub title: String,
    /// The architectures to carry.
    pub arches: Vec<Arch>,
    /// zstd level for what is not compressed already, 1 to 19.
    #[serde(default = "default_level")]
    pub compression_level: u8,
    /// The bills of materials that the bundle carries.
    #[serde(default)]
    pub sbom: Vec<SbomFormat>,
    /// Registries whose extra image names (`also`) are carried too.
    #[serde(default)]
    pub extra_names: Vec<String>,
    /// What a site may take or leave; see [`Release::with`].
    #[serde(default)]
    pub profiles: Vec<Profile>,
    /// The components in the order they are installed in; one may be picked in
    /// several versions.
    pub components: Vec<Pick>,
    /// The systems that there are OS packages for; see [`Release::for_systems`].
    #[serde(default)]
    pub systems: Vec<TargetSystem>,
    /// The OS packages that hosts need.
    #[serde(default)]
    pub packages: Vec<PackageSet>,
    /// What `check` lets pass.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// The rules that it does not follow, on purpose.
    #[serde(default)]
    pub acknowledged: Vec<Acknowledgement>,
    /// What the platform's own installer brings and this release does not.
    #[serde(default)]
    pub omitted: Vec<Omission>,
    /// The overlays that were laid on it, in order; a release file names none.
    #[serde(skip)]
    pub overlays: Vec<LaidOverlay>,
}

/// One component of a release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pick {
    /// Which component.
    pub name: Name,
    /// Which of its versions.
    pub version: Version,
    /// Why this version, where documents disagree.
    pub why: Option<Reason>,
    /// The profiles that bring it; none means that every bundle has it.
    #[serde(default)]
    pub profiles: Vec<Name>,
}

/// Something that a reader would look for in vain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Omission {
    /// What is left out.
    pub what: Line,
    /// Why that is right.
    pub why: Reason,
}

checked_name!(
    /// A few words for people.
    Line,
    "a title",
    "one line of 1 to 100 characters",
    |text| (1..=100).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && text.trim() == text
);

/// An image or file that `check` lets pass: one that a manifest names and the
/// release leaves out, or one that the release carries and nothing names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Exception {
    /// What `check` calls it.
    pub reference: Reference,
    /// Why that is right.
    pub reason: Reason,
    /// The profiles that need it; none means that every bundle does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<Name>,
}

checked_name!(
    /// An image name or a URL, as `check` prints it.
    Reference,
    "an image name or URL",
    "1 to 500 characters without blanks",
    |text| (1..=500).contains(&text.chars().count())
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
);

fn default_level() -> u8 {
    3
}

impl Release {
    /// Reads a release file. `path` is only for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Self, InputError> {
        let release: Self = yaml::parse(path, text)?;
        release.check().map_err(|message| InputError::meaning(path, message))?;
        Ok(release)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let arches: BTreeSet<_> = self.arches.iter().collect();
        if arches.is_empty() || arches.len() != self.arches.len() {
            return Err("arches: expected amd64, arm64 or both, each once".into());
        }
        if !(1..=19).contains(&self.compression_level) {
            let level = self.compression_level;
            return Err(format!("compression-level: expected 1 to 19, found {level}"));
        }
        sbom_format::check(&self.sbom)?;
        self.check_components()?;
        release_profiles::check(self)?;
        packages::check_wanted(self)?;
        self.check_exceptions()?;
        rules::check(&self.acknowledged)?;
        self.check_omitted()
    }

    fn check_components(&self) -> Result<(), String> {
        let mut picks = BTreeSet::new();
        let mut all = self.components.iter();
        match all.find(|pick| !picks.insert((&pick.name, &pick.version))) {
            Some(Pick { name, version, .. }) => {
                Err(format!("components: `{name}` {version} is listed twice"))
            }
            None if picks.is_empty() => Err("components: expected at least one".into()),
            None => Ok(()),
        }
    }

    fn check_exceptions(&self) -> Result<(), String> {
        let mut references = BTreeSet::new();
        let mut all = self.exceptions.iter().map(|exception| &exception.reference);
        match all.find(|reference| !references.insert(*reference)) {
            Some(twice) => Err(format!("exceptions: `{twice}` is listed twice")),
            None => Ok(()),
        }
    }

    fn check_omitted(&self) -> Result<(), String> {
        let mut things = BTreeSet::new();
        match self.omitted.iter().find(|omission| !things.insert(&omission.what)) {
            Some(twice) => Err(format!("omitted: `{}` is listed twice", twice.what)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
release: demo
version: 1.0.0
serial: 1
title: a demonstration
arches: [amd64]
components:
- name: etcd
  version: v3.5.23
";

    fn parse(text: &str) -> Result<Release, String> {
        Release::parse(Path::new("r.yaml"), text).map_err(|e| e.to_string())
    }

    #[test]
    fn a_small_release_is_read_with_its_defaults() {
        let release = parse(GOOD).unwrap();
        assert_eq!(release.compression_level, 3);
        assert_eq!(release.components[0].version.as_str(), "v3.5.23");
    }

    #[test]
    fn a_component_may_be_picked_in_two_versions() {
        let release = parse(&format!("{GOOD}- name: etcd\n  version: v3.5.21\n")).unwrap();
        let versions = release.components.iter().map(|pick| pick.version.as_str());
        assert_eq!(versions.collect::<Vec<_>>(), ["v3.5.23", "v3.5.21"]);
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        let cases = [
            (GOOD.replace("[amd64]", "[]"), "amd64, arm64 or both"),
            (GOOD.replace("[amd64]", "[amd64, amd64]"), "each once"),
            (
                GOOD.replace("serial: 1", "serial: 1\ncompression-level: 20"),
                "expected 1 to 19, found 20",
            ),
            (GOOD.replace("serial: 1", "serial: 1\nsbom: [spdx, spdx]"), "each once"),
            (GOOD.replace("serial: 1", "serial: 1\nsbom: [swid]"), "unknown variant `swid`"),
            (format!("{GOOD}- name: etcd\n  version: v3.5.23\n"), "`etcd` v3.5.23 is listed twice"),
            (
                GOOD.replace("release: demo", "release: ../x"),
                "line 2, column 10: `../x` is not a name",
            ),
            (GOOD.replace("serial: 1", "serial: -1"), "line 4"),
            (format!("{GOOD}exceptions: [{{reference: a b, reason: r}}]\n"), "without blanks"),
            (format!("{GOOD}exceptions: [{{reference: a}}]\n"), "missing field"),
            (
                format!(
                    "{GOOD}exceptions: [{{reference: a, reason: r}}, {{reference: a, reason: s}}]\n"
                ),
                "`a` is listed twice",
            ),
            (format!("{GOOD}omitted: [{{what: a}}]\n"), "missing field"),
            (
                format!("{GOOD}omitted: [{{what: a, why: b}}, {{what: a, why: c}}]\n"),
                "omitted: `a` is listed twice",
            ),
        ];
        for (text, expected) in cases {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
