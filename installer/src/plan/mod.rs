//! A plan is data: which steps, on which host, in which order, and why. It can
//! be printed, stored, compared and counted, and `apply` walks the very list
//! that `plan` showed.

mod check;
mod error;
mod render;
mod run_folder;
#[cfg(test)]
pub(crate) mod testing;
mod word_type;
mod words;

pub use error::PlanError;
pub use manifests::cluster::HostName;
pub use render::{extent, render};
pub use run_folder::{Chosen, Replan, RunFolder, choose};
pub use word_type::WordError;
pub use words::{
    DebVersion, ManagedPath, Mode, ModuleName, Owner, PLACES, PackageName, RunId, StepId,
    SwapDevice, SysctlKey, SysctlValue, UnitName,
};

pub(crate) use word_type::word_type;

use crate::steps::Action;
use manifests::{Digest, Name, Version};
use serde::{Deserialize, Serialize};

/// What a plan of this version says in its first field.
pub const FORMAT: &str = "bottari.plan/v1";

/// Everything that one run does, in an order that works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: String,
    /// The cluster's name.
    pub cluster: Name,
    /// The release that is installed.
    pub release: Name,
    /// Its version.
    pub version: Version,
    /// Its serial.
    pub serial: u64,
    /// Digest of the bundle's manifest, which names every byte in it.
    pub bundle: Digest,
    /// Digest of the cluster file.
    pub cluster_file: Digest,
    /// The steps. Steps of one host run in this order, one at a time.
    pub steps: Vec<PlannedStep>,
}

/// The smallest piece of work: done, or not done, on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlannedStep {
    /// Its name, with the host in front.
    pub id: StepId,
    /// Where it happens.
    pub host: HostName,
    /// The group it belongs to, for people: `prepare`, `runtime`.
    pub phase: Name,
    /// What it does, in a few words: "start CRI-O".
    pub title: String,
    /// Why it is in the plan.
    pub why: String,
    /// Steps that have to be done before, on any host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<StepId>,
    /// What is done.
    pub action: Action,
}

impl Plan {
    /// Reads a plan as any other input: every word, id and order is checked.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        check::format(text)?;
        let plan: Self = serde_json::from_str(text).map_err(PlanError::Json)?;
        plan.check()?;
        Ok(plan)
    }

    /// The plan as it is stored: JSON that a person can read, ending in a line feed.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a plan has text keys only");
        json + "\n"
    }

    /// The digest of the stored plan, by which a journal names it.
    pub fn digest(&self) -> Digest {
        bundles::sha256(self.to_json().as_bytes())
    }

    /// The hosts that have steps, each once, in the order they first appear.
    pub fn hosts(&self) -> Vec<&HostName> {
        let mut hosts: Vec<&HostName> = Vec::new();
        for step in &self.steps {
            if !hosts.contains(&&step.host) {
                hosts.push(&step.host);
            }
        }
        hosts
    }

    /// Makes sure that every step can be reached: ids are unique, needs exist,
    /// nothing waits for itself.
    pub fn check(&self) -> Result<(), PlanError> {
        check::names(self)?;
        check::order(self)
    }
}
