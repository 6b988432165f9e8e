//! Reading a bundle. Opening it checks its signatures and its header; every
//! byte after that is hashed each time it is read, before anything else sees it.

mod assemble;
mod blob_reader;
mod complete;
mod joined;
mod kept;
mod member;
mod open;
mod parity;
mod payload;
mod rebuild;
mod repair;
mod row;
mod sbom;
mod set;
mod survey;
mod wrong;

pub use assemble::Gaps;
pub use blob_reader::BlobReader;
pub use joined::Joined;
pub use repair::{RepairError, RepairOptions};
pub use survey::Survey;

use crate::{
    error::BundleError,
    format::{
        frame,
        manifest::{BlobRecord, BundleManifest, NameRecord},
    },
    hash::BlobHasher,
    signature::{BundleSignature, KeyId},
    trust::Trust,
    volumes::{Cut, VolumeFault},
};
use bytes::Bytes;
use kept::Kept;
use manifests::Digest;
use open::Header;
use parity::ParityFile;
use payload::Payload;
use std::{
    collections::HashMap,
    fs::{self, Metadata},
    io::{self, Write},
    ops::Range,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    slice,
    sync::Arc,
};

/// A bundle whose header is trusted. Cheap to clone; readers run side by side.
#[derive(Debug, Clone)]
pub struct Bundle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    header: Arc<Header>,
    payload: Payload,
    blobs: HashMap<Digest, usize>,
    /// How it is cut, when it lies in volumes, and what is wrong with them.
    cut: Option<Cut>,
    parity: Vec<ParityFile>,
    faults: Vec<VolumeFault>,
    kept: Kept,
}

/// What a bundle is made of.
struct Parts {
    path: PathBuf,
    header: Arc<Header>,
    payload: Payload,
    cut: Option<Cut>,
    parity: Vec<ParityFile>,
    faults: Vec<VolumeFault>,
}

/// Whose signature a bundle needs before its manifest is looked at.
#[derive(Debug, Clone, Copy)]
pub enum Acceptance<'a> {
    /// Signed by keys we trust: the only way to install from a bundle.
    Trusted(&'a Trust),
    /// Signed by anybody or by nobody: to look at a bundle, or to sign it.
    AnySigner,
}

impl Bundle {
    /// Opens a bundle: checks the signatures over the manifest's raw bytes,
    /// then the manifest, then that the header is exactly what follows from it,
    /// then the file's length. The payload is checked as it is read.
    ///
    /// The path may also be one of its volumes, or a folder that holds one
    /// bundle; all of it must be there.
    pub fn open(path: &Path, acceptance: Acceptance<'_>) -> Result<Self, BundleError> {
        Self::open_one(slice::from_ref(&path.to_owned()), acceptance, Gaps::Refuse)
    }

    /// Opens the one bundle that these files and folders hold.
    pub fn open_one(
        paths: &[PathBuf],
        acceptance: Acceptance<'_>,
        gaps: Gaps,
    ) -> Result<Self, BundleError> {
        let mut bundles = Self::open_all(paths, acceptance, gaps)?;
        match &bundles[..] {
            [first, second, ..] => {
                let several = |one: &Self| one.path().to_owned();
                Err(BundleError::Several { first: several(first), second: several(second) })
            }
            _ => Ok(bundles.pop().expect("paths that hold nothing are refused")),
        }
    }

    /// Opens every bundle that these files and folders hold, volumes in any order.
    /// `paths` must not be empty.
    pub fn open_all(
        paths: &[PathBuf],
        acceptance: Acceptance<'_>,
        gaps: Gaps,
    ) -> Result<Vec<Self>, BundleError> {
        assemble::open(paths, acceptance, gaps)
    }

    fn new(parts: Parts) -> Self {
        let Parts { path, header, payload, cut, parity, faults } = parts;
        let blobs = header.manifest.blobs.iter().enumerate();
        let blobs = blobs.map(|(at, blob)| (blob.digest.clone(), at)).collect();
        let kept = Kept::default();
        Self(Arc::new(Inner { path, header, payload, blobs, cut, parity, faults, kept }))
    }

    /// How it is cut, when it lies in volumes.
    pub fn volumes(&self) -> Option<Cut> {
        self.0.cut
    }

    /// What was found wrong with its volumes when they were opened. Those that
    /// are there twice may still give every byte.
    pub fn faults(&self) -> &[VolumeFault] {
        &self.0.faults
    }

    /// Whether all of it is read from one file: neither volumes nor pieces that mend
    /// a file belong to it.
    pub fn is_one_file(&self) -> bool {
        self.0.cut.is_none() && self.0.payload.pieces().len() == 1
    }

    /// Whether this very file is one that the bundle is read from.
    pub(crate) fn is_read_from(&self, path: &Path) -> bool {
        let Ok(there) = fs::metadata(path) else { return false };
        let pieces = self.0.payload.pieces().iter().map(|piece| &piece.file);
        let mut files = pieces.chain(self.0.parity.iter().map(|parity| &parity.file));
        let same = |file: &Metadata| (file.dev(), file.ino()) == (there.dev(), there.ino());
        files.any(|file| file.metadata().is_ok_and(|file| same(&file)))
    }

    /// Refuses volumes and pieces, for whoever needs the bundle as one file.
    pub fn require_whole(&self) -> Result<(), BundleError> {
        match self.is_one_file() {
            true => Ok(()),
            false => Err(BundleError::InVolumes { path: self.path().to_owned() }),
        }
    }

    /// Where the file is; of volumes, where it would be if they were joined.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The signed table of contents.
    pub fn manifest(&self) -> &BundleManifest {
        &self.0.header.manifest
    }

    /// Every signature the header holds, also those of unknown keys.
    pub fn signatures(&self) -> &[BundleSignature] {
        &self.0.header.signatures
    }

    /// The trusted keys that signed; empty when any signer was accepted.
    pub fn signed_by(&self) -> &[KeyId] {
        &self.0.header.signed_by
    }

    /// Length of the file in bytes, or of the volumes when they are joined.
    pub fn file_size(&self) -> u64 {
        payload_start(self.manifest()) + self.manifest().payload_size
    }

    /// The record of a blob.
    pub fn blob(&self, digest: &Digest) -> Option<&BlobRecord> {
        self.0.blobs.get(digest).map(|index| &self.manifest().blobs[*index])
    }

    /// What a name stands for.
    pub fn name(&self, name: &str) -> Option<&NameRecord> {
        let names = &self.manifest().names;
        names.binary_search_by(|record| record.name.as_str().cmp(name)).ok().map(|at| &names[at])
    }

    /// Reads bytes `range` of a blob.
    pub fn read(&self, digest: &Digest, range: Range<u64>) -> Result<BlobReader, BundleError> {
        BlobReader::new(self.clone(), digest, range)
    }

    /// A whole blob in memory: for manifests and configs. At most `limit` bytes.
    pub fn bytes(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, BundleError> {
        let size = self.blob(digest).map_or(0, |blob| blob.size);
        if size > limit {
            return Err(
                self.wrong(format!("{digest} has {size} bytes where at most {limit} make sense"))
            );
        }
        let mut out = Vec::new();
        self.copy(digest, &mut out)?.map_err(|source| self.unreadable(source))?;
        Ok(out)
    }

    /// Copies a whole blob and checks its digest on the way. The inner error is
    /// the writer's.
    pub fn copy(
        &self,
        digest: &Digest,
        out: &mut dyn Write,
    ) -> Result<io::Result<()>, BundleError> {
        let mut reader = self.read(digest, 0..u64::MAX)?;
        let mut hasher = BlobHasher::new(digest.algorithm());
        while let Some(piece) = reader.next_piece()? {
            hasher.update(&piece);
            if let Err(error) = out.write_all(&piece) {
                return Ok(Err(error));
            }
        }
        let (found, sha256) = hasher.finish();
        if found != *digest {
            return Err(self.wrong(format!("blob {digest} has the bytes of {found}")));
        }
        match self.blob(digest).is_some_and(|blob| *blob.sha256() == sha256) {
            true => Ok(Ok(())),
            false => Err(self.wrong(format!("blob {digest} has another SHA-256: {sha256}"))),
        }
    }

    /// Keeps the chunks that were read last in memory, this many of 4 MiB, so that
    /// what several readers want is read and hashed once.
    pub fn keep_chunks(&self, count: usize) {
        self.0.kept.limit(count);
    }

    /// A chunk that is intact: one that is kept, or read and hashed now.
    fn kept_chunk(&self, chunk: u64) -> Result<Bytes, BundleError> {
        if let Some(bytes) = self.0.kept.get(chunk) {
            return Ok(bytes);
        }
        let mut buffer = self.0.kept.buffer();
        self.chunk(chunk, &mut buffer)?;
        Ok(self.0.kept.put(chunk, buffer))
    }

    /// Reads a chunk of the payload into a buffer, and refuses other bytes than
    /// the signed ones.
    pub(crate) fn chunk(&self, chunk: u64, buffer: &mut Vec<u8>) -> Result<(), BundleError> {
        match self.0.payload.read(chunk, buffer) {
            true => Ok(()),
            false => Err(self.no_chunk(chunk)),
        }
    }

    /// What a chunk has to hash to.
    pub(crate) fn chunk_hash(&self, chunk: u64) -> blake3::Hash {
        self.0.payload.hash(chunk)
    }

    /// Bytes of a chunk: 4 MiB, the last one may have fewer.
    pub(crate) fn chunk_len(&self, chunk: u64) -> u64 {
        let range = self.0.payload.range(chunk);
        range.end - range.start
    }

    /// SHA-256 of `bottari.json` in hex, as `SHA256SUMS` has it.
    pub(crate) fn manifest_sha256(&self) -> String {
        crate::sha256(&self.manifest().render()).hex().to_owned()
    }

    /// Release, version and serial, for people.
    pub(crate) fn release(&self) -> String {
        self.0.header.release()
    }

    /// Hash of the manifest's bytes: what tells this bundle from all others.
    pub(crate) fn identity(&self) -> blake3::Hash {
        self.0.header.identity
    }

    pub(crate) fn chunk_count(&self) -> u64 {
        self.0.payload.chunk_count()
    }
}

/// Where the payload begins in the file.
fn payload_start(manifest: &BundleManifest) -> u64 {
    frame::stored_len(manifest.header_size).expect("at most 64 MiB, checked when it was parsed")
}
