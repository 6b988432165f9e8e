//! Overlays: how a site adds to a release without copying it. An overlay adds
//! components, names and exceptions, or takes another version of a component.
//!
//! Promises: it is for one release and refused for any other; what changes
//! nothing is a mistake, so that nobody believes it does; a published digest
//! goes away only for a reason that the lockfile keeps.

use crate::{
    Name, Version,
    patch::Reason,
    release::{Exception, Line, Omission, Pick},
    rules::Acknowledgement,
    yaml,
    yaml::InputError,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::Path};

/// One overlay file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Overlay {
    /// Its name; the lockfile keeps it.
    pub overlay: Name,
    /// The release that it is for.
    #[serde(rename = "for")]
    pub release: Name,
    /// What it is, in one line.
    pub title: Option<Line>,
    /// Components that are added, or taken in another version.
    #[serde(default)]
    pub components: Vec<OverlayPick>,
    /// More registries whose extra image names (`also`) are carried.
    #[serde(default)]
    pub extra_names: Vec<String>,
    /// What else `check` lets pass.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// Which rules it does not follow either, on purpose.
    #[serde(default)]
    pub acknowledged: Vec<Acknowledgement>,
    /// What else a reader would look for in vain.
    #[serde(default)]
    pub omitted: Vec<Omission>,
    /// Components whose published digests are taken away.
    #[serde(default)]
    pub unpinned: Vec<Unpinned>,
}

/// One component of an overlay.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OverlayPick {
    /// Which component.
    pub name: Name,
    /// Which of its versions.
    pub version: Version,
    /// Which version of the release it takes the place of, when the release
    /// picks several.
    pub replaces: Option<Version>,
    /// Why this version.
    pub why: Option<Reason>,
    /// The profiles that bring it; left out, those of the pick that it replaces.
    pub profiles: Option<Vec<Name>>,
}

/// A component whose published digests are not compared, because the site
/// builds it anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unpinned {
    /// Which component.
    pub component: Name,
    /// Why that is right.
    pub reason: Reason,
}

/// What release and lockfile keep of an overlay that was laid on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LaidOverlay {
    /// Its name.
    pub name: Name,
    /// What it is, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Line>,
    /// Whose published digests it took away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpinned: Vec<Unpinned>,
}

impl Overlay {
    /// Reads an overlay file. `path` is only for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Self, InputError> {
        let overlay: Self = yaml::parse(path, text)?;
        overlay.check().map_err(|message| InputError::meaning(path, message))?;
        Ok(overlay)
    }

    fn check(&self) -> Result<(), String> {
        once("components", self.components.iter().map(OverlayPick::place))?;
        once("exceptions", self.exceptions.iter().map(|exception| &exception.reference))?;
        once("omitted", self.omitted.iter().map(|omission| &omission.what))?;
        once("unpinned", self.unpinned.iter().map(|unpinned| &unpinned.component))
    }
}

impl OverlayPick {
    /// As a release picks it.
    pub(crate) fn pick(&self) -> Pick {
        let Self { name, version, why, profiles, .. } = self.clone();
        Pick { name, version, why, profiles: profiles.unwrap_or_default() }
    }

    /// As a release picks it in the place of `old`. The reason for a version
    /// goes with the version.
    pub(crate) fn instead_of(&self, old: &Pick) -> Pick {
        let mut new = self.pick();
        if self.profiles.is_none() {
            new.profiles.clone_from(&old.profiles);
        }
        if new.why.is_none() && new.version == old.version {
            new.why.clone_from(&old.why);
        }
        new
    }

    /// What it takes the place of.
    fn place(&self) -> String {
        match &self.replaces {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.to_string(),
        }
    }
}

impl LaidOverlay {
    /// Whether it took the published digests of this component away.
    pub fn unpins(&self, component: &Name) -> bool {
        self.unpinned.iter().any(|one| one.component == *component)
    }
}

fn once<T: Ord + std::fmt::Display>(
    field: &str,
    names: impl IntoIterator<Item = T>,
) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if seen.contains(&name) {
            return Err(format!("{field}: `{name}` is listed twice"));
        }
        seen.insert(name);
    }
    Ok(())
}
