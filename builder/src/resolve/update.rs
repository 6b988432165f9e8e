//! `--update NAME`: what is taken from the previous lockfile unchanged, and
//! whether it still fits the release.

use super::{LockError, LockOptions};
use manifests::{
    Name, Version,
    component::Contents,
    lockfile::{LockedComponent, LockedFile, LockedImage, Lockfile},
    release::{Pick, Release},
};
use std::collections::BTreeSet;

/// What needs no asking.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) components: Vec<LockedComponent>,
    pub(super) files: Vec<LockedFile>,
    pub(super) images: Vec<LockedImage>,
}

/// The entries of all components that are not updated. Without `--update`, none.
pub(super) fn kept(
    release: &Release,
    contents: &[(Pick, Contents)],
    options: &LockOptions,
) -> Result<Kept, LockError> {
    if options.update.is_empty() {
        return Ok(Kept::default());
    }
    let picked = |name: &&Name| !release.components.iter().any(|pick| pick.name == **name);
    if let Some(stranger) = options.update.iter().find(picked) {
        return Err(LockError::NotInRelease(stranger.clone()));
    }
    let previous = options.previous.as_ref().ok_or(LockError::NothingToUpdate)?;
    check(release, contents, previous, &options.update)?;
    let stays = |name: &Name| !options.update.contains(name);
    let components = previous.components.iter().filter(|component| stays(&component.name));
    Ok(Kept {
        components: components.cloned().collect(),
        files: previous.files.iter().filter(|file| stays(&file.component)).cloned().collect(),
        images: previous.images.iter().filter(|image| stays(&image.component)).cloned().collect(),
    })
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
