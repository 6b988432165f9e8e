//! Gives back the room of what nothing needs any more. Works beside a running
//! server: pushes wait until it is done, and what is younger than a grace period
//! stays, because a push that is under way will still refer to it.

use super::{
    document::{Described, MANIFEST_LIMIT},
    error::OverlayError,
    overlay::{open_folder, stop_changes},
    place::{self, BLOBS, CHUNKS, Place, REPOSITORIES, Tag, UPLOADS, UploadId},
    read::Stored,
    repository::{digest_of, names},
    root::{Look, Root},
};
use crate::serve::names::RepositoryName;
use manifests::{Algorithm, Digest};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io,
    path::Path,
    time::{Duration, SystemTime},
};

/// What may go.
#[derive(Debug, Clone, Copy)]
pub struct GarbageOptions {
    /// Only tell what would go.
    pub dry_run: bool,
    /// Manifests too that no tag leads to.
    pub untagged: bool,
    /// What is younger than this stays.
    pub keep: Duration,
    /// Now.
    pub now: SystemTime,
}

/// One thing that went.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Removed {
    /// A manifest that no tag led to.
    Manifest {
        /// Its repository.
        repository: String,
        /// The manifest.
        digest: Digest,
    },
    /// A repository's claim on a blob that none of its manifests needs.
    Link {
        /// The repository.
        repository: String,
        /// The blob.
        digest: Digest,
    },
    /// Bytes.
    Blob {
        /// Their digest.
        digest: Digest,
        /// How many.
        size: u64,
    },
    /// An upload that nobody went on with.
    Upload {
        /// The repository it was for.
        repository: String,
        /// How many bytes had arrived.
        size: u64,
    },
}

/// What went, or would go.
#[derive(Debug, Default)]
pub struct Garbage {
    /// Everything, in the order it goes.
    pub removed: Vec<Removed>,
    /// Bytes that are free then.
    pub freed_bytes: u64,
    /// Blobs that stay.
    pub kept_blobs: u64,
    /// What they take, in bytes.
    pub kept_bytes: u64,
}

/// A repository's manifests, read.
struct Repository {
    name: RepositoryName,
    manifests: BTreeMap<Digest, Manifest>,
}

struct Manifest {
    blobs: Vec<Digest>,
    children: Vec<Digest>,
    subject: Option<Digest>,
    is_young: bool,
    is_tagged: bool,
}

/// Removes what nothing needs any more from the overlay in a folder.
pub fn collect_garbage(folder: &Path, options: GarbageOptions) -> Result<Garbage, OverlayError> {
    let root = open_folder(folder, false)?;
    let cannot = |source| OverlayError::Folder { path: folder.to_owned(), source };
    let lock = stop_changes(&root).map_err(cannot)?;
    let collector = Collector { root: &root, options };
    let garbage = collector.collect(cannot)?;
    drop(lock);
    Ok(garbage)
}

struct Collector<'a> {
    root: &'a Root,
    options: GarbageOptions,
}

impl Collector<'_> {
    /// First everything is read, so that nothing goes when one thing cannot be.
    fn collect(&self, cannot: impl Fn(io::Error) -> OverlayError) -> Result<Garbage, OverlayError> {
        let (mut garbage, mut needed) = (Garbage::default(), HashSet::new());
        for folder in self.root.list(&Place::top(REPOSITORIES)).map_err(&cannot)? {
            let Some(name) = place::decoded(&folder) else { continue };
            let repository = self.read(name).map_err(&cannot)??;
            let (kept, gone) = repository.sort(self.options.untagged);
            let links = self.loose_links(&repository, &kept, &mut needed).map_err(&cannot)?;
            needed.extend(kept.iter().cloned());
            let name = repository.name.to_string();
            let manifest = |digest| Removed::Manifest { repository: name.clone(), digest };
            garbage.removed.extend(gone.into_iter().map(manifest));
            let link = |digest| Removed::Link { repository: name.clone(), digest };
            garbage.removed.extend(links.into_iter().map(link));
        }
        self.add_blobs(&mut garbage, &needed).map_err(&cannot)?;
        self.add_uploads(&mut garbage).map_err(&cannot)?;
        if !self.options.dry_run {
            garbage.removed.iter().try_for_each(|one| self.remove(one)).map_err(&cannot)?;
            self.tidy().map_err(&cannot)?;
        }
        Ok(garbage)
    }

    fn read(&self, name: RepositoryName) -> io::Result<Result<Repository, OverlayError>> {
        let mut tagged = HashSet::new();
        for tag in names::<Tag>(self.root.list(&Place::tags(&name))?) {
            let Some(bytes) = self.root.document(&Place::tag(&name, &tag))? else { continue };
            match digest_of(&bytes) {
                Ok(digest) => tagged.insert(digest),
                Err(source) => {
                    let (repository, tag) = (name.to_string(), tag.to_string());
                    return Ok(Err(OverlayError::UnreadableTag { repository, tag, source }));
                }
            };
        }
        let mut manifests = BTreeMap::new();
        for digest in names::<Digest>(self.root.list(&Place::manifests(&name))?) {
            let place = Place::manifest(&name, &digest);
            let (Some(look), Some(kind)) = (self.root.look(&place)?, self.root.document(&place)?)
            else {
                continue;
            };
            let manifest = match self.manifest(&digest, &String::from_utf8_lossy(&kind)) {
                Ok(manifest) => manifest,
                Err(source) => {
                    let (repository, digest) = (name.to_string(), digest.to_string());
                    return Ok(Err(OverlayError::Unreadable { repository, digest, source }));
                }
            };
            let is_tagged = tagged.contains(&digest);
            manifests
                .insert(digest, Manifest { is_young: self.is_young(look), is_tagged, ..manifest });
        }
        Ok(Ok(Repository { name, manifests }))
    }

    fn manifest(
        &self,
        digest: &Digest,
        kind: &str,
    ) -> Result<Manifest, Box<dyn std::error::Error + Send + Sync>> {
        let stored = Stored::open(self.root, digest)?.ok_or("its bytes are gone")?;
        let bytes = stored.bytes(MANIFEST_LIMIT)?;
        let read = Described::read(&bytes, kind).map_err(|_refusal| "it is no manifest")?;
        Ok(Manifest {
            blobs: read.blobs.into_iter().map(|(digest, _)| digest).collect(),
            children: read.children,
            subject: read.subject,
            is_young: false,
            is_tagged: false,
        })
    }

    /// Claims of a repository that none of its manifests backs. Fills in which
    /// blobs are needed.
    fn loose_links(
        &self,
        repository: &Repository,
        kept: &BTreeSet<Digest>,
        needed: &mut HashSet<Digest>,
    ) -> io::Result<Vec<Digest>> {
        let name = &repository.name;
        let of_kept = kept.iter().flat_map(|digest| &repository.manifests[digest].blobs);
        let backed: HashSet<Digest> = of_kept.cloned().collect();
        let mut loose = Vec::new();
        for digest in names::<Digest>(self.root.list(&Place::links(name))?) {
            let look = self.root.look(&Place::link(name, &digest))?;
            match backed.contains(&digest) || look.is_some_and(|look| self.is_young(look)) {
                true => needed.extend([digest]),
                false => loose.push(digest),
            }
        }
        needed.extend(backed);
        Ok(loose)
    }

    fn add_blobs(&self, garbage: &mut Garbage, needed: &HashSet<Digest>) -> io::Result<()> {
        let all = Place::top(BLOBS);
        for (algorithm, kind) in [("sha256", Algorithm::Sha256), ("sha512", Algorithm::Sha512)] {
            for folder in self.root.list(&all.below(algorithm))? {
                for file in self.root.list(&all.below(algorithm).below(&folder))? {
                    let hex = file.strip_suffix(CHUNKS).unwrap_or(&file);
                    let Ok(digest) = Digest::new(kind, hex) else { continue };
                    // Hashes of chunks go with their blob, or alone where it never came.
                    let is_blob = hex == file;
                    if !is_blob && self.root.look(&Place::blob(&digest))?.is_some() {
                        continue;
                    }
                    let place = all.below(algorithm).below(&folder).below(&file);
                    let Some(look) = self.root.look(&place)? else { continue };
                    if needed.contains(&digest) || self.is_young(look) {
                        garbage.kept_blobs += u64::from(is_blob);
                        garbage.kept_bytes += look.size;
                    } else {
                        garbage.freed_bytes += look.size;
                        garbage.removed.push(Removed::Blob { digest, size: look.size });
                    }
                }
            }
        }
        Ok(())
    }

    fn add_uploads(&self, garbage: &mut Garbage) -> io::Result<()> {
        let all = Place::top(UPLOADS);
        for folder in self.root.list(&all)? {
            let Some(name) = place::decoded(&folder) else { continue };
            for id in names::<UploadId>(self.root.list(&all.below(&folder))?) {
                let Some(look) = self.root.look(&Place::upload(&name, &id))? else { continue };
                if !self.is_young(look) {
                    garbage.freed_bytes += look.size;
                    let (repository, size) = (name.to_string(), look.size);
                    garbage.removed.push(Removed::Upload { repository, size });
                }
            }
        }
        Ok(())
    }

    /// What makes a thing visible goes first, so a kill leaves nothing that is
    /// seen and cannot be read.
    fn remove(&self, one: &Removed) -> io::Result<()> {
        let name = |text: &str| text.parse::<RepositoryName>().map_err(io::Error::other);
        match one {
            Removed::Manifest { repository, digest } => {
                self.root.remove(&Place::manifest(&name(repository)?, digest))?;
            }
            Removed::Link { repository, digest } => {
                self.root.remove(&Place::link(&name(repository)?, digest))?;
            }
            Removed::Blob { digest, .. } => {
                self.root.remove(&Place::blob(digest))?;
                self.root.remove(&Place::chunks(digest))?;
            }
            Removed::Upload { repository, .. } => {
                let name = name(repository)?;
                for id in names::<UploadId>(self.root.list(&Place::uploads(&name))?) {
                    let place = Place::upload(&name, &id);
                    if self.root.look(&place)?.is_some_and(|look| !self.is_young(look)) {
                        self.root.remove(&place)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Folders in which nothing is left, and descriptions of manifests that are gone.
    fn tidy(&self) -> io::Result<()> {
        for folder in self.root.list(&Place::top(REPOSITORIES))? {
            let Some(name) = place::decoded(&folder) else { continue };
            let repository = Place::repository(&name);
            let referrers = repository.below("referrers");
            for subject in names::<Digest>(self.root.list(&referrers)?) {
                for digest in names::<Digest>(self.root.list(&Place::referrers(&name, &subject))?) {
                    if self.root.look(&Place::manifest(&name, &digest))?.is_none() {
                        self.root.remove(&Place::referrer(&name, &subject, &digest))?;
                    }
                }
                self.root.remove_folder(&Place::referrers(&name, &subject))?;
            }
            for part in self.root.list(&repository)? {
                self.root.remove_folder(&repository.below(part))?;
            }
            self.root.remove_folder(&repository)?;
        }
        let uploads = Place::top(UPLOADS);
        for folder in self.root.list(&uploads)? {
            self.root.remove_folder(&uploads.below(folder))?;
        }
        Ok(())
    }

    fn is_young(&self, look: Look) -> bool {
        // A clock that went back makes everything young.
        self.options.now.duration_since(look.changed).map_or(true, |age| age < self.options.keep)
    }
}

impl Repository {
    /// The manifests that stay, and those that go.
    fn sort(&self, untagged: bool) -> (BTreeSet<Digest>, Vec<Digest>) {
        let mut kept = BTreeSet::new();
        let mut next: Vec<&Digest> = self
            .manifests
            .iter()
            .filter(|(_, manifest)| !untagged || manifest.is_tagged || manifest.is_young)
            .map(|(digest, _)| digest)
            .collect();
        let mut referring: BTreeMap<&Digest, Vec<&Digest>> = BTreeMap::new();
        for (digest, manifest) in &self.manifests {
            if let Some(subject) = &manifest.subject {
                referring.entry(subject).or_default().push(digest);
            }
        }
        while let Some(digest) = next.pop() {
            let Some(manifest) = self.manifests.get(digest) else { continue };
            if kept.insert(digest.clone()) {
                next.extend(&manifest.children);
                next.extend(referring.get(digest).into_iter().flatten());
            }
        }
        let gone = self.manifests.keys().filter(|digest| !kept.contains(*digest));
        let gone = gone.cloned().collect();
        (kept, gone)
    }
}
