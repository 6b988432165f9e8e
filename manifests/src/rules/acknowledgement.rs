//! What a release knows and means.

use super::{Date, Picked, Rule, Warning, judge};
use crate::{Name, Version, patch::Reason};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, slice};

/// A rule that a release does not follow, on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Acknowledgement {
    /// The rule.
    pub rule: Name,
    /// The version it is meant for; none means every version. With it, the next
    /// version is asked about anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Why that is right.
    pub reason: Reason,
}

impl Acknowledgement {
    /// Whether it is about this warning.
    pub fn meets(&self, warning: &Warning) -> bool {
        let version = self.version.as_ref();
        self.rule == warning.rule
            && version.is_none_or(|version| version.as_str() == warning.version)
    }

    /// Whether it is about anything that these rules say of what is picked, on
    /// any day: an end of support that is acknowledged before it comes is.
    pub fn is_needed(&self, rules: &[Rule], picked: &Picked) -> bool {
        judge(rules, picked, Date::LAST).iter().any(|warning| self.meets(warning))
    }

    /// Whether it is needed for all of what is picked, or for a part of it: one
    /// profile may bring a version that goes with what another needs.
    pub fn may_be_needed(&self, rules: &[Rule], picked: &Picked) -> bool {
        let mut rules = rules.iter().filter(|rule| rule.id == self.rule);
        rules.any(|rule| {
            let mut parts = rule.parts(picked).into_iter().chain([picked.clone()]);
            parts.any(|part| self.is_needed(slice::from_ref(rule), &part))
        })
    }
}

impl fmt::Display for Acknowledgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{} for {version}", self.rule),
            None => self.rule.fmt(f),
        }
    }
}

/// Each rule is acknowledged once, or once for each version.
pub(crate) fn check(acknowledged: &[Acknowledgement]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let mut all = acknowledged.iter();
    match all.find(|one| !seen.insert((&one.rule, &one.version))) {
        Some(twice) => Err(format!("acknowledged: `{twice}` is listed twice")),
        None => Ok(()),
    }
}
