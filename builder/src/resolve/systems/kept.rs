//! Systems that an update leaves as they were locked, and whether they still are
//! what the release wants.

use super::{super::LockError, plan::sets};
use crate::resolve::LockOptions;
use manifests::{
    lockfile::Lockfile,
    packages::{LockedBase, LockedSet, LockedSystem, SystemName},
    release::Release,
};
use std::collections::BTreeSet;

/// The systems of the lockfile that are not resolved anew. Without an update, none.
pub(in crate::resolve) fn kept(
    release: &Release,
    previous: &Lockfile,
    options: &LockOptions,
) -> Result<Vec<LockedSystem>, LockError> {
    let stays = |name: &&SystemName| !options.resolves_system(name);
    let wanted: BTreeSet<_> = release.systems.iter().map(|one| &one.name).filter(stays).collect();
    let locked: BTreeSet<_> =
        previous.systems.iter().map(|one| &one.system).filter(stays).collect();
    if let Some(name) = wanted.symmetric_difference(&locked).next() {
        let place = if wanted.contains(name) { "release" } else { "lockfile" };
        return Err(LockError::Differs(format!("packages of `{name}` are only in the {place}")));
    }
    let kept = previous.systems.iter().filter(|one| stays(&&one.system));
    kept.map(|one| same(one, release).map(|()| one.clone())).collect()
}

fn same(locked: &LockedSystem, release: &Release) -> Result<(), LockError> {
    let system = &locked.system;
    let differs = |what| {
        LockError::Differs(format!("the release wants {what} for `{system}` than is locked"))
    };
    let mut targets = release.systems.iter();
    let base = targets.find(|target| target.name == *system).map(|target| &target.base);
    if matches!((&locked.base, base), (LockedBase::Name(name), Some(base)) if name != base) {
        return Err(differs("another base"));
    }
    let wanted: Vec<LockedSet> = sets(release, system);
    if wanted == locked.sets { Ok(()) } else { Err(differs("other packages")) }
}
