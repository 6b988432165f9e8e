//! What an installation would do to a host.

use crate::plan::{DebVersion, PackageName};

/// What apt would do, and what it could not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simulation {
    /// Packages that would be new.
    pub install: Vec<Change>,
    /// Packages that would become later ones.
    pub upgrade: Vec<Change>,
    /// Packages that would go back.
    pub downgrade: Vec<Change>,
    /// Packages that would go.
    pub remove: Vec<PackageName>,
    /// What is wanted or needed and cannot be had, each in one clause.
    pub unmet: Vec<String>,
    /// Packages that somebody keeps in their version.
    pub held: Vec<PackageName>,
    /// Packages that are there in part.
    pub half_done: Vec<PackageName>,
    /// Whether another package manager is at work.
    pub busy: bool,
    /// Packages of which only the settings are there.
    pub settings_only: Vec<PackageName>,
    /// apt's own words, when it failed for no reason that we know.
    pub failed: Option<String>,
}

/// A package that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub name: PackageName,
    /// The version that is there, if any.
    pub from: Option<DebVersion>,
    /// The version that would be there.
    pub to: DebVersion,
}

impl Simulation {
    /// Whether there is nothing to do.
    pub fn is_nothing(&self) -> bool {
        *self
            == Self {
                busy: self.busy,
                held: self.held.clone(),
                settings_only: self.settings_only.clone(),
                ..Self::default()
            }
    }

    /// Whether packages are in the hands of somebody else: what is there in part
    /// may be whole in a moment.
    pub(crate) fn is_moving(&self) -> bool {
        self.busy && !self.half_done.is_empty()
    }

    /// Why this cannot be done, each reason in one clause; none when it can.
    pub fn obstacles(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.is_moving() {
            all.push("another package manager is at work".to_owned());
        } else if !self.half_done.is_empty() {
            all.push(format!("packages are installed in part: {}", join(&self.half_done)));
        }
        if !self.remove.is_empty() {
            all.push(format!("packages of the site would be removed: {}", join(&self.remove)));
        }
        let older = self.downgrade.iter().map(Change::text).collect::<Vec<_>>().join(", ");
        if !older.is_empty() {
            all.push(format!("packages of the site would go back: {older}"));
        }
        all.extend(self.unmet.iter().cloned());
        all.extend(self.failed.iter().map(|said| format!("apt says: {said}")));
        all
    }

    /// What is wanting on a host that was looked at, in one clause.
    pub(crate) fn wanting(&self) -> String {
        // The reason behind the comma is about a repository; none was asked.
        let need = |clause: &String| clause.split(", ").next().unwrap_or_default().to_owned();
        let all: Vec<_> = self.unmet.iter().map(need).chain(self.failed.clone()).collect();
        match all.is_empty() {
            true => format!("packages are installed in part: {}", join(&self.half_done)),
            false => all.join("; "),
        }
    }

    /// What would be done, in one clause: `3 new, socat 1.7 → 1.8`.
    pub fn summary(&self) -> String {
        let new = match self.install.len() {
            0 => None,
            count => Some(format!("{count} new")),
        };
        let all: Vec<_> = new.into_iter().chain(self.upgrade.iter().map(Change::text)).collect();
        if all.is_empty() { "nothing to install".to_owned() } else { all.join(", ") }
    }
}

impl Change {
    fn text(&self) -> String {
        match &self.from {
            Some(from) => format!("{} {from} → {}", self.name, self.to),
            None => format!("{} {}", self.name, self.to),
        }
    }
}

fn join(names: &[PackageName]) -> String {
    names.iter().map(PackageName::as_str).collect::<Vec<_>>().join(", ")
}
