//! What is other than in an earlier bundle or lockfile, by component.

use super::{
    components::image_bytes,
    package_changes::{self, PackageChange},
    subject::Subject,
};
use manifests::{
    Arch, Digest, Name, Version,
    lockfile::{FileKind, LockedFile, LockedImage, Lockfile},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Changes {
    /// The earlier file.
    pub since: Subject,
    /// Its release.
    pub release: Name,
    /// The version of that.
    pub version: Version,
    /// The serial of that.
    pub serial: u64,
    /// Whether its signature was checked with a trusted key.
    pub checked: bool,
    /// Bytes of all its distinct blobs.
    pub bytes_before: u64,
    /// Bytes of all distinct blobs now.
    pub bytes_after: u64,
    /// Bytes of those that were not there.
    pub bytes_new: u64,
    /// Components with a change, by name.
    pub components: Vec<ComponentChange>,
    /// OS packages with a change, by system and name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PackageChange>,
}

/// What changed in one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ComponentChange {
    /// The component.
    pub component: Name,
    /// Its versions before; none when it is new.
    pub before: Vec<Version>,
    /// Its versions now; none when it is gone.
    pub after: Vec<Version>,
    /// Its licences before, where they are known and other than now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licences_before: Vec<String>,
    /// Its licences now, where they are other than before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licences_after: Vec<String>,
    /// Its artifacts that changed.
    pub items: Vec<ItemChange>,
}

/// What happened to one artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ItemChange {
    /// In one word.
    pub change: Change,
    /// What it is.
    pub kind: ItemKind,
    /// The architecture it is for, when it is for one only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<Arch>,
    /// What was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Side>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Side>,
}

/// Kinds of [`ItemChange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The same version with other bytes: the one to ask about.
    OtherBytes,
    /// Another version of the same thing.
    OtherVersion,
    /// It was not there.
    New,
    /// It is not there any more.
    Gone,
}

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// A binary or archive.
    File,
    /// A Kubernetes manifest.
    Manifest,
    /// A Helm chart.
    Chart,
    /// An image.
    Image,
}

/// One artifact on one side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Side {
    /// Its name.
    pub name: String,
    /// The version of its component.
    pub version: Version,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes; of an image, those of every blob.
    pub size: u64,
}

/// An earlier file and what it holds.
pub(super) struct Earlier<'a> {
    pub(super) subject: Subject,
    pub(super) lockfile: &'a Lockfile,
    pub(super) checked: bool,
}

pub(super) fn changes(earlier: &Earlier<'_>, now: &Lockfile) -> Changes {
    let Earlier { subject, lockfile: before, checked } = earlier;
    let (blobs_before, blobs_after) = (blobs(before), blobs(now));
    let fresh = blobs_after.iter().filter(|(digest, _)| !blobs_before.contains_key(*digest));
    let names = versions(before).into_keys().chain(versions(now).into_keys());
    let names: BTreeSet<_> = names.collect();
    Changes {
        since: subject.clone(),
        release: before.release.clone(),
        version: before.version.clone(),
        serial: before.serial,
        checked: *checked,
        bytes_before: blobs_before.values().sum(),
        bytes_new: fresh.map(|(_, size)| size).sum(),
        bytes_after: blobs_after.values().sum(),
        components: names.into_iter().filter_map(|name| component(name, before, now)).collect(),
        packages: package_changes::changes(before, now),
    }
}

fn blobs(lockfile: &Lockfile) -> BTreeMap<Digest, u64> {
    // A lockfile whose sizes contradict each other was refused when it was read.
    let blobs = lockfile.blobs().unwrap_or_default();
    blobs.into_iter().map(|(digest, blob)| (digest, blob.descriptor.size)).collect()
}

fn versions(lockfile: &Lockfile) -> BTreeMap<&Name, BTreeSet<&Version>> {
    let files = lockfile.files.iter().map(|file| (&file.component, &file.version));
    let images = lockfile.images.iter().map(|image| (&image.component, &image.version));
    let mut versions: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (component, version) in files.chain(images) {
        versions.entry(component).or_default().insert(version);
    }
    versions
}

/// What changed in one component; none when nothing did.
fn component(name: &Name, before: &Lockfile, after: &Lockfile) -> Option<ComponentChange> {
    let its_versions = |lockfile| -> Vec<Version> {
        versions(lockfile).remove(name).into_iter().flatten().cloned().collect()
    };
    let (licences_before, licences_after) = (licences(name, before), licences(name, after));
    let is_same = licences_before.is_empty()
        || licences_after.is_empty()
        || licences_before == licences_after;
    let told = |licences: BTreeSet<String>| match is_same {
        true => Vec::new(),
        false => licences.into_iter().collect(),
    };
    let change = ComponentChange {
        component: name.clone(),
        before: its_versions(before),
        after: its_versions(after),
        licences_before: told(licences_before),
        licences_after: told(licences_after),
        items: items(&sides(name, before), &sides(name, after)),
    };
    (!change.items.is_empty() || !is_same || change.before != change.after).then_some(change)
}

fn licences(name: &Name, lockfile: &Lockfile) -> BTreeSet<String> {
    let entries = lockfile.catalog.iter().filter(|entry| entry.component == *name);
    entries.map(|entry| entry.licence.clone()).collect()
}

/// What stays when a version changes: the kind, the name without the version, and
/// the architecture.
type Slot = (ItemKind, String, Option<Arch>);

fn sides(name: &Name, lockfile: &Lockfile) -> BTreeMap<Slot, BTreeSet<Side>> {
    let files = lockfile.files.iter().filter(|file| file.component == *name).map(of_file);
    let images = lockfile.images.iter().filter(|image| image.component == *name).map(of_image);
    let mut sides: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (slot, side) in files.chain(images) {
        sides.entry(slot).or_default().insert(side);
    }
    sides
}

fn of_file(file: &LockedFile) -> (Slot, Side) {
    let kind = match file.kind {
        FileKind::File => ItemKind::File,
        FileKind::Manifest => ItemKind::Manifest,
        FileKind::Chart => ItemKind::Chart,
    };
    let (name, version) = (file.name.to_string(), file.version.clone());
    let bare = version.as_str().trim_start_matches('v');
    let slot = (kind, name.replace(version.as_str(), "*").replace(bare, "*"), file.arch);
    (slot, Side { name, version, digest: file.digest.clone(), size: file.size })
}

fn of_image(image: &LockedImage) -> (Slot, Side) {
    let slot = (ItemKind::Image, image.name.name(), None);
    let (name, version) = (image.name.to_string(), image.version.clone());
    (slot, Side { name, version, digest: image.digest.clone(), size: image_bytes(image) })
}

fn items(
    before: &BTreeMap<Slot, BTreeSet<Side>>,
    after: &BTreeMap<Slot, BTreeSet<Side>>,
) -> Vec<ItemChange> {
    let none = BTreeSet::new();
    let slots: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let both = |slot| (before.get(slot).unwrap_or(&none), after.get(slot).unwrap_or(&none));
    let mut items: Vec<_> = slots
        .into_iter()
        .flat_map(|slot| {
            let (before, after) = both(slot);
            pairs(before, after).into_iter().map(|pair| item(slot, pair))
        })
        .collect();
    items.sort_by_key(|item| item.change);
    items
}

type Pair = (Option<Side>, Option<Side>);

/// Sides that differ: those of one name belong together, and what is left over is
/// paired in order. What is the same in name and bytes is no change, whatever the
/// version of its component.
fn pairs(before: &BTreeSet<Side>, after: &BTreeSet<Side>) -> Vec<Pair> {
    let is_in = |sides: &BTreeSet<Side>, one: &Side| {
        sides.iter().any(|side| (&side.name, &side.digest) == (&one.name, &one.digest))
    };
    let mut old: Vec<_> = before.iter().filter(|side| !is_in(after, side)).cloned().collect();
    let mut new: Vec<_> = after.iter().filter(|side| !is_in(before, side)).cloned().collect();
    let mut pairs = Vec::new();
    while let Some((o, n)) = same_name(&old, &new) {
        pairs.push((Some(old.remove(o)), Some(new.remove(n))));
    }
    let rest = old.len().max(new.len());
    let (mut old, mut new) = (old.into_iter(), new.into_iter());
    pairs.extend((0..rest).map(|_| (old.next(), new.next())));
    pairs
}

fn same_name(old: &[Side], new: &[Side]) -> Option<(usize, usize)> {
    let place = |side: &Side| new.iter().position(|other| other.name == side.name);
    old.iter().enumerate().find_map(|(o, side)| Some((o, place(side)?)))
}

fn item((kind, _, arch): &Slot, (before, after): Pair) -> ItemChange {
    let change = match (&before, &after) {
        (None, _) => Change::New,
        (_, None) => Change::Gone,
        (Some(before), Some(after))
            if before.name == after.name && before.version == after.version =>
        {
            Change::OtherBytes
        }
        _ => Change::OtherVersion,
    };
    ItemChange { change, kind: *kind, arch: *arch, before, after }
}
