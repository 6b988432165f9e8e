//! What is not here, and where each blob can be asked for.

use crate::supply::Supply;
use manifests::{
    Digest, ImageRef,
    lockfile::{BlobUse, LockedImage, Lockfile},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};
use url::Url;

/// The work of one fetch.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// How many blobs are here already.
    pub(super) cached: u64,
    /// The others, largest first, so that no large one is left alone at the end.
    pub(super) missing: Vec<Missing<'a>>,
}

/// One blob to fetch.
#[derive(Debug)]
pub(super) struct Missing<'a> {
    pub(super) blob: BlobUse,
    pub(super) sources: Vec<Source<'a>>,
}

/// One place that has a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source<'a> {
    /// A file, an OS package, or a foreign layer.
    Url(&'a Url),
    /// The registry and repository of an image.
    Registry(&'a ImageRef),
}

impl<'a> Plan<'a> {
    pub(super) fn new(lockfile: &'a Lockfile, supply: Supply<'_>) -> Result<Self, String> {
        let (blobs, mut sources) = (lockfile.blobs()?, sources(lockfile));
        let all = blobs.len();
        let mut missing: Vec<_> = blobs
            .into_iter()
            .filter(|(_, blob)| !supply.has(&blob.descriptor))
            .map(|(digest, blob)| {
                let sources = sources.remove(&digest).unwrap_or_default();
                Missing { blob, sources: sources.into_iter().collect() }
            })
            .collect();
        missing.sort_by_key(|missing| Reverse(missing.blob.descriptor.size));
        Ok(Self { cached: (all - missing.len()) as u64, missing })
    }

    /// How many bytes are missing.
    pub(super) fn bytes(&self) -> u64 {
        self.missing.iter().map(|missing| missing.blob.descriptor.size).sum()
    }
}

impl Missing<'_> {
    /// What the user calls it: the artifacts that need it.
    pub(super) fn name(&self) -> String {
        let mut users = self.blob.users.iter();
        let first = users.next().map_or("", String::as_str);
        match users.count() {
            0 => first.to_owned(),
            1 => format!("{first} and 1 other"),
            others => format!("{first} and {others} others"),
        }
    }
}

type Sources<'a> = BTreeMap<Digest, BTreeSet<Source<'a>>>;

/// Every place of every blob. URLs come first: a registry need not have a
/// foreign layer.
fn sources(lockfile: &Lockfile) -> Sources<'_> {
    let mut sources = Sources::new();
    for file in &lockfile.files {
        sources.entry(file.digest.clone()).or_default().insert(Source::Url(&file.source));
    }
    for image in &lockfile.images {
        add_image(&mut sources, image);
    }
    for package in lockfile.systems.iter().flat_map(|system| &system.packages) {
        sources.entry(package.digest.clone()).or_default().insert(Source::Url(&package.source));
    }
    sources
}

fn add_image<'a>(sources: &mut Sources<'a>, image: &'a LockedImage) {
    for blob in image.blobs() {
        sources.entry(blob.digest).or_default().insert(Source::Registry(&image.name));
    }
    for layer in image.manifests.iter().flat_map(|manifest| &manifest.layers) {
        let urls = layer.urls.iter().map(Source::Url);
        sources.entry(layer.digest.clone()).or_default().extend(urls);
    }
}
