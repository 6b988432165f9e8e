//! Systems that an update leaves as they were locked, and whether they still are
//! what the release wants.

use super::{super::LockError, plan::sets};
use crate::resolve::LockOptions;
use manifests::{
    catalog::Catalog,
    lockfile::Lockfile,
    packages::{LockedBase, LockedIndex, LockedSet, LockedSystem, SystemDefinition, SystemName},
    release::Release,
};
use std::collections::BTreeSet;

/// The systems of the lockfile that are not resolved anew. Without an update, none.
pub(in crate::resolve) fn kept(
    release: &Release,
    catalog: &Catalog,
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
    kept.map(|one| {
        same(one, release)?;
        vouched(one, &catalog.system(&one.system)?)?;
        Ok(one.clone())
    })
    .collect()
}

/// A definition may ask other archives by now, or believe another key because the old
/// one is in wrong hands: then what the old one vouched for is not kept.
fn vouched(locked: &LockedSystem, definition: &SystemDefinition) -> Result<(), LockError> {
    let sources: Vec<_> = definition.sources_of(locked.arch).collect();
    let asked: BTreeSet<_> =
        sources.iter().flat_map(|it| it.suites.iter().map(|suite| (it.root(), suite))).collect();
    let indexes = locked.indexes.iter();
    let said: BTreeSet<_> = indexes.clone().map(|it| (it.source.clone(), &it.suite)).collect();
    let believed = |index: &LockedIndex| {
        let mut of_it = sources.iter().filter(|it| it.root() == index.source);
        of_it.any(|source| source.fingerprints.contains(&index.signer))
    };
    if asked == said && indexes.clone().all(believed) {
        return Ok(());
    }
    let system = &locked.system;
    Err(LockError::Differs(format!(
        "the definition of `{system}` has other archives or keys than is locked"
    )))
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
