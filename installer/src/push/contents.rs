//! What has to be in the registry when all is done, worked out from the bundles
//! alone: repositories with their blobs, manifests and tags. Whatever a registry
//! would refuse is found here, before anything is sent.

use super::{
    document::{Document, MANIFEST_LIMIT, Pointer},
    error::PushError,
    names::{Place, is_repository, place},
    target::Target,
};
use bundles::{BlobRecord, Bundle, NameRecord, is_index, is_manifest};
use manifests::Digest;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Everything, by the repositories' names in the registry, prefix included.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) repositories: BTreeMap<String, Repository>,
    /// Which bundle to read from.
    sources: HashMap<Digest, Bundle>,
    /// What the operator should know.
    pub(super) remarks: Vec<String>,
}

/// What one repository needs.
#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) blobs: BTreeSet<Digest>,
    /// How many levels of manifests are below each: children are sent first.
    pub(super) manifests: BTreeMap<Digest, usize>,
    pub(super) tags: BTreeMap<String, Digest>,
}

/// A name and the bundle that gives it.
type Given<'a> = (&'a NameRecord, &'a Bundle);

/// By place; those without a tag also by what they stand for.
type Names<'a> = BTreeMap<(Place, Option<&'a Digest>), Given<'a>>;

/// Indexes that lack something, by name.
type Sparse = BTreeMap<String, Vec<String>>;

impl Contents {
    /// Works it out. With `sparse`, indexes may name children that are not there.
    pub(super) fn of(bundles: &[Bundle], target: &Target, sparse: bool) -> Result<Self, PushError> {
        let mut contents = Self::default();
        let mut lacking = Sparse::new();
        for ((place, _), (record, bundle)) in contents.names(bundles, target)? {
            let name = target.repository(&place.repository);
            let mut repository = contents.repositories.remove(&name).unwrap_or_default();
            let mut walk = Walk { bundle, name: &record.name, lacking: &mut lacking };
            walk.manifest(&record.digest, &mut repository)?;
            if let Some(tag) = place.tag {
                repository.tags.insert(tag, record.digest.clone());
            }
            for digest in repository.blobs.iter().chain(repository.manifests.keys()) {
                if bundle.blob(digest).is_some() {
                    contents.sources.entry(digest.clone()).or_insert_with(|| bundle.clone());
                }
            }
            contents.repositories.insert(name, repository);
        }
        if sparse || lacking.is_empty() { Ok(contents) } else { Err(refused(&lacking)) }
    }

    /// Names with what they stand for. A name in two bundles is that of the higher
    /// serial of the same release, or else of the bundle named later, as in `serve`.
    fn names<'a>(
        &mut self,
        bundles: &'a [Bundle],
        target: &Target,
    ) -> Result<Names<'a>, PushError> {
        let mut names = Names::new();
        for bundle in bundles {
            for record in &bundle.manifest().names {
                let no_name =
                    || PushError::Name { name: record.name.clone(), target: target.to_string() };
                let place = place(&record.name).ok_or_else(no_name)?;
                if !is_repository(&target.repository(&place.repository)) {
                    return Err(no_name());
                }
                // Names by digest alone do not get in each other's way.
                let digest = place.tag.is_none().then_some(&record.digest);
                let key = (place, digest);
                let taken = names.get(&key).copied();
                if let Some((before, other)) = taken.filter(|(old, _)| old.digest != record.digest)
                {
                    let newer = wins(bundle, other);
                    let (kept, left) = if newer { (bundle, other) } else { (other, bundle) };
                    self.remarks.push(remark(&before.name, kept, left));
                    if !newer {
                        continue;
                    }
                }
                names.insert(key, (record, bundle));
            }
        }
        Ok(names)
    }

    /// Where to read a blob.
    pub(super) fn source(&self, digest: &Digest) -> Option<(&Bundle, &BlobRecord)> {
        let bundle = self.sources.get(digest)?;
        Some((bundle, bundle.blob(digest)?))
    }
}

/// Whether a registry that tells this digest has these bytes. What is known by SHA-512
/// may be told as SHA-256: what came without a digest, as under a tag, has no other.
pub(super) fn is_of(blob: &BlobRecord, found: &Digest) -> bool {
    *found == blob.digest || Some(found) == blob.sha256.as_ref()
}

fn wins(newcomer: &Bundle, before: &Bundle) -> bool {
    let (new, old) = (newcomer.manifest(), before.manifest());
    new.release != old.release || new.serial >= old.serial
}

fn remark(name: &str, kept: &Bundle, left: &Bundle) -> String {
    let title = |bundle: &Bundle| {
        let manifest = bundle.manifest();
        format!("{} {} (serial {})", manifest.release, manifest.version, manifest.serial)
    };
    format!(
        "`{name}` in two bundles: that of {} is pushed, not that of {}",
        title(kept),
        title(left)
    )
}

/// Goes down from one name.
struct Walk<'a> {
    bundle: &'a Bundle,
    name: &'a str,
    lacking: &'a mut Sparse,
}

impl Walk<'_> {
    /// Takes a manifest and all below it; gives how many levels those are.
    fn manifest(&mut self, digest: &Digest, into: &mut Repository) -> Result<usize, PushError> {
        if let Some(levels) = into.manifests.get(digest) {
            return Ok(*levels);
        }
        let bytes = self.bundle.bytes(digest, MANIFEST_LIMIT)?;
        let document: Document = serde_json::from_slice(&bytes).map_err(|source| {
            PushError::Manifest { name: self.name.to_owned(), digest: digest.clone(), source }
        })?;
        let mut levels = 0;
        for child in &document.manifests {
            levels = levels.max(self.child(child, into)? + 1);
        }
        for pointer in document.config.iter().chain(&document.layers) {
            self.blob(pointer, into)?;
        }
        into.manifests.insert(digest.clone(), levels);
        Ok(levels)
    }

    fn child(&mut self, child: &Pointer, into: &mut Repository) -> Result<usize, PushError> {
        let Some(record) = self.bundle.blob(&child.digest) else {
            self.lacking.entry(self.name.to_owned()).or_default().push(child.platform());
            return Ok(0);
        };
        if is_index(&record.media_type) || is_manifest(&record.media_type) {
            return self.manifest(&child.digest, into);
        }
        into.blobs.insert(child.digest.clone());
        Ok(0)
    }

    fn blob(&self, pointer: &Pointer, into: &mut Repository) -> Result<(), PushError> {
        if self.bundle.blob(&pointer.digest).is_some() {
            into.blobs.insert(pointer.digest.clone());
            return Ok(());
        }
        // Registries do not ask for a layer that is to be fetched elsewhere.
        match pointer.is_foreign() {
            true => Ok(()),
            false => Err(PushError::Incomplete {
                name: self.name.to_owned(),
                digest: pointer.digest.clone(),
            }),
        }
    }
}

fn refused(lacking: &Sparse) -> PushError {
    const SHOWN: usize = 3;
    let example = |(name, platforms): (&String, &Vec<String>)| {
        format!("`{name}` (without {})", platforms.join(", "))
    };
    let mut examples: Vec<_> = lacking.iter().take(SHOWN).map(example).collect();
    if lacking.len() > SHOWN {
        examples.push("and so on".to_owned());
    }
    PushError::Sparse { count: lacking.len(), examples: examples.join(", ") }
}
