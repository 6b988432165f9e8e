//! What a rule is.

use super::{Date, Line, Minors, Picked, written::Written};
use crate::{ImageRef, Name, checked_name::checked_name, patch::Reason};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// One rule, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Rule {
    /// Its name, which acknowledgements use.
    pub id: Name,
    /// What it says, in one sentence.
    pub says: Reason,
    /// The page that says so.
    pub source: Url,
    /// The day somebody read it there.
    pub read: Date,
    /// What it is about.
    pub kind: Kind,
}

/// The kinds of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Versions of one thing go with versions of another.
    Supports(Supports),
    /// Lines of versions get fixes until a day.
    EndOfSupport(EndOfSupport),
    /// A project is given up.
    Retired(Retired),
}

/// What goes together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supports {
    /// What the rule is of.
    pub of: Subject,
    /// What it goes with. The same thing again means its newest version: that of
    /// a kubelet's API server.
    pub with: Subject,
    /// Which versions go together.
    pub pairs: Pairs,
}

/// Which versions go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pairs {
    /// Minor versions that are not too far apart.
    Within {
        /// By how many minor versions it may be older than what it goes with.
        older: u32,
        /// By how many it may be newer.
        newer: u32,
    },
    /// What each line goes with. Of lines that are not here nothing is known.
    Table(BTreeMap<Line, Minors>),
}

/// Until when there are fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EndOfSupport {
    /// What the rule is of.
    pub of: Subject,
    /// The last day of each line.
    pub ends: BTreeMap<Line, Date>,
}

/// A project that is given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Retired {
    /// What the rule is of.
    pub of: Subject,
    /// The last day anybody looks after it. Before that day it is warned of too:
    /// nobody should begin with it.
    pub until: Date,
    /// Where to go from there.
    pub instead: Reason,
}

checked_name!(
    /// What a rule is of: a component (`kubernetes`), or the image that a
    /// component carries (`quay.io/ceph/ceph`), whose tag then is the version.
    Subject,
    "a component or an image name without a tag",
    "a component's name, or registry and repository with a dot in the registry",
    |text| match text.split_once('/') {
        None => text.parse::<Name>().is_ok(),
        Some((registry, _)) =>
            registry.contains('.') && text.parse::<ImageRef>().is_ok_and(|image| image.name() == text),
    }
);

impl Rule {
    /// The part of this rule that speaks of what was picked, whether it is met or
    /// not; none when it says nothing about it.
    pub fn concerning(&self, picked: &Picked) -> Option<Self> {
        let kind = match &self.kind {
            Kind::Supports(supports) => Kind::Supports(supports.concerning(picked)?),
            Kind::EndOfSupport(ends) => Kind::EndOfSupport(ends.concerning(picked)?),
            Kind::Retired(retired) => {
                (!picked.versions(&retired.of).is_empty()).then(|| self.kind.clone())?
            }
        };
        Some(Self { kind, ..self.clone() })
    }

    /// What is picked with one version alone of what this rule's subject goes
    /// with, once for each.
    pub(super) fn parts(&self, picked: &Picked) -> Vec<Picked> {
        match &self.kind {
            Kind::Supports(Supports { of, with, .. }) if of != with => {
                let versions = picked.versions(with);
                versions.iter().map(|version| picked.with_only(with, version)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Supports {
    fn concerning(&self, picked: &Picked) -> Option<Self> {
        let (of, with) = (picked.versions(&self.of), picked.versions(&self.with));
        let has_others = if self.of == self.with { with.len() > 1 } else { !with.is_empty() };
        if of.is_empty() || !has_others {
            return None;
        }
        let pairs = match &self.pairs {
            Pairs::Within { .. } => self.pairs.clone(),
            Pairs::Table(table) => Pairs::Table(concerned(table, &of)?),
        };
        Some(Self { pairs, ..self.clone() })
    }
}

impl EndOfSupport {
    fn concerning(&self, picked: &Picked) -> Option<Self> {
        let ends = concerned(&self.ends, &picked.versions(&self.of))?;
        Some(Self { ends, ..self.clone() })
    }
}

/// The lines that hold one of these versions; none when there are none.
fn concerned<T: Clone>(
    lines: &BTreeMap<Line, T>,
    versions: &[String],
) -> Option<BTreeMap<Line, T>> {
    let holds = |line: &Line| versions.iter().any(|version| line.holds(version));
    let lines: BTreeMap<_, _> = lines
        .iter()
        .filter(|(line, _)| holds(line))
        .map(|(line, value)| (line.clone(), value.clone()))
        .collect();
    (!lines.is_empty()).then_some(lines)
}
