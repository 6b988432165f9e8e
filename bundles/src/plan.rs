//! What a bundle will hold and where, worked out from the lockfile alone: order,
//! encodings and, for stored blobs, exact places are known before a byte is
//! fetched.

use crate::{
    format::{
        CHUNK_SIZE, FORMAT, MAX_HEADER, OPENS_WITH, encoder_id, entry, frame, header,
        manifest::{
            BlobRecord, BundleManifest, Encoding, Kind, NameRecord, entry_len, frame_plain_sizes,
        },
        oci,
        repository::RepositoryRecord,
    },
    hash,
    plan_repository::{self, Repository},
};
use manifests::{
    Descriptor, Digest, SbomFormat,
    lockfile::{BlobUse, FileKind, Lockfile},
};
use std::collections::{BTreeMap, BTreeSet};

/// Blobs up to this size are stored: compressing them gains less than a reader
/// pays.
const SMALL: u64 = 4096;

/// A bundle before its bytes are there.
#[derive(Debug, Clone)]
pub struct BundlePlan {
    /// The manifest as far as it is known; what is not is as long as it can be.
    pub(crate) manifest: BundleManifest,
    /// Blobs we make ourselves.
    pub(crate) made: BTreeMap<Digest, Vec<u8>>,
    /// zstd level.
    pub(crate) level: i32,
}

/// A bill of materials that travels with what it describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbomDocument {
    /// Its format.
    pub format: SbomFormat,
    /// The whole document.
    pub text: Vec<u8>,
    /// The version of what looked into the blobs: another one may find more, so
    /// it becomes a word of the encoder id.
    pub scanner: String,
}

/// A lockfile that cannot become a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(String);

impl manifests::Failure for PlanError {
    fn exit_code(&self) -> manifests::ExitCode {
        manifests::ExitCode::Input
    }
}

impl BundlePlan {
    /// Plans the bundle of a lockfile. `text` is the lockfile's file, which
    /// travels inside, as the documents do. Those that the lockfile asks for are
    /// made of the blobs; until these are there, a plan without documents tells
    /// everything else.
    pub fn new(
        lockfile: &Lockfile,
        text: &str,
        documents: &[SbomDocument],
    ) -> Result<Self, PlanError> {
        Self::with_repositories(lockfile, text, documents, &[])
    }

    /// The same of a lockfile with OS packages: like documents, their repositories
    /// are made when the blobs are there.
    pub fn with_repositories(
        lockfile: &Lockfile,
        text: &str,
        documents: &[SbomDocument],
        repositories: &[Repository],
    ) -> Result<Self, PlanError> {
        let mut collected = Collected::new(lockfile)?;
        collected.files(lockfile);
        collected.lockfile(lockfile, text);
        for document in documents {
            collected.document(lockfile, document);
        }
        collected.images(lockfile);
        let records = repositories.iter().map(|one| collected.repository(one)).collect();
        let blobs = place(&collected.blobs)?;
        let payload_size = payload_size(&blobs)?;
        let mut manifest = BundleManifest {
            format: FORMAT.to_owned(),
            opens_with: OPENS_WITH.to_owned(),
            encoder: encoder(documents) + &plan_repository::encoder(repositories),
            release: lockfile.release.clone(),
            version: lockfile.version.clone(),
            serial: lockfile.serial,
            title: lockfile.title.clone(),
            arches: lockfile.arches.clone(),
            lockfile: hash::sha256(text.as_bytes()),
            header_size: MAX_HEADER,
            payload_size,
            omitted: omitted(lockfile, &collected.blobs),
            names: collected.names,
            repositories: records,
            blobs,
            chunks: vec![
                "0".repeat(64);
                usize::try_from(payload_size.div_ceil(CHUNK_SIZE)).unwrap_or(0)
            ],
        };
        manifest.names.sort_by(|a, b| a.name.cmp(&b.name));
        manifest.repositories.sort_by(|a, b| a.system.cmp(&b.system));
        manifest.header_size = header::size_for(&manifest);
        if manifest.header_size > MAX_HEADER {
            return Err(PlanError(format!(
                "the release is too large: its table of contents needs {} bytes, at most {MAX_HEADER} are allowed",
                manifest.header_size
            )));
        }
        // What our reader refuses is never written.
        manifest.check().map_err(PlanError)?;
        let level = i32::from(lockfile.compression_level);
        Ok(Self { manifest, made: collected.made, level })
    }

    /// The blobs that must come from a source: digest, size and media type.
    pub fn wanted(&self) -> impl Iterator<Item = Descriptor> {
        let blobs = self.manifest.blobs.iter();
        blobs.filter(|blob| !self.made.contains_key(&blob.digest)).map(BlobRecord::descriptor)
    }

    /// Every name the bundle will answer to, sorted.
    pub fn names(&self) -> &[NameRecord] {
        &self.manifest.names
    }

    /// Every repository of OS packages that it will hold, sorted.
    pub fn repositories(&self) -> &[RepositoryRecord] {
        &self.manifest.repositories
    }

    /// Everything it will hold, in the order of the file.
    pub fn blobs(&self) -> impl Iterator<Item = &Digest> {
        self.manifest.blobs.iter().map(|blob| &blob.digest)
    }

    /// The file name of the bundle: `NAME-VERSION-ARCH.bottari.tar.zst`.
    pub fn file_name(&self) -> String {
        let arches: Vec<&str> = self.manifest.arches.iter().map(|arch| arch.as_str()).collect();
        let BundleManifest { release, version, .. } = &self.manifest;
        format!("{release}-{version}-{}.bottari.tar.zst", arches.join("+"))
    }

    /// Most bytes the bundle can have: what the disk must have room for.
    pub fn largest_size(&self) -> u64 {
        let header = frame::stored_len(self.manifest.header_size).unwrap_or(u64::MAX);
        header.saturating_add(self.manifest.payload_size)
    }
}

/// Blobs and names while they are gathered.
pub(crate) struct Collected {
    blobs: BTreeMap<Digest, BlobUse>,
    made: BTreeMap<Digest, Vec<u8>>,
    names: Vec<NameRecord>,
}

impl Collected {
    fn new(lockfile: &Lockfile) -> Result<Self, PlanError> {
        let blobs = lockfile.blobs().map_err(PlanError)?;
        Ok(Self { blobs, made: BTreeMap::new(), names: Vec::new() })
    }

    fn files(&mut self, lockfile: &Lockfile) {
        for file in &lockfile.files {
            let user = format!("{}/{}", file.component, file.name);
            let digest = self.artifact(oci::file_artifact(file), user);
            let kind = match file.kind {
                FileKind::File => Kind::File,
                FileKind::Manifest => Kind::Manifest,
                FileKind::Chart => Kind::Chart,
            };
            let component = Some(file.component.clone());
            let name = file.artifact_name();
            self.names.push(NameRecord { name, kind, component, digest, size: file.size });
        }
    }

    fn lockfile(&mut self, lockfile: &Lockfile, text: &str) {
        let user = "lockfile".to_owned();
        let media_type = "application/vnd.bottari.lockfile.v1+yaml";
        let blob = self.make(text.as_bytes().to_vec(), media_type, user.clone());
        let digest = self.artifact(oci::lockfile_artifact(&blob), user);
        self.names.push(ours("lockfile", Kind::Lockfile, lockfile, digest, blob.size));
    }

    fn document(&mut self, lockfile: &Lockfile, document: &SbomDocument) {
        let user = format!("sbom-{}", document.format);
        let media_type = document.format.media_type();
        let blob = self.make(document.text.clone(), media_type, user.clone());
        let digest = self.artifact(oci::sbom_artifact(document.format, &blob), user.clone());
        self.names.push(ours(&user, Kind::Sbom, lockfile, digest, blob.size));
    }

    fn images(&mut self, lockfile: &Lockfile) {
        for image in &lockfile.images {
            let blobs: BTreeSet<Descriptor> = image.blobs().into_iter().collect();
            let size = blobs.iter().map(|blob| blob.size).sum();
            for name in image.names() {
                self.names.push(NameRecord {
                    name: name.to_string(),
                    kind: Kind::Image,
                    component: Some(image.component.clone()),
                    digest: image.digest.clone(),
                    size,
                });
            }
        }
    }

    /// An artifact manifest, with the empty config all of them share.
    fn artifact(&mut self, manifest: Vec<u8>, user: String) -> Digest {
        let config = oci::empty_config();
        self.make(oci::EMPTY.to_vec(), &config.media_type, user.clone());
        self.make(manifest, oci::MANIFEST_TYPE, user).digest
    }

    pub(crate) fn make(&mut self, bytes: Vec<u8>, media_type: &str, user: String) -> Descriptor {
        let (digest, size) = (hash::sha256(&bytes), bytes.len() as u64);
        let descriptor =
            Descriptor { digest: digest.clone(), size, media_type: media_type.to_owned() };
        let entry = self
            .blobs
            .entry(digest.clone())
            .or_insert_with(|| BlobUse { descriptor: descriptor.clone(), users: BTreeSet::new() });
        entry.users.insert(user);
        self.made.insert(digest, bytes);
        descriptor
    }
}

/// The encoder id; what looked into the blobs belongs to it when its documents
/// do.
fn encoder(documents: &[SbomDocument]) -> String {
    let scanner = documents.first().map(|document| format!(" sbom-{}", document.scanner));
    encoder_id() + &scanner.unwrap_or_default()
}

/// A name for what belongs to no component.
fn ours(what: &str, kind: Kind, lockfile: &Lockfile, digest: Digest, size: u64) -> NameRecord {
    let tag = lockfile.version.as_str().replace('+', "-");
    NameRecord { name: format!("bottari/{what}:{tag}"), kind, component: None, digest, size }
}

/// Every blob in the order of the file: stored ones first, because their
/// places are exact, each kind by digest.
fn place(blobs: &BTreeMap<Digest, BlobUse>) -> Result<Vec<BlobRecord>, PlanError> {
    let mut records: Vec<BlobRecord> = blobs.values().map(record).collect::<Result<_, _>>()?;
    records.sort_by(|a, b| (a.encoding, &a.digest).cmp(&(b.encoding, &b.digest)));
    let mut next = 0u64;
    for record in &mut records {
        record.offset = next;
        next =
            record.stored_size().and_then(|size| next.checked_add(size)).ok_or_else(too_large)?;
    }
    Ok(records)
}

fn record(blob: &BlobUse) -> Result<BlobRecord, PlanError> {
    let Descriptor { digest, size, media_type } = &blob.descriptor;
    let len = entry_len(digest, *size).ok_or_else(too_large)?;
    let encoding = encoding(media_type, *size);
    let frames = match encoding {
        Encoding::Stored => vec![frame::stored_len(len).ok_or_else(too_large)?],
        Encoding::Zstd => frame_plain_sizes(len)
            .map(|plain| zstd::zstd_safe::compress_bound(plain as usize) as u64)
            .collect(),
    };
    let other = digest.algorithm() != manifests::Algorithm::Sha256;
    Ok(BlobRecord {
        digest: digest.clone(),
        sha256: other.then(|| Digest::from_sha256(&[0; 32])),
        size: *size,
        media_type: media_type.clone(),
        encoding,
        offset: 0,
        frames,
        users: blob.users.clone(),
    })
}

/// Compressed things stay as they are; so do small ones.
fn encoding(media_type: &str, size: u64) -> Encoding {
    const COMPRESSED: [&str; 6] = ["gzip", "zstd", "debian", "zip", "xz", "bzip2"];
    let compressed = COMPRESSED.iter().any(|word| media_type.contains(word));
    if compressed || size <= SMALL { Encoding::Stored } else { Encoding::Zstd }
}

fn payload_size(blobs: &[BlobRecord]) -> Result<u64, PlanError> {
    let last = blobs.last().map_or(Some(0), |blob| blob.offset.checked_add(blob.stored_size()?));
    let end = frame::stored_len(entry::END);
    let size = last.zip(end).and_then(|(last, end)| last.checked_add(end));
    // Each chunk takes a hash in the header, whose size is limited.
    size.filter(|size| size.div_ceil(CHUNK_SIZE) <= MAX_HEADER / 64).ok_or_else(too_large)
}

fn omitted(lockfile: &Lockfile, blobs: &BTreeMap<Digest, BlobUse>) -> Vec<Digest> {
    let manifests = lockfile.images.iter().flat_map(|image| &image.manifests);
    let omitted = manifests.filter(|manifest| manifest.omitted).map(|manifest| &manifest.digest);
    let distinct: BTreeSet<_> = omitted.filter(|digest| !blobs.contains_key(digest)).collect();
    distinct.into_iter().cloned().collect()
}

fn too_large() -> PlanError {
    PlanError("the release is larger than a bundle can be".into())
}
