//! What changed among the OS packages since an earlier bundle or lockfile.

use super::changes::Change;
use manifests::{
    Arch, Digest,
    lockfile::Lockfile,
    packages::{PackageName, PackageVersion, SystemName},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What happened to one package of a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PackageChange {
    /// In one word.
    pub change: Change,
    /// The system.
    pub system: SystemName,
    /// Its architecture.
    pub arch: Arch,
    /// The package.
    pub name: PackageName,
    /// Its versions before; none when it is new. Hosts that differ may need several.
    pub before: Vec<PackageVersion>,
    /// Its versions now; none when it is gone.
    pub after: Vec<PackageVersion>,
}

type Place<'a> = (&'a SystemName, Arch, &'a PackageName);
type Held<'a> = BTreeMap<Place<'a>, BTreeSet<(&'a PackageVersion, &'a Digest)>>;

/// Sorted by system, architecture and name.
pub(super) fn changes(before: &Lockfile, now: &Lockfile) -> Vec<PackageChange> {
    let (before, now) = (held(before), held(now));
    let places: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let none = BTreeSet::new();
    let both = |place| (before.get(place).unwrap_or(&none), now.get(place).unwrap_or(&none));
    let changed = places.into_iter().filter_map(|place @ (system, arch, name)| {
        let (before, after) = both(place);
        let versions = |held: &BTreeSet<(&PackageVersion, &Digest)>| -> Vec<PackageVersion> {
            let versions: BTreeSet<_> = held.iter().map(|(version, _)| *version).collect();
            versions.into_iter().cloned().collect()
        };
        let (system, name) = ((*system).clone(), (*name).clone());
        let (before, after, is_same) = (versions(before), versions(after), before == after);
        let change = match (before.is_empty(), after.is_empty()) {
            (true, _) => Change::New,
            (_, true) => Change::Gone,
            _ if before == after => Change::OtherBytes,
            _ => Change::OtherVersion,
        };
        (!is_same).then_some(PackageChange { change, system, arch: *arch, name, before, after })
    });
    changed.collect()
}

fn held(lockfile: &Lockfile) -> Held<'_> {
    let mut held = Held::new();
    for system in &lockfile.systems {
        for package in &system.packages {
            let place = (&system.system, system.arch, &package.name);
            held.entry(place).or_default().insert((&package.version, &package.digest));
        }
    }
    held
}
