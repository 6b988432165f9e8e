//! What became of a chart: what it was rendered with, or why it was not.

use manifests::{FileName, Name, Version, lockfile::LockedFile};
use serde::Serialize;
use std::fmt;

/// A chart that was looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// Its component.
    pub component: Name,
    /// The component's version.
    pub version: Version,
    /// Its file.
    pub file: FileName,
    /// The version of the Helm that rendered it.
    pub helm: Version,
    /// The version of Kubernetes it was rendered for, when one is locked.
    pub kubernetes: Option<Version>,
    /// How many objects it comes to.
    pub objects: usize,
}

/// A chart that was not looked into: what it asks for is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Its component.
    pub component: Name,
    /// The component's version.
    pub version: Version,
    /// Its file.
    pub file: FileName,
    /// Why not.
    #[serde(flatten)]
    pub why: Unknown,
}

/// Why a chart was not looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Unknown {
    /// The lockfile holds no Helm that runs here.
    NoHelm {
        /// What runs here: `linux-amd64`.
        machine: String,
    },
    /// The lockfile does not say what it is rendered with.
    NoSettings,
}

impl Unread {
    pub(super) fn new(chart: &LockedFile, why: Unknown) -> Self {
        let LockedFile { component, version, name: file, .. } = chart.clone();
        Self { component, version, file, why }
    }
}

/// The reason and the next thing to do.
impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHelm { machine } => write!(
                f,
                "no Helm for {machine} is locked: pick the component `helm`, or state what the chart names"
            ),
            Self::NoSettings => f.write_str(
                "the lockfile does not say with what it is rendered: run `bottari-builder lock` again",
            ),
        }
    }
}
