//! What an installation would do to a host.

use super::parse::need;
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
    /// Packages that would go, in apt's words: with the architecture when it is
    /// another than the host's.
    pub remove: Vec<String>,
    /// What packages of the host lacked before us, each in one clause.
    pub broken: Vec<String>,
    /// What is wanted or needed and cannot be had, each in one clause.
    pub unmet: Vec<String>,
    /// Packages that somebody keeps in their version.
    pub held: Vec<String>,
    /// Packages that are there in part.
    pub half_done: Vec<String>,
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
    /// Whether there is nothing to do. What apt would remove of a host that was
    /// broken before us is no work of ours.
    pub fn is_nothing(&self) -> bool {
        let remove = if self.broken.is_empty() { Vec::new() } else { self.remove.clone() };
        *self
            == Self {
                busy: self.busy,
                held: self.held.clone(),
                settings_only: self.settings_only.clone(),
                broken: self.broken.clone(),
                remove,
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
        if self.is_nothing() {
            return all;
        }
        if self.is_moving() {
            all.push("another package manager is at work".to_owned());
        } else if !self.half_done.is_empty() {
            all.push(format!("packages are installed in part: {}", join(&self.half_done)));
        }
        all.extend(self.removal());
        let older = self.downgrade.iter().map(Change::text).collect::<Vec<_>>().join(", ");
        if !older.is_empty() {
            all.push(format!("packages of the site would go back: {older}"));
        }
        all.extend(self.unmet.iter().cloned());
        all.extend(self.failed.iter().map(|said| format!("apt says: {said}")));
        all
    }

    /// Why packages would go, if any would.
    fn removal(&self) -> Option<String> {
        let impossible = !self.remove.is_empty() || !self.unmet.is_empty();
        if impossible && self.half_done.is_empty() && !self.broken.is_empty() {
            let broken = self.broken.join(", ");
            return Some(format!(
                "broken before us: {broken}: repair it with the site's own apt (`apt-get --fix-broken install`)"
            ));
        }
        let twins = match self.remove.iter().any(|name| name.contains(':')) {
            true => " (of another architecture: raise it first, or lock with the status file)",
            false => "",
        };
        let all = join(&self.remove);
        (!all.is_empty()).then(|| format!("packages of the site would be removed: {all}{twins}"))
    }

    /// What is wanting on a host that was looked at, in one clause.
    pub(crate) fn wanting(&self) -> String {
        // The reason behind the comma is about a repository; none was asked.
        let need = |clause: &String| need(clause).to_owned();
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

fn join(names: &[String]) -> String {
    names.join(", ")
}
