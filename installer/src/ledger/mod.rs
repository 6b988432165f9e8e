//! What we put on a host and what was there before: the only thing `reset`
//! goes by. It lies on the host itself, is written before each change and
//! confirmed after it, and is read as input from a stranger.

mod entry;
mod error;
mod leaves;
mod reset;
mod reset_packages;
mod reset_plan;
mod reset_scripts;
mod store;

pub use entry::{Before, Entry, State, Thing};
pub use error::LedgerError;
pub use leaves::{ChainPrefix, InterfaceName, LeaveCommand, Leaves};
pub use reset::{ResetReport, reset};
pub use reset_plan::{ResetAction, plan_reset};
pub use store::LedgerFile;

use crate::plan::{ManagedPath, StepId};
use serde::{Deserialize, Serialize};

/// What a ledger of this version says in its first field.
pub const FORMAT: &str = "bottari.ledger/v1";

/// Largest ledger that is read, in bytes. One of a full installation has 50 KiB.
pub const LARGEST: usize = 4 * 1024 * 1024;

/// Everything we placed on one host, in the order in which we did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ledger {
    /// [`FORMAT`].
    pub format: String,
    /// The things.
    pub entries: Vec<Entry>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { format: FORMAT.into(), entries: Vec::new() }
    }
}

impl Ledger {
    /// Reads a ledger. An empty text is the ledger of a host we never changed.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        if text.is_empty() {
            return Ok(Self::default());
        }
        if text.len() > LARGEST {
            return Err(LedgerError::TooLarge { size: text.len() });
        }
        let Head { format } = serde_json::from_str(text).map_err(LedgerError::Json)?;
        if format != FORMAT {
            return Err(LedgerError::Format { found: format });
        }
        serde_json::from_str(text).map_err(LedgerError::Json)
    }

    /// The ledger as it is stored.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a ledger has text keys only");
        json + "\n"
    }

    /// Notes that `step` is about to place `thing`. What was there before our
    /// first change stays on record, whatever is placed later.
    pub fn intend(&mut self, step: &StepId, thing: Thing) {
        let known = self.entries.iter_mut().find(|entry| entry.thing.is_same_as(&thing));
        match known {
            Some(entry) => {
                entry.step = step.clone();
                entry.state = State::Intent;
                entry.thing.absorb(thing);
            }
            None => {
                self.entries.push(Entry { step: step.clone(), state: State::Intent, thing });
            }
        }
    }

    /// Notes that everything `step` intended is there.
    pub fn confirm(&mut self, step: &StepId) {
        for entry in self.entries.iter_mut().filter(|entry| entry.step == *step) {
            entry.state = State::Done;
        }
    }

    /// Whether `step` began something and never confirmed it.
    pub fn has_intent(&self, step: &StepId) -> bool {
        self.entries.iter().any(|entry| entry.step == *step && entry.state == State::Intent)
    }

    /// The first entry for which `wanted` finds something.
    pub fn find<'a, T>(&'a self, wanted: impl Fn(&'a Thing) -> Option<T>) -> Option<(State, T)> {
        self.entries.iter().find_map(|entry| Some((entry.state, wanted(&entry.thing)?)))
    }

    /// Whether we made this folder.
    pub fn has_folder(&self, wanted: &ManagedPath) -> bool {
        self.entries
            .iter()
            .any(|entry| matches!(&entry.thing, Thing::Folder { path } if path == wanted))
    }
}

#[cfg(test)]
mod tests;
