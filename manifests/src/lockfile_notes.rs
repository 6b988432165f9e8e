//! What a lockfile tells a reader about the release it was made of.

use crate::{
    Name, Version,
    patch::Reason,
    release::{Pick, Release},
};
use serde::{Deserialize, Serialize};

/// Why a component is in this version, where documents disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Decision {
    /// The component.
    pub component: Name,
    /// Its version.
    pub version: Version,
    /// Why this one.
    pub why: Reason,
}

impl Release {
    /// What was decided, in the order of the components.
    pub fn decisions(&self) -> Vec<Decision> {
        self.components.iter().filter_map(decision).collect()
    }
}

fn decision(pick: &Pick) -> Option<Decision> {
    let Pick { name, version, why, .. } = pick.clone();
    Some(Decision { component: name, version, why: why? })
}
