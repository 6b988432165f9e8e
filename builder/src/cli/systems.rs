//! `--system` and `--base`: whose OS packages are taken, and what the hosts have.

use crate::resolve::SiteBase;
use clap::Args;
use console::{Console, text};
use manifests::{
    Arch, Name,
    lockfile::{LockedBase, LockedSystem, Lockfile},
    packages::{SystemChoice, SystemName, TargetSystem},
    release::Release,
    yaml::{self, InputError},
};
use std::{path::PathBuf, str::FromStr};

/// The target systems of one lock.
#[derive(Debug, Args)]
pub(super) struct Systems {
    /// Carry the OS packages that hosts with this system need, such as
    /// `debian-12`; may be given several times. Without any, no OS packages are
    /// carried; with `--update`, those that are locked.
    #[arg(id = "systems", long = "system", value_name = "NAME")]
    names: Vec<SystemName>,
    /// Carry the OS packages of every system of the release.
    #[arg(id = "all-systems", long = "all-systems", conflicts_with = "systems")]
    all: bool,
    /// Solve the packages of a system for hosts that have what this dpkg status
    /// file says (`bottari-installer facts --packages` writes it), instead of the
    /// base of the release; may be given several times, also for one system.
    /// Takes the packages of that system.
    #[arg(long = "base", value_name = "SYSTEM[/ARCH]=FILE")]
    bases: Vec<BaseFile>,
}

/// A status file for a system, and for one architecture of it if that is said.
#[derive(Debug, Clone)]
struct BaseFile {
    system: SystemName,
    arch: Option<Arch>,
    path: PathBuf,
}

impl FromStr for BaseFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, path) = text.split_once('=').ok_or("expected SYSTEM=FILE")?;
        let (system, arch) = match host.split_once('/') {
            Some((system, arch)) => (system, Some(arch)),
            None => (host, None),
        };
        let arch = arch.map(|arch| arch.parse().map_err(|error| format!("{error}")));
        Ok(Self {
            system: system.parse().map_err(|error| format!("{error}"))?,
            arch: arch.transpose()?,
            path: path.into(),
        })
    }
}

impl Systems {
    /// What was asked for; nothing when nobody said anything.
    pub(super) fn choice(&self) -> Option<SystemChoice> {
        let of_bases = self.bases.iter().map(|base| base.system.clone());
        let names: Vec<_> = self.names.iter().cloned().chain(of_bases).collect();
        match (self.all, names.is_empty()) {
            (true, _) => Some(SystemChoice::All),
            (false, true) => None,
            (false, false) => Some(SystemChoice::Named(names)),
        }
    }

    /// The status files that were brought.
    pub(super) fn bases(&self) -> Result<Vec<SiteBase>, InputError> {
        let read = |base: &BaseFile| {
            let BaseFile { system, arch, path } = base.clone();
            Ok(SiteBase { status: yaml::read(&path)?, system, arch, path })
        };
        self.bases.iter().map(read).collect()
    }
}

/// What `--update` names: a component, or a system of the release.
#[derive(Debug, Clone)]
pub(super) enum Updated {
    Component(Name),
    System(SystemName),
}

impl FromStr for Updated {
    type Err = String;

    /// Whether a name that can be both is a system is known with the release.
    fn from_str(text: &str) -> Result<Self, String> {
        match (text.parse(), text.parse()) {
            (Ok(component), _) => Ok(Self::Component(component)),
            (Err(_), Ok(system)) => Ok(Self::System(system)),
            (Err(error), Err(_)) => Err(error.to_string()),
        }
    }
}

/// The components and the systems to update.
pub(super) fn updates(wanted: &[Updated], release: &Release) -> (Vec<Name>, Vec<SystemName>) {
    let (mut components, mut systems) = (Vec::new(), Vec::new());
    let known = |name: &Name| {
        let mut all = release.systems.iter().map(|target: &TargetSystem| &target.name);
        all.find(|system| system.as_str() == name.as_str()).cloned()
    };
    for updated in wanted {
        match updated {
            Updated::System(system) => systems.push(system.clone()),
            Updated::Component(name) => match known(name) {
                Some(system) => systems.push(system),
                None => components.push(name.clone()),
            },
        }
    }
    (components, systems)
}

/// Says whose OS packages are in a lockfile, and that there are others when none is.
pub(super) fn tell(lockfile: &Lockfile, known: &[TargetSystem], console: &Console) {
    for system in &lockfile.systems {
        console.note(&line(system));
    }
    if lockfile.systems.is_empty() && !known.is_empty() {
        let names: Vec<_> = known.iter().map(|system| system.name.as_str()).collect();
        console.note(&format!(
            "without OS packages; `--system` takes those for one of: {}",
            names.join(", ")
        ));
    }
}

fn line(system: &LockedSystem) -> String {
    let bytes = system.packages.iter().map(|package| package.size).sum();
    let base = match &system.base {
        LockedBase::Name(name) => format!("hosts with at least `{name}`"),
        LockedBase::Status(files) => {
            format!(
                "the hosts of {}",
                text::count(files.len() as u64, "status file", "status files")
            )
        }
    };
    format!(
        "with {} ({}) for `{}` on {}, for {base}",
        text::count(system.packages.len() as u64, "OS package", "OS packages"),
        text::size(bytes),
        system.system,
        system.arch
    )
}

/// The same for programs.
pub(super) fn json(lockfile: &Lockfile) -> serde_json::Value {
    let one = |system: &LockedSystem| {
        serde_json::json!({
            "system": system.system,
            "arch": system.arch,
            "base": system.base,
            "packages": system.packages.len(),
            "bytes": system.packages.iter().map(|package| package.size).sum::<u64>(),
        })
    };
    lockfile.systems.iter().map(one).collect()
}
