//! A bundle file that is still being written, under a `.partial` name; it gets
//! its real name in one rename when it is whole.

use super::{
    WriteError, WriteOptions, blobs::FrameSizes, chunk_hashes, chunks::KnownChunks, end_frame,
    output::Output, place::Sums,
};
use crate::{
    bundle::Bundle,
    format::{
        frame, header,
        manifest::{BundleManifest, Encoding},
    },
    partial,
    plan::BundlePlan,
    signature::{BundleSignature, Signer},
};
use manifests::{Algorithm, event::Event};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A bundle whose blobs are written and whose header is not.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    partial: PathBuf,
    output: Arc<Output>,
    payload_start: u64,
    manifest: BundleManifest,
    signatures: Vec<BundleSignature>,
    finished: bool,
}

impl Draft {
    pub(super) fn create(path: &Path, plan: &BundlePlan) -> Result<Self, WriteError> {
        Self::begin(path, plan.manifest.clone(), Vec::new())
    }

    fn begin(
        path: &Path,
        manifest: BundleManifest,
        signatures: Vec<BundleSignature>,
    ) -> Result<Self, WriteError> {
        let partial = partial::name_of(path);
        let write = |path: &Path| {
            let path = path.to_owned();
            |source| WriteError::Write { path, source }
        };
        replaceable(path).map_err(write(path))?;
        let output = Output::create(&partial).map_err(write(&partial))?;
        let output = Arc::new(output);
        let payload_start = frame::stored_len(manifest.header_size).expect("at most 64 MiB");
        let path = path.to_owned();
        Ok(Self { path, partial, output, payload_start, manifest, signatures, finished: false })
    }

    pub(super) fn error(&self, source: io::Error) -> WriteError {
        WriteError::Write { path: self.partial.clone(), source }
    }

    /// Writes into the payload.
    pub(super) fn write_at(&self, bytes: &[u8], at: u64) -> Result<(), WriteError> {
        self.output.write_all_at(bytes, self.in_file(at)).map_err(|source| self.error(source))
    }

    /// Where a byte of the payload is in the file.
    pub(super) fn in_file(&self, at: u64) -> u64 {
        self.payload_start + at
    }

    /// The file, for somebody who writes into it from another thread.
    pub(super) fn output(&self) -> Arc<Output> {
        Arc::clone(&self.output)
    }

    /// Replaces what the plan had to guess by what has been written.
    pub(super) fn settle(&mut self, plan: &BundlePlan, sums: &Sums, compressed: FrameSizes) {
        let mut compressed = compressed.into_iter();
        let mut next = 0;
        for blob in &mut self.manifest.blobs {
            if blob.digest.algorithm() != Algorithm::Sha256 {
                blob.sha256 = sums.get(&blob.digest).cloned();
            }
            if blob.encoding == Encoding::Zstd {
                blob.frames = compressed.next().expect("one list for each compressed blob");
            }
            blob.offset = next;
            next += blob.stored_size().expect("it was written");
        }
        self.manifest.payload_size = next + end_frame().len() as u64;
        debug_assert!(
            self.manifest.payload_size <= plan.manifest.payload_size,
            "the plan is a bound"
        );
    }

    pub(super) fn hash_chunks(
        &mut self,
        known: &KnownChunks,
        options: WriteOptions<'_>,
    ) -> Result<(), WriteError> {
        let end = end_frame();
        let payload = self.manifest.payload_size;
        self.write_at(&end, payload - end.len() as u64)?;
        let title = "hashing".to_owned();
        options.reporter.report(&Event::PhaseStarted {
            title: title.clone(),
            items: 0,
            bytes: Some(payload),
        });
        let hashes =
            chunk_hashes(self.output.file(), self.payload_start, payload, known, options.jobs);
        self.manifest.chunks = hashes.map_err(|source| self.error(source))?;
        options.reporter.report(&Event::PhaseFinished { title });
        Ok(())
    }

    /// Adds a signature.
    pub fn sign<S: Signer>(&mut self, signer: &S) -> Result<(), S::Error> {
        let signature = BundleSignature::make(signer, &self.manifest)?;
        self.signatures.retain(|old| old.key_id() != signature.key_id());
        self.signatures.push(signature);
        Ok(())
    }

    /// Writes the header, makes sure all of it is on the disk, and gives the
    /// file its name. Returns the bundle's size in bytes.
    pub fn finish(mut self) -> Result<u64, WriteError> {
        let header = header::render(&self.manifest, &self.signatures)
            .ok_or_else(|| self.error(io::Error::other("a header has room for 8 signatures")))?;
        let size = self.in_file(self.manifest.payload_size);
        let write = || {
            self.output.write_all_at(&frame::store(&header), 0)?;
            self.output.end_at(size)?;
            self.output.sync()?;
            fs::rename(&self.partial, &self.path)?;
            partial::sync_folder(&self.path)
        };
        write().map_err(|source| self.error(source))?;
        self.finished = true;
        Ok(size)
    }
}

/// After a failure nothing is left behind but the cache.
impl Drop for Draft {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Whether the rename at the end can work and takes nothing away but a file: it
/// would put a bundle in the place of a device, too.
fn replaceable(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => Err(io::Error::other("it is there and is no file")),
        _ if path.as_os_str().as_encoded_bytes().ends_with(b"/") => {
            Err(io::Error::other("there is no such folder"))
        }
        _ => Ok(()),
    }
}

/// Adds a signature to a bundle that is already written. The file is copied
/// beside itself and renamed, so that a power cut leaves the old one or the
/// new one and never half a header.
pub fn sign<S: Signer>(bundle: &Bundle, signer: &S) -> Result<Result<(), WriteError>, S::Error> {
    let copy = || {
        let draft =
            Draft::begin(bundle.path(), bundle.manifest().clone(), bundle.signatures().to_vec())?;
        let copied = File::open(bundle.path())
            .and_then(|mut old| io::copy(&mut old, &mut draft.output.file()));
        copied.map_err(|source| draft.error(source))?;
        Ok(draft)
    };
    match copy() {
        Err(error) => Ok(Err(error)),
        Ok(mut draft) => {
            draft.sign(signer)?;
            Ok(draft.finish().map(|_| ()))
        }
    }
}
