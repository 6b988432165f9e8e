//! Asks rules about what is picked. Pure: the same rules, versions and day give
//! the same warnings.

use super::{
    Date, EndOfSupport, Kind, Line, Minor, Minors, Pairs, Picked, Retired, Rule, Supports, Warning,
};
use std::collections::BTreeMap;

/// A version that a rule does not agree with, and what is said about it.
type Objection = (String, String);

/// Everything that these rules do not agree with on that day, in the order of the
/// rules. Nothing is acknowledged yet.
pub fn judge(rules: &[Rule], picked: &Picked, day: Date) -> Vec<Warning> {
    rules.iter().flat_map(|rule| judge_one(rule, picked, day)).collect()
}

fn judge_one(rule: &Rule, picked: &Picked, day: Date) -> Vec<Warning> {
    let (of, objections) = match &rule.kind {
        Kind::Supports(supports) => (&supports.of, unsupported(supports, picked)),
        Kind::EndOfSupport(support) => (&support.of, ended(support, picked, day)),
        Kind::Retired(retired) => (&retired.of, given_up(retired, picked)),
    };
    let warning = |(version, message)| Warning::of(rule, of, version, message);
    objections.into_iter().map(warning).collect()
}

/// A version goes with what is picked when it goes with one version of it: a
/// second one is there for somebody else.
fn unsupported(supports: &Supports, picked: &Picked) -> Vec<Objection> {
    let Supports { of, with, pairs } = supports;
    let (versions, others) = sides(supports, picked);
    if others.is_empty() {
        return Vec::new();
    }
    let mut objections = Vec::new();
    for version in versions {
        let Some(expected) = pairs.expected(&version) else { continue };
        let goes_with = |other: &String| Minor::of(other).is_some_and(|other| expected.hold(other));
        if !others.iter().any(goes_with) {
            let found = others.join(", ");
            let message = format!("{of} {version}: expected {with} {expected}, found {found}");
            objections.push((version, message));
        }
    }
    objections
}

/// The versions that are asked about, and those they have to go with. Of one and
/// the same thing, all have to go with the newest.
fn sides(supports: &Supports, picked: &Picked) -> (Vec<String>, Vec<String>) {
    let mut versions = picked.versions(&supports.of);
    // What does not begin with two numbers cannot be compared.
    let is_comparable = |version: &String| Minor::of(version).is_some();
    if supports.of == supports.with {
        versions.retain(is_comparable);
        versions.sort_by_key(|version| Minor::of(version));
        let newest = versions.pop().into_iter().collect();
        return (versions, newest);
    }
    let mut others = picked.versions(&supports.with);
    others.retain(is_comparable);
    (versions, others)
}

impl Pairs {
    /// What a version goes with; none when nothing is known of it.
    fn expected(&self, version: &str) -> Option<Minors> {
        match self {
            Self::Table(table) => line_of(table, version).map(|(_, minors)| *minors),
            Self::Within { older, newer } => {
                let Minor { major, minor } = Minor::of(version)?;
                let oldest = Minor { major, minor: minor.saturating_sub(*newer) };
                let newest = Minor { major, minor: minor.saturating_add(*older) };
                Some(Minors::between(oldest, newest))
            }
        }
    }
}

fn ended(support: &EndOfSupport, picked: &Picked, day: Date) -> Vec<Objection> {
    let EndOfSupport { of, ends } = support;
    let mut objections = Vec::new();
    for version in picked.versions(of) {
        if let Some((line, end)) = line_of(ends, &version).filter(|(_, end)| **end < day) {
            let message = format!("{of} {version}: support of {line}.x ended on {end}");
            objections.push((version, message));
        }
    }
    objections
}

/// The line that a version is of; of `1` and `1.33`, the narrower one.
fn line_of<'a, T>(lines: &'a BTreeMap<Line, T>, version: &str) -> Option<(&'a Line, &'a T)> {
    lines.iter().rev().find(|(line, _)| line.holds(version))
}

fn given_up(retired: &Retired, picked: &Picked) -> Vec<Objection> {
    let Retired { of, until, instead } = retired;
    let objection = |version: String| {
        let message =
            format!("{of} {version}: retired, looked after until {until}; instead: {instead}");
        (version, message)
    };
    picked.versions(of).into_iter().map(objection).collect()
}
