//! Everything that is in a bundle and what contains what, before it becomes a
//! document of either format.

use manifests::Digest;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// The whole bundle.
    Bundle,
    /// One version of a component of the release.
    Component,
    /// A binary or archive.
    File,
    /// A Kubernetes manifest.
    Manifest,
    /// A Helm chart.
    Chart,
    /// An image name; it contains one item for each platform.
    Image,
    /// An image for one platform.
    PlatformImage,
    /// What an image index says of its images: provenance, an SBOM.
    Attestation,
    /// A package of a distribution.
    Package,
    /// A Go program inside an image or an archive.
    Program,
    /// A Go module.
    Module,
}

/// One thing in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// What people call it.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its package URL.
    pub purl: Option<String>,
    /// The digest of its bytes.
    pub digest: Option<Digest>,
    /// Its licence, in whatever form it was written.
    pub licence: Option<String>,
    /// Where its project lives.
    pub homepage: Option<Url>,
    /// Where it was fetched.
    pub download: Option<Url>,
    /// One line about it.
    pub description: Option<String>,
    /// Facts that formats have no field for, under names of our own.
    pub properties: BTreeSet<(&'static str, String)>,
    /// What of it could not be read.
    pub unread: BTreeSet<String>,
}

impl Item {
    pub(super) fn new(kind: ItemKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            version: None,
            purl: None,
            digest: None,
            licence: None,
            homepage: None,
            download: None,
            description: None,
            properties: BTreeSet::new(),
            unread: BTreeSet::new(),
        }
    }

    pub(super) fn property(&mut self, name: &'static str, value: &(impl ToString + ?Sized)) {
        self.properties.insert((name, value.to_string()));
    }
}

/// Items by their reference, and what each contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    root: String,
    items: BTreeMap<String, Item>,
    contains: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    pub(super) fn new(root: &str, item: Item) -> Self {
        let items = BTreeMap::from([(root.to_owned(), item)]);
        Self { root: root.to_owned(), items, contains: BTreeMap::new() }
    }

    /// Puts an item into another one. One that is there already stays as it is.
    pub(super) fn put(&mut self, parent: &str, reference: &str, item: Item) {
        self.items.entry(reference.to_owned()).or_insert(item);
        self.contains.entry(parent.to_owned()).or_default().insert(reference.to_owned());
    }

    pub(super) fn has(&self, reference: &str) -> bool {
        self.items.contains_key(reference)
    }

    /// The item of the bundle itself.
    pub fn root(&self) -> (&str, &Item) {
        (&self.root, &self.items[&self.root])
    }

    /// Every item by reference, the root too.
    pub fn items(&self) -> impl Iterator<Item = (&str, &Item)> {
        self.items.iter().map(|(reference, item)| (reference.as_str(), item))
    }

    /// What an item contains, by reference.
    pub fn parts(&self, reference: &str) -> impl Iterator<Item = &str> {
        self.contains.get(reference).into_iter().flatten().map(String::as_str)
    }

    /// How many items are of one kind.
    pub fn count(&self, kind: ItemKind) -> usize {
        self.items.values().filter(|item| item.kind == kind).count()
    }

    /// Items of which something could not be read.
    pub fn incomplete(&self) -> impl Iterator<Item = (&str, &Item)> {
        self.items().filter(|(_, item)| !item.unread.is_empty())
    }
}
