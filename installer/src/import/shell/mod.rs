//! Reads a file of shell variables without a shell.
//!
//! What it promises: nothing is ever run, and no variable of this process is
//! looked at. Lines that say `NAME=value` are understood, with quotes, comments
//! and `$NAME` of a line above; everything a shell would act on is refused with
//! its place and the reason, and the other lines are read all the same.

mod cursor;
mod name;
mod refusal;
mod statement;
mod word;

use manifests::cluster::{Mistake, Place};
use std::{cell::Cell, collections::BTreeMap};

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// In the order of the file.
    pub(super) assignments: Vec<Assignment>,
    /// What a shell would do and this reader does not.
    pub(super) refusals: Vec<Mistake>,
    /// Where it begins to write a file, which is then what people fill in.
    pub(super) writes: Option<Place>,
    /// Each name with its last assignment.
    last: BTreeMap<String, usize>,
}

/// `NAME=value`
#[derive(Debug)]
pub(super) struct Assignment {
    /// The name; of an array with its index: `CLUSTER1_CONFIG[CTX]`.
    pub(super) name: String,
    /// Where the name stands.
    pub(super) place: Place,
    /// The value; none when the line was refused.
    pub(super) value: Option<String>,
    /// Whether a later line names it.
    pub(super) helps: Cell<bool>,
}

impl Script {
    /// The last assignment to a name, which is what a shell would have.
    pub(super) fn last(&self, name: &str) -> Option<&Assignment> {
        self.last.get(name).and_then(|index| self.assignments.get(*index))
    }

    fn assign(&mut self, name: String, place: Place, value: Option<String>) {
        self.last.insert(name.clone(), self.assignments.len());
        self.assignments.push(Assignment { name, place, value, helps: Cell::new(false) });
    }
}

/// Reads a whole file. Windows line ends and a byte order mark mean nothing.
pub(super) fn read(text: &str) -> Script {
    let mut script = Script::default();
    let mut here_document: Option<String> = None;
    let lines = text.trim_start_matches('\u{feff}').lines();
    for (number, line) in (1..).zip(lines) {
        let line = line.trim_end_matches('\r');
        if let Some(end) = &here_document {
            if line.trim() == end {
                here_document = None;
            }
            continue;
        }
        if let Err(refusal) = statement::read(number, line, &mut script) {
            here_document = refusal::here_document(line);
            if here_document.is_some() {
                script.writes.get_or_insert(refusal.place);
            }
            script.refusals.push(refusal);
        }
    }
    script
}

#[cfg(test)]
mod tests;
