//! `--system` and `--base`: whose OS packages are taken, and what the hosts have.

use crate::resolve::SiteBase;
use clap::Args;
use console::{Console, text};
use manifests::{
    Arch, Name,
    catalog::Catalog,
    lockfile::{LockedBase, LockedSystem, Lockfile},
    packages::{SystemChoice, SystemName, TargetSystem},
    release::Release,
    rules::Date,
    yaml::{self, InputError},
};
use std::{collections::BTreeSet, path::PathBuf, str::FromStr};

/// The target systems of one lock.
#[derive(Debug, Args)]
pub(super) struct Systems {
    /// Carry the OS packages that hosts with this system need, such as
    /// `debian-12`; may be given several times. Without any, no OS packages are
    /// carried, which is warned of; with `--update`, those that are locked.
    #[arg(id = "systems", long = "system", value_name = "NAME")]
    names: Vec<SystemName>,
    /// Carry the OS packages of every system of the release.
    #[arg(id = "all-systems", long = "all-systems", conflicts_with = "systems")]
    all: bool,
    /// Carry no OS packages: the hosts have all that they need.
    #[arg(id = "no-os-packages", long, conflicts_with_all = ["systems", "all-systems", "base-files"])]
    none: bool,
    /// Solve the packages of a system for hosts that have what this dpkg status
    /// file says (`bottari-installer facts --packages` writes it), instead of the
    /// base of the release; may be given several times, also for one system.
    /// Takes the packages of that system.
    #[arg(id = "base-files", long = "base", value_name = "SYSTEM[/ARCH]=FILE")]
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
        match (self.all, self.none || !names.is_empty()) {
            (true, _) => Some(SystemChoice::All),
            (false, true) => Some(SystemChoice::Named(names)),
            (false, false) => None,
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

/// Says whose OS packages are in a lockfile, and what an operator would miss inside.
pub(super) fn tell(lockfile: &Lockfile, missed: &[String], console: &Console) {
    for system in &lockfile.systems {
        console.note(&line(system));
    }
    for text in missed {
        console.warn(text);
    }
}

impl Systems {
    /// What an operator may miss: OS packages that nobody took and nobody declined,
    /// those of a system that the lockfile before had, and lists that have not moved
    /// for long.
    pub(super) fn missed(
        &self,
        (before, now): (Option<&Lockfile>, &Lockfile),
        (known, catalog): (&[TargetSystem], &Catalog),
        day: Date,
    ) -> Vec<String> {
        let has = |name: &SystemName| now.systems.iter().any(|system| system.system == *name);
        let before = before.into_iter().flat_map(|before| &before.systems);
        let lost: BTreeSet<_> = before.map(|it| &it.system).filter(|name| !has(name)).collect();
        let lost = lost.into_iter().map(|name| {
            format!("the lockfile before had OS packages for `{name}`, this one has none; `--system {name}` takes them")
        });
        let mut missed: Vec<_> = lost.filter(|_| !self.none).collect();
        if missed.is_empty() && now.systems.is_empty() && !known.is_empty() && !self.none {
            let names: Vec<_> = known.iter().map(|system| system.name.as_str()).collect();
            missed.push(format!(
                "without OS packages; `--system` takes those for one of: {}; `--no-os-packages` says that none is right",
                names.join(", ")
            ));
        }
        let living = now.systems.iter().filter(|system| !is_snapshot(catalog, &system.system));
        missed.extend(living.filter_map(|system| still(system, day)));
        missed
    }
}

/// Days after which lists of a living archive are old.
const OLD: u32 = 30;
const DAY_SECONDS: u64 = 86_400;

/// Whether a definition asks for the archives as they were on some day.
fn is_snapshot(catalog: &Catalog, system: &SystemName) -> bool {
    let definition = catalog.system(system);
    definition.is_ok_and(|it| it.sources.iter().any(|source| source.snapshot.is_some()))
}

/// Warns of lists that are old: nothing in most archives tells a mirror that stands
/// still, or is held back, from one that is up to date.
fn still(system: &LockedSystem, day: Date) -> Option<String> {
    let newest = date(system)?;
    let age = day.unix_day()?.checked_sub(newest.unix_day()?)?;
    (age > OLD).then(|| {
        format!(
            "the newest list of `{}` for {} is of {newest}, {age} days ago: its mirror may stand still; `--mirrors FILE` asks another",
            system.system, system.arch
        )
    })
}

/// The day of the newest list.
fn date(system: &LockedSystem) -> Option<Date> {
    let days = system.newest_index()?.unix_seconds() / DAY_SECONDS;
    u32::try_from(days).ok().map(Date::of_unix_day)
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
        "with {} ({}) for `{}` on {}, for {base}{}",
        text::count(system.packages.len() as u64, "OS package", "OS packages"),
        text::size(bytes),
        system.system,
        system.arch,
        date(system).map_or_else(String::new, |date| format!("; the newest list is of {date}"))
    )
}

/// The same for programs.
pub(super) fn json(lockfile: &Lockfile) -> serde_json::Value {
    let one = |system: &LockedSystem| {
        serde_json::json!({
            "system": system.system,
            "arch": system.arch,
            "base": system.base,
            "newest-list": system.newest_index(),
            "packages": system.packages.len(),
            "bytes": system.packages.iter().map(|package| package.size).sum::<u64>(),
        })
    };
    lockfile.systems.iter().map(one).collect()
}
