//! Everything the served bundles hold, as tables: repositories with their tags,
//! and which bundle to read a blob from. Built from headers alone, so a start
//! takes no longer than the signatures do.

use super::{
    apt::Systems,
    names::{self, RepositoryName},
    reply::Reply,
};
use bundles::{BlobRecord, Bundle};
use manifests::Digest;
use std::collections::{BTreeMap, HashMap};

/// Chunks of 4 MiB that are kept for other clients, over all bundles.
const KEPT: usize = 12;

/// The tables. Nothing outside of them can be served.
#[derive(Debug)]
pub(crate) struct Holdings {
    bundles: Vec<Bundle>,
    repositories: BTreeMap<RepositoryName, Tags>,
    blobs: HashMap<Digest, usize>,
    systems: Systems,
    remarks: Vec<String>,
    prefix: Option<RepositoryName>,
}

/// Tags of a repository, with what they stand for.
pub(crate) type Tags = BTreeMap<String, Digest>;

/// A blob and the bundle it is read from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    /// Where to read.
    pub(crate) bundle: &'a Bundle,
    /// What to read.
    pub(crate) record: &'a BlobRecord,
}

/// Who gave a name so far.
type Givers = BTreeMap<String, usize>;

impl Holdings {
    /// Puts bundles side by side. A name in two of them goes to the one with the
    /// higher serial of the same release, or else to the one named later.
    pub(crate) fn new(bundles: Vec<Bundle>, prefix: Option<RepositoryName>) -> Self {
        for bundle in &bundles {
            bundle.keep_chunks(KEPT / bundles.len());
        }
        let (repositories, blobs) = (BTreeMap::new(), HashMap::new());
        let (systems, remarks) = (Systems::default(), Vec::new());
        let mut holdings = Self { bundles, repositories, blobs, systems, remarks, prefix };
        let mut givers = Givers::new();
        for index in 0..holdings.bundles.len() {
            holdings.add_names(index, &mut givers);
            holdings.add_blobs(index);
            holdings.add_systems(index);
        }
        holdings
    }

    fn add_blobs(&mut self, index: usize) {
        for blob in &self.bundles[index].manifest().blobs {
            self.blobs.entry(blob.digest.clone()).or_insert(index);
        }
    }

    fn add_systems(&mut self, index: usize) {
        for (other, place) in self.systems.add(&self.bundles, index) {
            let remark = remark(&self.bundles[index], &self.bundles[other], &[place]);
            self.remarks.push(remark);
        }
    }

    fn add_names(&mut self, index: usize, givers: &mut Givers) {
        let bundle = self.bundles[index].clone();
        let mut taken = vec![Vec::new(); index];
        for record in &bundle.manifest().names {
            let Some((repository, tag)) = names::split(&record.name) else {
                self.remarks
                    .push(format!("`{}` cannot be a name in a registry: not served", record.name));
                continue;
            };
            let tags = self.repositories.entry(repository).or_default();
            let Some(tag) = tag else { continue };
            let before = givers.get(&record.name).copied();
            if let Some(other) = before.filter(|_| tags.get(&tag) != Some(&record.digest)) {
                taken[other].push(record.name.clone());
            }
            if before.is_none_or(|other| wins(&bundle, &self.bundles[other])) {
                tags.insert(tag, record.digest.clone());
                givers.insert(record.name.clone(), index);
            }
        }
        for (other, names) in taken.into_iter().enumerate().filter(|(_, names)| !names.is_empty()) {
            let remark = remark(&bundle, &self.bundles[other], &names);
            self.remarks.push(remark);
        }
    }

    /// What the operator should know about names that collide.
    pub(crate) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The bundles, in the order they were named.
    pub(crate) fn bundles(&self) -> &[Bundle] {
        &self.bundles
    }

    /// Every repository, sorted.
    pub(crate) fn repositories(&self) -> impl Iterator<Item = &RepositoryName> {
        self.repositories.keys()
    }

    /// The tags of a repository, asked for by its own name or by the short name
    /// Docker gives an official image, with or without the prefix.
    pub(crate) fn tags(&self, name: &RepositoryName) -> Option<&Tags> {
        let find = |name: &RepositoryName| {
            let official = || self.repositories.get(&name.official()?);
            self.repositories.get(name).or_else(official)
        };
        find(name).or_else(|| find(&name.behind(self.prefix.as_ref()?)?))
    }

    /// The one name under which images pushed to this repository are kept: without
    /// the prefix, and as Docker calls official images in full.
    pub(crate) fn kept_as(&self, name: &RepositoryName) -> RepositoryName {
        let bare = self.prefix.as_ref().and_then(|prefix| name.behind(prefix));
        let name = bare.unwrap_or_else(|| name.clone());
        name.official().unwrap_or(name)
    }

    /// What may stand before every name.
    pub(crate) fn prefix(&self) -> Option<&RepositoryName> {
        self.prefix.as_ref()
    }

    /// A blob of any bundle.
    pub(crate) fn blob(&self, digest: &Digest) -> Option<Found<'_>> {
        let bundle = &self.bundles[*self.blobs.get(digest)?];
        Some(Found { bundle, record: bundle.blob(digest)? })
    }

    /// A file of a repository of OS packages, at `SYSTEM/PATH`.
    pub(crate) fn package_file(&self, place: &str) -> Option<Found<'_>> {
        self.systems.file(&self.bundles, place)
    }

    /// The files of these repositories below a folder.
    pub(crate) fn package_files(&self, folder: &str) -> Option<Reply> {
        self.systems.list(&self.bundles, folder)
    }

    /// How many distinct blobs there are.
    pub(crate) fn blob_count(&self) -> usize {
        self.blobs.len()
    }
}

/// Whether names of the newcomer replace those of the one before it.
pub(crate) fn wins(newcomer: &Bundle, before: &Bundle) -> bool {
    let (new, old) = (newcomer.manifest(), before.manifest());
    new.release != old.release || new.serial >= old.serial
}

fn remark(newcomer: &Bundle, before: &Bundle, names: &[String]) -> String {
    const SHOWN: usize = 3;
    let title = |bundle: &Bundle| {
        let manifest = bundle.manifest();
        format!("{} {} (serial {})", manifest.release, manifest.version, manifest.serial)
    };
    let (winner, other) =
        if wins(newcomer, before) { (newcomer, before) } else { (before, newcomer) };
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{}{more} in two bundles: {} is served, not {}",
        shown.join(", "),
        title(winner),
        title(other)
    )
}
