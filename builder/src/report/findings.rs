//! What the rules of a lockfile say on a day, with the kind of each rule.

use super::facts::{Finding, FindingKind};
use manifests::{
    lockfile::Lockfile,
    rules::{Date, Kind, Warning},
};

/// What nobody acknowledged comes first, then by kind; otherwise in the order of
/// the rules.
pub(super) fn findings(lockfile: &Lockfile, day: Date) -> Vec<Finding> {
    let warnings = lockfile.warnings(day).into_iter();
    let mut findings: Vec<_> = warnings.filter_map(|warning| finding(lockfile, warning)).collect();
    findings.sort_by_key(|finding| (finding.warning.acknowledged.is_some(), finding.kind));
    findings
}

fn finding(lockfile: &Lockfile, warning: Warning) -> Option<Finding> {
    let rule = lockfile.rules.iter().find(|rule| rule.id == warning.rule)?;
    let kind = match &rule.kind {
        Kind::Retired(_) => FindingKind::Retired,
        Kind::EndOfSupport(_) => FindingKind::EndOfSupport,
        Kind::Supports(_) => FindingKind::VersionSkew,
    };
    Some(Finding { kind, read: rule.read, warning })
}
