//! The list of checks, and how they are walked.

use super::{
    clock, kernel, leftovers, machine,
    needs::{HostNeeds, Needs},
    network, packages, ports, space, system,
    verdict::{State, Verdict, View},
};
use crate::facts::{Facts, FactsError};
use manifests::Failure;
use serde::Serialize;

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
    "preflight/packages" "OS packages would install" packages::packages;
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
