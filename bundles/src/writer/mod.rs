//! Writes a bundle: every blob straight to its place, hashed as it moves; then
//! the chunk hashes; then, once nothing can change any more, the header.

mod blobs;
mod chunks;
mod content;
mod draft;
mod error;
mod frames;
mod landing;
mod output;
mod place;
mod reuse;

pub use draft::{Draft, sign};
pub use error::WriteError;
pub use landing::Landing;
pub use place::Place;
pub use reuse::Reuse;

use crate::{
    format::{CHUNK_SIZE, entry, frame},
    parallel,
    plan::BundlePlan,
};
use chunks::KnownChunks;
use manifests::{Digest, event::Reporter};
use place::SharedLaid;
use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::Path,
    sync::{Mutex, atomic::AtomicBool},
};

/// Where the bytes of blobs come from.
pub trait BlobSource: Sync {
    /// Opens a blob. What it gives is hashed and compared; it need not be right.
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// How to write.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions<'a> {
    /// How many threads.
    pub jobs: usize,
    /// Set from outside to give up: nothing is left behind.
    pub stop: &'a AtomicBool,
    /// Who is told.
    pub reporter: &'a dyn Reporter,
    /// An earlier bundle to copy from.
    pub reuse: Option<&'a Reuse>,
}

/// Writes everything but the header into `path` with `.partial` behind it.
pub fn write(
    plan: &BundlePlan,
    source: &dyn BlobSource,
    path: &Path,
    options: WriteOptions<'_>,
) -> Result<Draft, WriteError> {
    write_to(Draft::create(path, plan)?, plan, &SharedLaid::default(), source, options)
}

/// Writes what is not laid yet, and completes the payload.
fn write_to(
    mut draft: Draft,
    plan: &BundlePlan,
    laid: &SharedLaid,
    source: &dyn BlobSource,
    options: WriteOptions<'_>,
) -> Result<Draft, WriteError> {
    let job = blobs::Job { plan, laid, draft: &draft, source, options };
    let frames = blobs::write(job)?;
    let laid = std::mem::take(&mut *laid.lock().expect("no thread panics with the lock"));
    draft.settle(plan, &laid.sums, frames);
    draft.hash_chunks(&laid.known, options)?;
    Ok(draft)
}

/// BLAKE3 of every chunk of the payload that is not known yet, in hex. It reads what was just
/// written once more, because blobs arrive in any order and chunks span them;
/// the bytes are still in memory and BLAKE3 is four times as fast as SHA-256.
fn chunk_hashes(
    file: &File,
    start: u64,
    payload: u64,
    known: &KnownChunks,
    jobs: usize,
) -> io::Result<Vec<String>> {
    let count = payload.div_ceil(CHUNK_SIZE);
    let hashes = (0..count).map(|index| known.get(&index).cloned().unwrap_or_default());
    let hashes = Mutex::new(hashes.collect::<Vec<_>>());
    let indexes: Vec<u64> = (0..count).filter(|index| !known.contains_key(index)).collect();
    parallel::for_each(jobs, &indexes, Vec::new, |buffer: &mut Vec<u8>, index| {
        let at = index * CHUNK_SIZE;
        buffer.resize(usize::try_from((payload - at).min(CHUNK_SIZE)).expect("at most 4 MiB"), 0);
        file.read_exact_at(buffer, start + at)?;
        let hash = blake3::hash(buffer).to_hex().to_string();
        let place = usize::try_from(*index).expect("it came from a usize");
        hashes.lock().expect("no thread panics with the lock")[place] = hash;
        Ok::<_, io::Error>(())
    })?;
    Ok(hashes.into_inner().expect("no thread panics with the lock"))
}

/// The end of the tar archive, as the frame that follows the last blob.
fn end_frame() -> Vec<u8> {
    frame::store(&[0; entry::END as usize])
}
