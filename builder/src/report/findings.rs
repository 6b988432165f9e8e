//! What the rules of a lockfile say on a day, with the kind of each rule.

use super::facts::{Finding, FindingKind};
use manifests::{
    lockfile::Lockfile,
    rules::{Date, EndOfSupport, Kind, Warning},
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
    let (kind, until, with) = match &rule.kind {
        Kind::Retired(retired) => (FindingKind::Retired, Some(retired.until), None),
        Kind::EndOfSupport(support) => {
            (FindingKind::EndOfSupport, last_day(support, &warning.version), None)
        }
        Kind::Supports(supports) => (FindingKind::VersionSkew, None, Some(supports.with.clone())),
    };
    Some(Finding { kind, until, with, read: rule.read, warning })
}

/// Of `1` and `1.33`, the narrower line counts.
fn last_day(support: &EndOfSupport, version: &str) -> Option<Date> {
    let mut lines = support.ends.iter().rev();
    lines.find(|(line, _)| line.holds(version)).map(|(_, day)| *day)
}
