//! What there is to solve, decided before anybody is asked.

use super::{SiteBase, SystemError, base};
use crate::{
    cache::Cache,
    resolve::{LockError, LockOptions},
};
use manifests::{
    Arch, Name,
    catalog::Catalog,
    packages::{LockedSet, NamedBase, PackageSet, SystemDefinition, SystemName, TargetSystem},
    release::Release,
};

/// One system to lock.
#[derive(Debug)]
pub(in crate::resolve) struct SystemPlan {
    pub(super) definition: SystemDefinition,
    /// One for each architecture.
    pub(super) tasks: Vec<Task>,
}

/// One question: a system on one architecture.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) system: SystemName,
    pub(super) arch: Arch,
    pub(super) sets: Vec<LockedSet>,
    pub(super) base: Bases,
}

/// What hosts have.
#[derive(Debug, Clone)]
pub(super) enum Bases {
    /// What every host of that system has.
    Named(NamedBase),
    /// What some hosts of the site said.
    Site(Vec<SiteBase>),
}

/// Plans the systems that are not kept.
pub(in crate::resolve) fn plan(
    release: &Release,
    catalog: &Catalog,
    options: &LockOptions,
    cache: &Cache,
) -> Result<Vec<SystemPlan>, LockError> {
    check_bases(release, options)?;
    base::keep(&options.bases, cache)?;
    let mut plans = Vec::new();
    for target in release.systems.iter().filter(|target| options.resolves_system(&target.name)) {
        let definition = catalog.system(&target.name)?;
        plans.push(one(release, target, definition, (options, cache))?);
    }
    Ok(plans)
}

/// A status file that nobody asks about would be a mistake nobody sees.
fn check_bases(release: &Release, options: &LockOptions) -> Result<(), SystemError> {
    for base in &options.bases {
        let (path, system) = (base.path.clone(), base.system.clone());
        let arch = base.host_arch()?;
        if !release.systems.iter().any(|target| target.name == system) {
            return Err(SystemError::BaseSystem { path, system });
        }
        if !options.resolves_system(&system) {
            return Err(SystemError::BaseKept { path, system });
        }
        if !release.arches.contains(&arch) {
            return Err(SystemError::BaseIdle { path, arch });
        }
    }
    Ok(())
}

fn one(
    release: &Release,
    target: &TargetSystem,
    definition: SystemDefinition,
    (options, cache): (&LockOptions, &Cache),
) -> Result<SystemPlan, LockError> {
    let system = &target.name;
    let wrong = |message| SystemError::Definition { system: system.clone(), message };
    let named = definition.base(&target.base).map_err(wrong)?.clone();
    let sets = sets(release, system);
    let mut tasks = Vec::new();
    for arch in release.arches.iter().copied() {
        if definition.sources_of(arch).next().is_none() {
            return Err(wrong(format!("it has no source for {arch}")).into());
        }
        let base = match of_site((options, cache), system, arch)? {
            site if site.is_empty() => Bases::Named(named.clone()),
            site => Bases::Site(site),
        };
        tasks.push(Task { system: system.clone(), arch, sets: sets.clone(), base });
    }
    Ok(SystemPlan { definition, tasks })
}

/// What was brought for a system. Whoever updates it and brings nothing means what
/// was brought before.
fn of_site(
    (options, cache): (&LockOptions, &Cache),
    system: &SystemName,
    arch: Arch,
) -> Result<Vec<SiteBase>, LockError> {
    let mut found = Vec::new();
    for base in options.bases.iter().filter(|base| base.system == *system) {
        if base.host_arch()? == arch {
            found.push(base.clone());
        }
    }
    let previous = options.previous.as_ref().filter(|_| found.is_empty() && options.is_update());
    let mut locked = previous.into_iter().flat_map(|previous| &previous.systems);
    match locked.find(|locked| locked.place() == (system, arch)) {
        Some(locked) => base::as_before(locked, cache),
        None => Ok(found),
    }
}

/// The sets of a release that hosts of this system may need, by name.
pub(super) fn sets(release: &Release, system: &SystemName) -> Vec<LockedSet> {
    let sets = release.packages.iter().filter(|set| set.is_for(system));
    let mut sets: Vec<_> = sets.map(locked).collect();
    sets.sort_by(|a, b| a.set.cmp(&b.set));
    sets
}

fn locked(set: &PackageSet) -> LockedSet {
    let PackageSet { set, roles, names, start, .. } = set.clone();
    LockedSet { set, roles, names, start }
}

impl Task {
    /// What every set wants.
    pub(super) fn wanted<'a>(sets: impl IntoIterator<Item = &'a LockedSet>) -> Vec<&'a str> {
        let names = sets.into_iter().flat_map(|set| &set.names);
        names.map(manifests::packages::Wish::as_str).collect()
    }

    /// The names of sets.
    pub(super) fn names<'a>(sets: impl IntoIterator<Item = &'a LockedSet>) -> Vec<Name> {
        sets.into_iter().map(|set| set.set.clone()).collect()
    }
}
