//! The variables of one cluster, with or without a prefix, as far as they are right.

use super::{
    findings::{Findings, Spot},
    names::is_slip,
    shell::{Assignment, Script},
    values,
};
use manifests::cluster::{HostName, Place};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    fmt::Display,
    hash::Hash,
    net::Ipv4Addr,
};

/// A way to the variables of one file that begin with a prefix.
pub(super) struct Settings<'a> {
    pub(super) script: &'a Script,
    pub(super) file: usize,
    pub(super) prefix: String,
    pub(super) findings: &'a Findings,
    asked: RefCell<BTreeSet<String>>,
}

/// A value that is right for itself.
#[derive(Debug, Clone)]
pub(super) struct Value<T> {
    /// The variable.
    pub(super) name: String,
    /// Where it is set.
    pub(super) spot: Spot,
    /// What it says.
    pub(super) is: T,
}

/// A variable that is set and not empty.
type Text<'a> = Value<&'a str>;

impl<'a> Settings<'a> {
    pub(super) fn new(
        script: &'a Script,
        file: usize,
        prefix: String,
        findings: &'a Findings,
    ) -> Self {
        Self { script, file, prefix, findings, asked: RefCell::default() }
    }

    /// Where the first of these variables is set, or the beginning of the file.
    pub(super) fn spot(&self) -> Spot {
        let mut own = self.script.assignments.iter();
        let first = own.find(|assignment| assignment.name.starts_with(&self.prefix));
        let place = first.map_or(Place { line: 1, column: 1 }, |assignment| assignment.place);
        Spot { file: self.file, place }
    }

    /// A variable that may be left out or empty.
    pub(super) fn given(&self, name: &str) -> Option<Text<'a>> {
        let name = format!("{}{name}", self.prefix);
        self.asked.borrow_mut().insert(name.clone());
        let assignment = self.script.last(&name)?;
        let text = assignment.value.as_deref().filter(|text| !text.is_empty())?;
        Some(Value { name, spot: Spot { file: self.file, place: assignment.place }, is: text })
    }

    /// A variable that must be there; `why` says what needs it.
    pub(super) fn required(&self, name: &str, why: &str) -> Option<Text<'a>> {
        let given = self.given(name);
        if given.is_none() {
            let name = format!("{}{name}", self.prefix);
            match self.script.last(&name) {
                None if self.has_slip_for(&name) => {} // told as an unknown variable
                None => self.findings.mistake(self.spot(), format!("`{name}` is missing: {why}")),
                Some(assignment) if assignment.value.is_some() => {
                    let spot = Spot { file: self.file, place: assignment.place };
                    self.findings.mistake(spot, format!("`{name}` is empty: {why}"));
                }
                Some(_) => {} // refused, and told where it was read
            }
        }
        given
    }

    fn has_slip_for(&self, name: &str) -> bool {
        let helps = |assignment: &Assignment| assignment.helps.get();
        let mut own = self.script.assignments.iter().filter(|assignment| !helps(assignment));
        own.any(|assignment| is_slip(&assignment.name, name))
    }

    /// Variables that are set although nothing here asked for them.
    pub(super) fn unread(&self) -> Vec<Text<'a>> {
        let asked = self.asked.borrow();
        let own = self.script.assignments.iter().filter(|assignment| {
            assignment.name.starts_with(&self.prefix) && !asked.contains(&assignment.name)
        });
        own.filter_map(|assignment| {
            let text = assignment.value.as_deref().filter(|text| !text.is_empty())?;
            let spot = Spot { file: self.file, place: assignment.place };
            Some(Value { name: assignment.name.clone(), spot, is: text })
        })
        .collect()
    }

    /// The meaning of a text, or a mistake at its place.
    pub(super) fn read<T>(
        &self,
        text: Option<Text<'a>>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Value<T>> {
        let Value { name, spot, is } = text?;
        match read(is) {
            Ok(is) => Some(Value { name, spot, is }),
            Err(wrong) => {
                self.findings.mistake(spot, format!("`{name}`: {wrong}"));
                None
            }
        }
    }

    /// An address that must be there.
    pub(super) fn address(&self, name: &str, why: &str) -> Option<Value<Ipv4Addr>> {
        self.read(self.required(name, why), values::address)
    }

    /// A host's name that must be there.
    pub(super) fn host_name(&self, name: &str, why: &str) -> Option<Value<HostName>> {
        self.read(self.required(name, why), host_name)
    }

    /// A number of hosts that must be there.
    pub(super) fn count(&self, name: &str, why: &str) -> Option<Value<usize>> {
        self.read(self.required(name, why), values::count)
    }
}

/// What a host can be called.
pub(super) fn host_name(text: &str) -> Result<HostName, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// Notes a value that an earlier variable has already.
pub(super) fn differs<T: Clone + Eq + Hash + Display>(
    value: &Value<T>,
    earlier: &mut HashMap<T, String>,
    findings: &Findings,
) {
    if let Some(owner) = earlier.get(&value.is) {
        findings.mistake(value.spot, format!("`{}`: {} is `{owner}` too", value.name, value.is));
    } else {
        earlier.insert(value.is.clone(), value.name.clone());
    }
}
