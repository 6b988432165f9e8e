//! Patches over upstream's own manifests: what we change is data beside the
//! manifest, so that upstream's bytes stay upstream's and every change has a
//! reason that a person can read.
//!
//! [`render()`] is the one function that applies them. `lock` calls it to refuse
//! a patch that no longer fits, the installer calls it for what it applies.

mod error;
mod merge;
mod plain;
mod render;
mod stream;
mod words;

pub use error::RenderError;
pub use render::{LARGEST, render};
pub use stream::documents;
pub use words::{KindName, ObjectName, Reason};

use crate::Name;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// One change of one object of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Patch {
    /// The object; the manifest must hold it exactly once.
    pub target: Target,
    /// Why upstream's own is not what we want; operators read it in the plan.
    pub why: Reason,
    /// What changes.
    pub change: Change,
}

/// An object of a Kubernetes manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Target {
    /// Its kind: `DaemonSet`.
    pub kind: KindName,
    /// Its namespace. Left out, the object may be in any or in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Name>,
    /// Its name.
    pub name: ObjectName,
}

/// How an object changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Maps merge and `null` takes away. A list whose items all have a `name`
    /// merges by it, any other list is replaced.
    Merge(Map<String, Value>),
    /// Operations of RFC 6902, all or none.
    Json(json_patch::Patch),
}

/// A patch as people write it and lockfiles and plans hold it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    target: Target,
    why: Reason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merge: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<json_patch::Patch>,
}

impl TryFrom<Written> for Patch {
    type Error = String;
    fn try_from(Written { target, why, merge, json }: Written) -> Result<Self, String> {
        let change = match (merge, json) {
            (Some(map), None) if !map.is_empty() => {
                merge::check(&map)?;
                Change::Merge(map)
            }
            (None, Some(operations)) if !operations.is_empty() => Change::Json(operations),
            _ => return Err(format!("the patch of {target} needs either `merge` or `json`")),
        };
        Ok(Self { target, why, change })
    }
}

impl From<Patch> for Written {
    fn from(Patch { target, why, change }: Patch) -> Self {
        let (merge, json) = match change {
            Change::Merge(map) => (Some(map), None),
            Change::Json(operations) => (None, Some(operations)),
        };
        Self { target, why, merge, json }
    }
}

/// `DaemonSet kube-system/calico-node`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

#[cfg(test)]
mod tests;
