//! What a rule has to say about a release.

use super::{Rule, Subject};
use crate::{Name, patch::Reason};
use serde::Serialize;
use url::Url;

/// One version that a rule does not agree with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Warning {
    /// The rule.
    pub rule: Name,
    /// What it is about: `cri-o`, `quay.io/ceph/ceph`.
    pub subject: Subject,
    /// The version that is picked.
    pub version: String,
    /// What was expected and found, in one line.
    pub message: String,
    /// What the rule says, in one sentence.
    pub says: Reason,
    /// The page that says so.
    pub source: Url,
    /// Why the release means it; none when nobody acknowledged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Reason>,
}

impl Warning {
    pub(super) fn of(rule: &Rule, subject: &Subject, version: String, message: String) -> Self {
        Self {
            rule: rule.id.clone(),
            subject: subject.clone(),
            version,
            message,
            says: rule.says.clone(),
            source: rule.source.clone(),
            acknowledged: None,
        }
    }
}
