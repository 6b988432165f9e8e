//! What installs a component inside a cluster: manifests to apply, patched or
//! as they came, and what to wait for. The same words stand in a component
//! definition and in a lockfile.

mod written;

use crate::{
    FileName, Name,
    checked_name::checked_name,
    patch::{Patch, Reason},
};
use serde::{Deserialize, Serialize};

/// What else may stand on a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provides {
    /// It connects pods: a cluster has exactly one such component.
    PodNetwork,
}

/// One step of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "written::Written", into = "written::Written")]
pub enum Step {
    /// Applies a manifest.
    Apply(Apply),
    /// Waits until something is so.
    Wait(Wait),
}

impl Step {
    /// What the step applies, when it does.
    pub fn applied(&self) -> Option<&Apply> {
        match self {
            Self::Apply(apply) => Some(apply),
            Self::Wait(_) => None,
        }
    }
}

/// Applies a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apply {
    /// Which manifest of the component.
    pub manifest: FileName,
    /// What it is for.
    pub why: Option<Reason>,
    /// What we change of it.
    pub patches: Vec<Patch>,
}

/// Waits until something is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What is waited for.
    pub until: Until,
    /// Where it is; none for objects of the whole cluster.
    pub namespace: Option<Name>,
    /// For how long at most, in seconds.
    pub seconds: u32,
    /// What it is good for.
    pub why: Option<Reason>,
}

/// What can be waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// Every pod of it runs as it was applied last.
    Rollout(ObjectPath),
    /// An object is in a state that it tells itself.
    Condition {
        /// The state: `Complete`, `Established`.
        condition: Condition,
        /// The object.
        of: ObjectPath,
    },
}

checked_name!(
    /// An object as people type it: `daemonset/calico-node`.
    ObjectPath,
    "an object",
    "its kind in small letters, `/` and its name: `deployment/controller`",
    |text| text.split_once('/').is_some_and(|(kind, name)| {
        let is_kind = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.';
        (1..=100).contains(&kind.len())
            && kind.starts_with(|c: char| c.is_ascii_lowercase())
            && kind.bytes().all(is_kind)
            && name.parse::<crate::patch::ObjectName>().is_ok()
            && !name.contains(':')
    })
);

checked_name!(
    /// A state that objects tell of themselves: `Complete`, `Established`.
    Condition,
    "a condition",
    "1 to 60 letters, beginning with a capital",
    |text| (1..=60).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_alphabetic())
);

/// Refuses a step that applies something else than one of these manifests.
pub(crate) fn check(
    steps: &[Step],
    provides: Option<Provides>,
    manifests: &[String],
) -> Result<(), String> {
    let is_missing = |apply: &&Apply| !manifests.iter().any(|name| name == apply.manifest.as_str());
    let mut applied = steps.iter().filter_map(Step::applied);
    match (applied.find(is_missing), provides) {
        (Some(Apply { manifest, .. }), _) => Err(format!(
            "a step applies `{manifest}`, which is none of `manifests` for all architectures"
        )),
        (None, Some(Provides::PodNetwork)) if steps.is_empty() => {
            Err("it provides a pod network, and no step installs it".into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
