//! Reading a bundle. Opening it checks its signatures and its header; every
//! byte after that is hashed each time it is read, before anything else sees it.

mod blob_reader;
mod complete;
mod kept;
mod open;
mod sbom;
mod verified_file;

pub use blob_reader::BlobReader;

use crate::{
    error::{BundleError, Damage},
    format::{
        frame,
        manifest::{BlobRecord, BundleManifest, NameRecord},
    },
    hash::BlobHasher,
    parallel,
    signature::{BundleSignature, KeyId},
    trust::Trust,
};
use bytes::Bytes;
use kept::Kept;
use manifests::{
    Digest,
    event::{Event, Outcome, Reporter, Transfer},
};
use std::{
    collections::HashMap,
    io::{self, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use verified_file::VerifiedFile;

/// A bundle whose header is trusted. Cheap to clone; readers run side by side.
#[derive(Debug, Clone)]
pub struct Bundle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    manifest: BundleManifest,
    signatures: Vec<BundleSignature>,
    signed_by: Vec<KeyId>,
    file: VerifiedFile,
    blobs: HashMap<Digest, usize>,
    kept: Kept,
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
    pub fn open(path: &Path, acceptance: Acceptance<'_>) -> Result<Self, BundleError> {
        open::open(path, acceptance)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The signed table of contents.
    pub fn manifest(&self) -> &BundleManifest {
        &self.0.manifest
    }

    /// Every signature the header holds, also those of unknown keys.
    pub fn signatures(&self) -> &[BundleSignature] {
        &self.0.signatures
    }

    /// The trusted keys that signed; empty when any signer was accepted.
    pub fn signed_by(&self) -> &[KeyId] {
        &self.0.signed_by
    }

    /// Length of the file in bytes.
    pub fn file_size(&self) -> u64 {
        self.0.file.payload_start() + self.manifest().payload_size
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

    /// Checks every byte of the file, on `jobs` threads, in one sequential
    /// read; then that nothing the manifest promises is missing. Reports all
    /// damage, not only the first.
    pub fn verify(&self, jobs: usize, reporter: &dyn Reporter) -> Result<(), BundleError> {
        let title = "verifying".to_owned();
        let bytes = Some(self.manifest().payload_size);
        reporter.report(&Event::PhaseStarted { title: title.clone(), items: 1, bytes });
        let places = self.damage(jobs, reporter)?;
        if !places.is_empty() {
            return Err(BundleError::Damaged { path: self.path().to_owned(), places });
        }
        complete::check(self)?;
        reporter.report(&Event::PhaseFinished { title });
        Ok(())
    }

    fn damage(&self, jobs: usize, reporter: &dyn Reporter) -> Result<Vec<Damage>, BundleError> {
        let file = &self.0.file;
        let name = self.path().file_name().unwrap_or_default().to_string_lossy();
        let transfer = Transfer::start(reporter, &name, Some(self.manifest().payload_size));
        let bad = Mutex::new(Vec::new());
        let chunks: Vec<u64> = (0..file.chunk_count()).collect();
        parallel::for_each(jobs, &chunks, Vec::new, |buffer, chunk| {
            if !file.check_chunk(*chunk, buffer)? {
                bad.lock().expect("no thread panics with the lock").push(*chunk);
            }
            let range = file.chunk_range(*chunk);
            transfer.advance(range.end - range.start);
            Ok(())
        })
        .map_err(|source| self.unreadable(source))?;
        transfer.finish(Outcome::Done);
        let mut bad = bad.into_inner().expect("no thread panics with the lock");
        bad.sort_unstable();
        Ok(bad.into_iter().map(|chunk| self.damage_at(chunk)).collect())
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
        match self.0.file.read_chunk(chunk, buffer) {
            Ok(true) => Ok(()),
            Ok(false) => Err(BundleError::Damaged {
                path: self.path().to_owned(),
                places: vec![self.damage_at(chunk)],
            }),
            Err(source) => Err(self.unreadable(source)),
        }
    }

    /// Names what a damaged chunk holds.
    fn damage_at(&self, chunk: u64) -> Damage {
        let range = self.0.file.chunk_range(chunk);
        let blobs = &self.manifest().blobs;
        let first = blobs.partition_point(|blob| end_of(blob) <= range.start);
        let touched = blobs[first..].iter().take_while(|blob| blob.offset < range.end);
        let mut users: Vec<String> = touched.flat_map(|blob| blob.users.iter().cloned()).collect();
        users.sort();
        users.dedup();
        let start = self.0.file.payload_start();
        Damage { bytes: start + range.start..start + range.end, users }
    }

    fn unreadable(&self, source: io::Error) -> BundleError {
        BundleError::Read { path: self.path().to_owned(), source }
    }

    fn wrong(&self, why: String) -> BundleError {
        BundleError::Manifest { path: self.path().to_owned(), why }
    }
}

fn end_of(blob: &BlobRecord) -> u64 {
    blob.offset + blob.stored_size().unwrap_or(0)
}

/// Where the payload begins in the file.
fn payload_start(manifest: &BundleManifest) -> u64 {
    frame::stored_len(manifest.header_size).expect("at most 64 MiB, checked when it was parsed")
}
