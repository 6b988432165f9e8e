//! Writes a bundle: every blob straight to its place, hashed as it moves; then
//! the chunk hashes; then, once nothing can change any more, the header.

mod draft;
mod entry_reader;

pub use draft::{Draft, sign};

use crate::{
    format::{
        CHUNK_SIZE, FRAME_PLAIN, entry, frame,
        manifest::{BlobRecord, Encoding},
    },
    parallel,
    plan::BundlePlan,
};
use entry_reader::EntryReader;
use manifests::{
    Digest, ExitCode, Failure,
    event::{Event, Outcome, Reporter, Transfer},
};
use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Mutex,
};

/// Plain bytes that a stored blob moves by: eight raw blocks.
const STEP: u64 = 8 * frame::BLOCK;

/// Most threads that compress: each holds a frame before and after.
const MAX_COMPRESSORS: usize = 6;

/// Where the bytes of blobs come from.
pub trait BlobSource: Sync {
    /// Opens a blob. What it gives is hashed and compared; it need not be right.
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// Why a bundle could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A blob cannot be read.
    #[error("cannot read blob {digest} of `{user}`")]
    Source {
        /// The blob.
        digest: Digest,
        /// The first thing that needs it.
        user: String,
        /// Why.
        source: io::Error,
    },
    /// A blob is not what the lockfile says.
    #[error(
        "`{user}` differs from the lockfile: expected {expected} ({expected_size} bytes), found {found} ({found_size} bytes)"
    )]
    Differs {
        /// The first thing that needs it.
        user: String,
        /// Digest by the lockfile.
        expected: Digest,
        /// Size by the lockfile.
        expected_size: u64,
        /// Digest of what was read; of the first bytes, when it is too long.
        found: Digest,
        /// Bytes read.
        found_size: u64,
    },
    /// The bundle cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for WriteError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Source { .. } | Self::Differs { .. } => ExitCode::Source,
            Self::Write { .. } => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Source { .. } => "run the same build without `--offline`: what the cache lacks is fetched".into(),
            Self::Differs { .. } => "the cache is damaged: the file was moved aside; run the same build again to fetch it".into(),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space or write elsewhere with `-o`; what was fetched is kept, run the same build again".into()
            }
            Self::Write { .. } => return None,
        })
    }
}

/// Writes everything but the header into `path` with `.partial` behind it.
pub fn write(
    plan: &BundlePlan,
    source: &dyn BlobSource,
    path: &Path,
    jobs: usize,
    reporter: &dyn Reporter,
) -> Result<Draft, WriteError> {
    let mut draft = Draft::create(path, plan)?;
    let phase = Phase { plan, source, draft: &draft, reporter };
    let (sums, compressed) = phase.blobs(jobs)?;
    draft.settle(plan, &sums, compressed);
    draft.hash_chunks(jobs, reporter)?;
    Ok(draft)
}

/// What the threads that move blobs share.
struct Phase<'a> {
    plan: &'a BundlePlan,
    source: &'a dyn BlobSource,
    draft: &'a Draft,
    reporter: &'a dyn Reporter,
}

/// SHA-256 of blobs that another algorithm names.
type Sums = Vec<(Digest, Digest)>;
/// Frame sizes of each compressed blob, in order.
type FrameSizes = Vec<Vec<u64>>;

impl Phase<'_> {
    fn blobs(&self, jobs: usize) -> Result<(Sums, FrameSizes), WriteError> {
        let records = &self.plan.manifest.blobs;
        let bytes = records.iter().map(|record| record.size).sum();
        let title = "packing".to_owned();
        self.reporter.report(&Event::PhaseStarted {
            title: title.clone(),
            items: records.len() as u64,
            bytes: Some(bytes),
        });
        let border = records.partition_point(|record| record.encoding == Encoding::Stored);
        let sums = Mutex::new(Vec::new());
        parallel::for_each(jobs, &records[..border], Vec::new, |buffer, record| {
            let sum = self.store(buffer, record)?;
            sums.lock().expect("no thread panics with the lock").extend(sum);
            Ok(())
        })?;
        let mut sums = sums.into_inner().expect("no thread panics with the lock");
        let sizes = self.compress_all(&records[border..], jobs, &mut sums)?;
        self.reporter.report(&Event::PhaseFinished { title });
        Ok((sums, sizes))
    }

    /// Copies one blob into its place; the place is exact, so any order will do.
    fn store(
        &self,
        buffer: &mut Vec<u8>,
        record: &BlobRecord,
    ) -> Result<Option<(Digest, Digest)>, WriteError> {
        let transfer = self.transfer(record);
        let mut entry = self.open(record)?;
        let plain = record.entry_len().expect("planned with this length");
        let (mut at, mut out) = (0, Vec::new());
        while at < plain {
            let moved = read(&mut entry, record, buffer, STEP)?;
            if moved == 0 {
                break;
            }
            out.clear();
            frame::store_part(&mut out, buffer, at, plain);
            let place = if at == 0 { 0 } else { frame::stored_offset(at) - 3 };
            self.draft.write_at(&out, record.offset + place)?;
            at += moved;
            transfer.advance(moved);
        }
        let sum = entry.finish(record)?;
        transfer.finish(Outcome::Done);
        Ok(sum)
    }

    /// Compressed blobs one after the other, because the length of one decides
    /// the place of the next; their frames in parallel.
    fn compress_all(
        &self,
        records: &[BlobRecord],
        jobs: usize,
        sums: &mut Sums,
    ) -> Result<FrameSizes, WriteError> {
        let mut place = records.first().map_or(0, |record| record.offset);
        let mut all = Vec::new();
        for record in records {
            let transfer = self.transfer(record);
            let mut entry = self.open(record)?;
            let mut sizes = Vec::new();
            let read = || {
                let mut plain = Vec::new();
                let moved = read(&mut entry, record, &mut plain, FRAME_PLAIN)?;
                transfer.advance(moved);
                Ok((moved > 0).then_some(plain))
            };
            let write = |frame: Vec<u8>| {
                self.draft.write_at(&frame, place)?;
                place += frame.len() as u64;
                sizes.push(frame.len() as u64);
                Ok(())
            };
            parallel::ordered(
                jobs.min(MAX_COMPRESSORS),
                read,
                |plain| self.compress(&plain),
                write,
            )?;
            sums.extend(entry.finish(record)?);
            transfer.finish(Outcome::Done);
            all.push(sizes);
        }
        Ok(all)
    }

    /// One frame, from nothing but the bytes and the level.
    fn compress(&self, plain: &[u8]) -> Result<Vec<u8>, WriteError> {
        zstd::bulk::compress(plain, self.plan.level).map_err(|source| self.draft.error(source))
    }

    fn open(&self, record: &BlobRecord) -> Result<EntryReader<'_>, WriteError> {
        let content: Box<dyn Read + Send> = match self.plan.made.get(&record.digest) {
            Some(bytes) => Box::new(bytes.as_slice()),
            None => {
                self.source.open(&record.digest).map_err(|source| unreadable(record, source))?
            }
        };
        Ok(EntryReader::new(record, content))
    }

    fn transfer(&self, record: &BlobRecord) -> Transfer<'_> {
        Transfer::start(self.reporter, user(record), record.entry_len())
    }
}

/// Reads the next `limit` bytes of an entry, or what is left of it.
fn read(
    entry: &mut EntryReader<'_>,
    record: &BlobRecord,
    buffer: &mut Vec<u8>,
    limit: u64,
) -> Result<u64, WriteError> {
    buffer.clear();
    let moved = entry.take(limit).read_to_end(buffer);
    moved.map(|moved| moved as u64).map_err(|source| unreadable(record, source))
}

/// The first thing that needs a blob: what a person knows it by.
fn user(record: &BlobRecord) -> &str {
    record.users.first().map_or("", String::as_str)
}

fn unreadable(record: &BlobRecord, source: io::Error) -> WriteError {
    WriteError::Source { digest: record.digest.clone(), user: user(record).to_owned(), source }
}

/// BLAKE3 of every chunk of the payload, in hex. It reads what was just
/// written once more, because blobs arrive in any order and chunks span them;
/// the bytes are still in memory and BLAKE3 is four times as fast as SHA-256.
fn chunk_hashes(file: &File, start: u64, payload: u64, jobs: usize) -> io::Result<Vec<String>> {
    let count = usize::try_from(payload.div_ceil(CHUNK_SIZE)).map_err(io::Error::other)?;
    let hashes = Mutex::new(vec![String::new(); count]);
    let indexes: Vec<u64> = (0..count as u64).collect();
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
