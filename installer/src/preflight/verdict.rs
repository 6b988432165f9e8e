//! What a check sees of a host, and what it says of it.

use super::needs::{HostNeeds, Needs};
use crate::facts::Facts;
use serde::Serialize;

/// How a check ended. Later ones are worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Can be installed on, once somebody has acknowledged it.
    Warning,
    /// Cannot be installed on.
    Failed,
}

/// What one check found on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) state: State,
    pub(super) found: String,
    pub(super) expected: String,
    pub(super) fix: String,
}

impl Verdict {
    /// As it should be.
    pub(super) fn ok(found: impl Into<String>) -> Self {
        let (expected, fix) = (String::new(), String::new());
        Self { state: State::Ok, found: found.into(), expected, fix }
    }

    /// Not as it should be.
    pub(super) fn bad(
        state: State,
        found: impl Into<String>,
        expected: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { state, found: found.into(), expected: expected.into(), fix: fix.into() }
    }

    /// What had to be known is not known.
    pub(super) fn unknown(expected: impl Into<String>) -> Self {
        let fix = "look at the host: `bottari-installer facts` shows what could be found out";
        Self::bad(State::Warning, "not known", expected, fix)
    }
}

/// A host as a check sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) host: &'a HostNeeds,
    pub(super) facts: &'a Facts,
    pub(super) needs: &'a Needs,
    /// Every host that could be asked, this one included.
    pub(super) all: &'a [(&'a HostNeeds, &'a Facts)],
}

impl<'a> View<'a> {
    /// The other hosts.
    pub(super) fn others(self) -> impl Iterator<Item = (&'a HostNeeds, &'a Facts)> {
        self.all.iter().copied().filter(move |(host, _)| host.name != self.host.name)
    }
}
