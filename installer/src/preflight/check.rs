//! The list of checks, and how they are walked.

use super::{
    clock, kernel, leftovers, machine,
    needs::{HostNeeds, Needs},
    network, ports, space, system,
};
use crate::facts::{Facts, FactsError};
use manifests::Failure;
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

/// What one check says about one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// The host.
    pub host: String,
    /// The check: `preflight/clock`. Ids never change their meaning.
    pub check: &'static str,
    /// How it ended.
    pub state: State,
    /// What the host has.
    pub found: String,
    /// What it should have.
    pub expected: String,
    /// What to do; empty where nothing is to be done.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fix: String,
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

/// A check: its id, what it is about, and how it is done.
#[derive(Debug)]
pub struct Check {
    /// `preflight/clock`.
    pub id: &'static str,
    /// For people: "clocks agree".
    pub title: &'static str,
    run: fn(View<'_>) -> Verdict,
}

/// The host answered at all.
const REACHABLE: &str = "preflight/reachable";

macro_rules! checks {
    ($($id:literal $title:literal $run:path;)*) => {
        &[$(Check { id: $id, title: $title, run: $run }),*]
    };
}

/// Every check, in the order of reports.
pub const CHECKS: &[Check] = checks! {
    "preflight/reachable" "the host tells its facts" system::reachable;
    "preflight/root" "root can be reached" system::root;
    "preflight/system" "operating system and version" system::system;
    "preflight/systemd" "systemd runs the host" system::systemd;
    "preflight/tools" "the tools of a base system" system::tools;
    "preflight/arch" "processor architecture" machine::arch;
    "preflight/cpu" "processors" machine::cpu;
    "preflight/memory" "memory" machine::memory;
    "preflight/swap" "swap" machine::swap;
    "preflight/disk" "room for what the bundle brings" space::disk;
    "preflight/hostname" "host name" machine::hostname;
    "preflight/machine-id" "machine id is unique" machine::machine_id;
    "preflight/clock" "clocks agree" clock::clock;
    "preflight/kernel-features" "kernel features" kernel::features;
    "preflight/cgroup" "control groups" kernel::cgroup;
    "preflight/selinux" "SELinux" kernel::selinux;
    "preflight/address" "the host has its address" network::address;
    "preflight/networks" "pod and service networks are free" network::networks;
    "preflight/firewall" "firewall" network::firewall;
    "preflight/ports" "ports are free" ports::ports;
    "preflight/leftovers" "nothing of other installations" leftovers::leftovers;
};

/// Checks every host. A host whose facts are not known fails one check, and
/// the others are not guessed.
pub fn preflight(needs: &Needs, facts: &[(String, Result<Facts, FactsError>)]) -> Vec<CheckResult> {
    let facts_of = |name: &str| facts.iter().find(|(host, _)| host == name).map(|(_, facts)| facts);
    let mut all: Vec<(&HostNeeds, &Facts)> = Vec::new();
    for host in &needs.hosts {
        all.extend(facts_of(&host.name).and_then(|facts| Some((host, facts.as_ref().ok()?))));
    }
    let mut results = Vec::new();
    for host in &needs.hosts {
        match facts_of(&host.name) {
            Some(Ok(facts)) => {
                let view = View { host, facts, needs, all: &all };
                results
                    .extend(CHECKS.iter().map(|check| result(host, check.id, (check.run)(view))));
            }
            Some(Err(error)) => results.push(result(host, REACHABLE, unreachable(error))),
            None => results.push(result(host, REACHABLE, not_asked())),
        }
    }
    results
}

fn result(host: &HostNeeds, check: &'static str, verdict: Verdict) -> CheckResult {
    let Verdict { state, found, expected, fix } = verdict;
    CheckResult { host: host.name.clone(), check, state, found, expected, fix }
}

fn unreachable(error: &FactsError) -> Verdict {
    Verdict::bad(
        State::Failed,
        error.in_full(),
        "a host that answers",
        error.hint().unwrap_or_default(),
    )
}

fn not_asked() -> Verdict {
    Verdict::bad(State::Failed, "it was not asked", "a host that answers", "run without `--hosts`")
}
