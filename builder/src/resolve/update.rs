//! `--update NAME`: what is taken from the previous lockfile unchanged, and
//! whether it still fits the release.

use super::{LockError, LockOptions, systems, systems::SystemError};
use manifests::{
    Name, Version,
    catalog::Catalog,
    component::Contents,
    lockfile::{CatalogEntry, LockedComponent, LockedFile, LockedImage, LockedSystem, Lockfile},
    packages::{SystemChoice, SystemName, UnknownSystem},
    release::{Choice, Pick, Profile, Release},
};
use std::collections::BTreeSet;

/// What needs no asking.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) components: Vec<LockedComponent>,
    pub(super) catalog: Vec<CatalogEntry>,
    pub(super) files: Vec<LockedFile>,
    pub(super) images: Vec<LockedImage>,
    pub(super) systems: Vec<LockedSystem>,
}

/// The release with the profiles, architectures and systems that are wanted. Whoever
/// updates something in it and says nothing of them wants those that are locked.
pub(super) fn taken(release: &Release, options: &LockOptions) -> Result<Release, LockError> {
    let locked = options.previous.as_ref().filter(|_| options.is_update());
    let (profiles, arches) = match locked {
        Some(previous) => (previous.profiles.as_slice(), previous.arches.as_slice()),
        None => Default::default(),
    };
    // What the release has no longer is told when the two are compared.
    let still = arches.iter().copied().filter(|arch| release.arches.contains(arch)).collect();
    let arches = if options.arches.is_empty() { still } else { options.arches.clone() };
    let as_locked = || Choice::Named(names(profiles).cloned().collect());
    let taken = release.with(&options.profiles.clone().unwrap_or_else(as_locked))?.on(&arches)?;
    options.update.iter().try_for_each(|name| refuse_stranger(name, release, &taken))?;
    let systems = options.systems.clone().unwrap_or_else(|| as_locked_for(release, locked));
    let taken = taken.for_systems(&systems).map_err(SystemError::from)?;
    match options.update_systems.iter().find(|name| !has_system(&taken, name)) {
        Some(name) if has_system(release, name) => Err(LockError::SystemNotTaken(name.clone())),
        Some(name) => {
            let known = release.systems.iter().map(|system| system.name.clone()).collect();
            Err(SystemError::from(UnknownSystem { name: name.clone(), known }).into())
        }
        None => Ok(taken),
    }
}

/// The systems of a lockfile that the release still has.
fn as_locked_for(release: &Release, locked: Option<&Lockfile>) -> SystemChoice {
    let locked = locked.into_iter().flat_map(|locked| &locked.systems);
    let names = locked.map(|system| system.system.clone());
    SystemChoice::Named(names.filter(|name| has_system(release, name)).collect())
}

fn has_system(release: &Release, name: &SystemName) -> bool {
    release.systems.iter().any(|system| system.name == *name)
}

/// A component that is updated must be taken.
fn refuse_stranger(name: &Name, release: &Release, taken: &Release) -> Result<(), LockError> {
    if taken.components.iter().any(|pick| pick.name == *name) {
        return Ok(());
    }
    let pick = release.components.iter().find(|pick| pick.name == *name);
    Err(match pick.and_then(|pick| pick.profiles.first()) {
        Some(profile) => LockError::NotTaken { component: name.clone(), profile: profile.clone() },
        None => LockError::NotInRelease(name.clone()),
    })
}

/// The entries of all components that are not updated. Without `--update`, none.
pub(super) fn kept(
    (release, contents): (&Release, &[(Pick, Contents)]),
    catalog: &Catalog,
    options: &LockOptions,
) -> Result<Kept, LockError> {
    if !options.is_update() {
        return Ok(Kept::default());
    }
    let previous = options.previous.as_ref().ok_or(LockError::NothingToUpdate)?;
    check(release, contents, previous, &options.update)?;
    let stays = |name: &Name| !options.resolves(name);
    let components = previous.components.iter().filter(|component| stays(&component.name));
    Ok(Kept {
        components: components.cloned().collect(),
        catalog: previous.catalog.iter().filter(|entry| stays(&entry.component)).cloned().collect(),
        files: previous.files.iter().filter(|file| stays(&file.component)).cloned().collect(),
        images: previous.images.iter().filter(|image| stays(&image.component)).cloned().collect(),
        systems: systems::kept(release, catalog, previous, options)?,
    })
}

fn names(profiles: &[Profile]) -> impl Iterator<Item = &Name> {
    profiles.iter().map(|profile| &profile.name)
}

fn check(
    release: &Release,
    contents: &[(Pick, Contents)],
    previous: &Lockfile,
    update: &[Name],
) -> Result<(), LockError> {
    if previous.release != release.release {
        let (ours, theirs) = (&release.release, &previous.release);
        return Err(LockError::Differs(format!("expected release {ours}, found {theirs}")));
    }
    if previous.overlays != release.overlays {
        return Err(LockError::Differs("it was locked with other overlays".into()));
    }
    if names(&previous.profiles).ne(names(&release.profiles)) {
        return Err(LockError::Differs("it was locked with other profiles".into()));
    }
    let mut arches = release.arches.clone();
    arches.sort();
    if previous.arches != arches {
        return Err(LockError::Differs("it was locked for other architectures".into()));
    }
    let stays = |(name, _): &(&Name, &Version)| !update.contains(*name);
    let wanted: BTreeSet<_> = contents
        .iter()
        .filter(|(_, contents)| *contents != Contents::default())
        .map(|(pick, _)| (&pick.name, &pick.version))
        .filter(stays)
        .collect();
    let locked: BTreeSet<_> = entries(previous).filter(stays).collect();
    match wanted.symmetric_difference(&locked).next() {
        None => Ok(()),
        Some((name, version)) => {
            let place = if wanted.contains(&(*name, *version)) { "release" } else { "lockfile" };
            Err(LockError::Differs(format!("`{name}` {version} is only in the {place}")))
        }
    }
}

fn entries(lockfile: &Lockfile) -> impl Iterator<Item = (&Name, &Version)> {
    let files = lockfile.files.iter().map(|file| (&file.component, &file.version));
    let images = lockfile.images.iter().map(|image| (&image.component, &image.version));
    let components = lockfile.components.iter();
    files.chain(images).chain(components.map(|component| (&component.name, &component.version)))
}
