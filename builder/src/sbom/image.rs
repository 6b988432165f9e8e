//! The layers of an image laid on each other: what is still there on top.

use super::{
    scan::{Found, GoBuild, OsPackage, PackageKind, Scan, System, Unread},
    scans::Scans,
};
use manifests::{Digest, lockfile::LockedManifest};
use std::collections::BTreeMap;

/// What a running image would show.
#[derive(Debug, Default)]
pub(super) struct View<'a> {
    pub(super) system: Option<&'a System>,
    pub(super) packages: Vec<(PackageKind, &'a OsPackage)>,
    /// By path, with the layer each is in.
    pub(super) programs: BTreeMap<&'a str, (&'a Digest, &'a GoBuild)>,
    /// With the layer it is about.
    pub(super) unread: Vec<(&'a Digest, &'a Unread)>,
}

/// Lays the layers of an image on each other.
pub(super) fn view<'a>(manifest: &'a LockedManifest, scans: &'a Scans) -> View<'a> {
    let layers: Vec<(&Digest, &Scan)> =
        manifest.layers.iter().filter_map(|layer| scans.get_key_value(&layer.digest)).collect();
    let mut view = View::default();
    let mut systems = BTreeMap::new();
    for (at, (layer, scan)) in layers.iter().enumerate() {
        let above = &layers[at + 1..];
        for (path, found) in &scan.found {
            if above.iter().any(|(_, scan)| scan.covers.hides(path)) {
                continue;
            }
            match found {
                Found::System(system) => drop(systems.insert(path, system)),
                Found::Program(build) => drop(view.programs.insert(path, (*layer, build))),
                Found::Packages(database) => {
                    view.packages.extend(database.packages.iter().map(|it| (database.kind, it)));
                }
            }
        }
        view.unread.extend(scan.unread.iter().map(|unread| (*layer, unread)));
    }
    // `/etc/os-release` comes before `/usr/lib/os-release`, also by the alphabet.
    view.system = systems.into_values().next();
    view
}
