//! What components do inside a cluster: copied from their definitions, and tried
//! on the very manifests that were locked. A patch that no longer fits is found
//! here, by its author, and not on site.

use super::{LockError, LockOptions};
use crate::cache::Cache;
use manifests::{
    component::{Apply, Contents, Step},
    lockfile::{LockedComponent, Lockfile},
    patch::render,
    release::Pick,
};

/// The components of a release in its order; those that are not updated stay as
/// they were locked.
pub(super) fn of(
    contents: &[(Pick, Contents)],
    kept: &[LockedComponent],
    options: &LockOptions,
) -> Vec<LockedComponent> {
    let component = |(pick, contents): &(Pick, Contents)| {
        let is_of = |component: &&LockedComponent| {
            (&component.name, &component.version) == (&pick.name, &pick.version)
        };
        match options.resolves(&pick.name) {
            true => LockedComponent::of(pick, contents),
            false => kept.iter().find(is_of).cloned(),
        }
    };
    contents.iter().filter_map(component).collect()
}

/// Renders what the resolved components apply. Their manifests are in the cache.
pub(super) fn try_patches(
    lockfile: &Lockfile,
    options: &LockOptions,
    cache: &Cache,
) -> Result<(), LockError> {
    let resolved = lockfile.components.iter().filter(|component| options.resolves(&component.name));
    for component in resolved {
        for apply in component.steps.iter().filter_map(Step::applied) {
            try_one(lockfile, component, apply, cache)?;
        }
    }
    Ok(())
}

fn try_one(
    lockfile: &Lockfile,
    component: &LockedComponent,
    apply: &Apply,
    cache: &Cache,
) -> Result<(), LockError> {
    let file = component.manifest(lockfile, apply).map_err(LockError::Inconsistent)?;
    let changed = || format!("`{}/{}` has changed in the cache", file.component, file.name);
    let bytes = cache.read(&file.digest)?.ok_or_else(|| LockError::Inconsistent(changed()))?;
    let rendered = render(&bytes, &apply.patches);
    rendered.map(drop).map_err(|source| LockError::Patch {
        component: component.name.clone(),
        manifest: apply.manifest.clone(),
        source: Box::new(source),
    })
}
