//! Everything a lockfile holds, by component and version.

use manifests::{
    Digest, Name, Version,
    lockfile::{LockedFile, LockedImage, Lockfile},
    patch::Reason,
};
use serde::Serialize;
use std::collections::BTreeMap;
use url::Url;

/// One version of a component and what it brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ComponentFacts<'a> {
    /// The component.
    pub name: &'a Name,
    /// Its version.
    pub version: &'a Version,
    /// What it does; none when the lockfile is older than its catalog.
    pub title: Option<&'a str>,
    /// Where its project lives.
    pub homepage: Option<&'a Url>,
    /// SPDX expression of its licence.
    pub licence: Option<&'a str>,
    /// Why this version.
    pub why: Option<&'a Reason>,
    /// Bytes of its distinct blobs.
    pub bytes: u64,
    /// Its files, Kubernetes manifests and charts.
    pub files: Vec<&'a LockedFile>,
    /// Its images.
    pub images: Vec<ImageFacts<'a>>,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ImageFacts<'a> {
    /// Bytes of its distinct blobs, for all platforms.
    pub bytes: u64,
    /// As it is locked.
    #[serde(flatten)]
    pub image: &'a LockedImage,
}

type Place<'a> = (&'a Name, &'a Version);

/// Sorted by name and version. What is picked and brings nothing is there too.
pub(super) fn components(lockfile: &Lockfile) -> Vec<ComponentFacts<'_>> {
    let mut places: BTreeMap<Place<'_>, (Vec<&LockedFile>, Vec<&LockedImage>)> = BTreeMap::new();
    for file in &lockfile.files {
        places.entry((&file.component, &file.version)).or_default().0.push(file);
    }
    for image in &lockfile.images {
        places.entry((&image.component, &image.version)).or_default().1.push(image);
    }
    for entry in &lockfile.catalog {
        places.entry((&entry.component, &entry.version)).or_default();
    }
    places
        .into_iter()
        .map(|(place, (files, images))| component(lockfile, place, files, &images))
        .collect()
}

fn component<'a>(
    lockfile: &'a Lockfile,
    (name, version): Place<'a>,
    files: Vec<&'a LockedFile>,
    images: &[&'a LockedImage],
) -> ComponentFacts<'a> {
    let entry = lockfile.catalog_entry(name, version);
    let mut decisions = lockfile.decisions.iter();
    let decision = decisions.find(|one| (&one.component, &one.version) == (name, version));
    let blobs = images.iter().flat_map(|image| blobs(image));
    let blobs = blobs.chain(files.iter().map(|file| (file.digest.clone(), file.size)));
    ComponentFacts {
        name,
        version,
        title: entry.map(|entry| entry.title.as_str()),
        homepage: entry.map(|entry| &entry.homepage),
        licence: entry.map(|entry| entry.licence.as_str()),
        why: decision.map(|decision| &decision.why),
        bytes: sum(blobs),
        files,
        images: images
            .iter()
            .map(|image| ImageFacts { bytes: image_bytes(image), image })
            .collect(),
    }
}

/// Bytes of the distinct blobs of an image.
pub(super) fn image_bytes(image: &LockedImage) -> u64 {
    sum(blobs(image))
}

fn blobs(image: &LockedImage) -> impl Iterator<Item = (Digest, u64)> + use<> {
    image.blobs().into_iter().map(|blob| (blob.digest, blob.size))
}

/// What distinct blobs come to.
fn sum(blobs: impl Iterator<Item = (Digest, u64)>) -> u64 {
    blobs.collect::<BTreeMap<_, _>>().values().sum()
}
