//! Laying an overlay on a release: what comes out is a release like any other.

use crate::{
    catalog::{Catalog, versions},
    component::{Component, Contents},
    component_pins::unpin,
    overlay::{LaidOverlay, Overlay, OverlayPick, Unpinned},
    release::{Pick, Release},
    yaml::InputError,
};
use std::{fmt, path::Path};

impl Overlay {
    /// Lays it on a release. The catalog must know its components too
    /// ([`Catalog::with_beside`]); `path` is only for messages.
    pub fn lay_on(
        &self,
        path: &Path,
        release: Release,
        catalog: &Catalog,
    ) -> Result<Release, InputError> {
        let wrong = |message| InputError::meaning(path, message);
        let mut laid = release;
        self.check_release(&laid).map_err(wrong)?;
        for pick in &self.components {
            let definition = catalog.definition(&pick.name)?;
            known(pick, definition.as_ref(), catalog).map_err(wrong)?;
            take(&mut laid, pick).map_err(wrong)?;
        }
        self.add_words(&mut laid).map_err(wrong)?;
        laid.check().map_err(wrong)?;
        let contents = catalog.contents(&laid)?;
        self.unpinned.iter().try_for_each(|one| has_pins(one, &contents)).map_err(wrong)?;
        laid.overlays.push(self.laid());
        Ok(laid)
    }

    fn check_release(&self, release: &Release) -> Result<(), String> {
        if self.release != release.release {
            let (ours, theirs) = (&self.release, &release.release);
            return Err(format!("for: expected release `{ours}`, found `{theirs}`"));
        }
        match release.overlays.iter().any(|laid| laid.name == self.overlay) {
            true => Err(format!("overlay: `{}` is laid on already", self.overlay)),
            false => Ok(()),
        }
    }

    fn add_words(&self, release: &mut Release) -> Result<(), String> {
        for registry in &self.extra_names {
            if !release.extra_names.contains(registry) {
                release.extra_names.push(registry.clone());
            }
        }
        add("exceptions", &mut release.exceptions, &self.exceptions, |one| &one.reference)?;
        add("acknowledged", &mut release.acknowledged, &self.acknowledged, |one| one)?;
        add("omitted", &mut release.omitted, &self.omitted, |one| &one.what)
    }

    fn laid(&self) -> LaidOverlay {
        let (name, title) = (self.overlay.clone(), self.title.clone());
        LaidOverlay { name, title, unpinned: self.unpinned.clone() }
    }
}

/// Whether there is such a component in such a version.
fn known(
    pick: &OverlayPick,
    definition: Option<&Component>,
    catalog: &Catalog,
) -> Result<(), String> {
    let OverlayPick { name, version, .. } = pick;
    match definition {
        None => Err(format!("components: `{name}` is not defined in {catalog}")),
        Some(component) if !component.versions.contains_key(version) => {
            let has = versions(component);
            Err(format!("components: `{name}` has no version {version}; it has: {has}"))
        }
        Some(_) => Ok(()),
    }
}

/// Puts a pick in the place of the release's own, or at the end.
fn take(release: &mut Release, pick: &OverlayPick) -> Result<(), String> {
    let Some(own) = replaced(release, pick)? else {
        release.components.push(pick.pick());
        return Ok(());
    };
    let new = pick.instead_of(own);
    if new == *own {
        return Err(format!(
            "components: the release takes `{}` {} already",
            new.name, new.version
        ));
    }
    *own = new;
    Ok(())
}

/// The release's own pick that this one takes the place of, when there is one.
fn replaced<'a>(
    release: &'a mut Release,
    pick: &OverlayPick,
) -> Result<Option<&'a mut Pick>, String> {
    let name = &pick.name;
    let all: Vec<_> = release.components.iter_mut().filter(|own| own.name == *name).collect();
    let has: Vec<_> = all.iter().map(|own| own.version.to_string()).collect();
    let wanted = |own: &&mut Pick| pick.replaces.as_ref().is_none_or(|one| *one == own.version);
    let mut wanted: Vec<_> = all.into_iter().filter(wanted).collect();
    match (wanted.len(), &pick.replaces) {
        (0 | 1, None) | (1, Some(_)) => Ok(wanted.pop()),
        (_, None) => Err(format!(
            "components: the release takes `{name}` as {}; say which with `replaces: VERSION`",
            has.join(" and as ")
        )),
        (_, Some(version)) => {
            let has = if has.is_empty() {
                "not at all".into()
            } else {
                format!("as {}", has.join(" and as "))
            };
            Err(format!(
                "components: expected `{name}` {version} in the release, which takes it {has}"
            ))
        }
    }
}

/// Adds entries to a list in which each thing stands once.
fn add<T: Clone, K: PartialEq + fmt::Display>(
    field: &str,
    own: &mut Vec<T>,
    more: &[T],
    thing: impl Fn(&T) -> &K,
) -> Result<(), String> {
    let mut twice = more.iter().filter(|one| own.iter().any(|its| thing(its) == thing(one)));
    if let Some(twice) = twice.next() {
        return Err(format!("{field}: `{}` is in the release already", thing(twice)));
    }
    own.extend_from_slice(more);
    Ok(())
}

fn has_pins(unpinned: &Unpinned, contents: &[(Pick, Contents)]) -> Result<(), String> {
    let name = &unpinned.component;
    let mut its = contents.iter().filter(|(pick, _)| pick.name == *name).peekable();
    if its.peek().is_none() {
        return Err(format!("unpinned: `{name}` is not in the release"));
    }
    match its.any(|(_, contents)| unpin(&mut contents.clone())) {
        true => Ok(()),
        false => Err(format!("unpinned: `{name}` has no published digest to take away")),
    }
}
