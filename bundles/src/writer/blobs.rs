//! Moves the blobs of a plan into a draft: stored ones in any order, because
//! their places are exact; compressed ones one after the other.

use super::{
    BlobSource, Draft, WriteError, WriteOptions,
    chunks::ChunkHasher,
    content::{Content, EntryReader},
    frames,
    place::{Place, SharedLaid},
    reuse::{self, Copies},
};
use crate::{
    format::{
        FRAME_PLAIN, frame,
        manifest::{BlobRecord, Encoding},
    },
    parallel,
    plan::BundlePlan,
};
use manifests::{
    Digest,
    event::{Event, Outcome, Transfer},
};
use std::{
    io::{self, Read},
    sync::atomic::Ordering,
};

/// Bytes that a stored blob moves by.
const STEP: u64 = 8 * frame::BLOCK;

/// Most threads that compress: each holds a frame before and after.
const MAX_COMPRESSORS: usize = 6;

/// Frame sizes of each compressed blob, in order.
pub(super) type FrameSizes = Vec<Vec<u64>>;

/// What to write, where, and what lies there already.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) plan: &'a BundlePlan,
    pub(super) laid: &'a SharedLaid,
    pub(super) draft: &'a Draft,
    pub(super) source: &'a dyn BlobSource,
    pub(super) options: WriteOptions<'a>,
}

/// What the threads that move blobs share.
struct Phase<'a> {
    job: Job<'a>,
    progress: Transfer<'a>,
}

/// Writes every blob of the plan that is not laid yet.
pub(super) fn write(job: Job<'_>) -> Result<FrameSizes, WriteError> {
    let reporter = job.options.reporter;
    let title = "packing".to_owned();
    let bytes = Some(job.plan.manifest.blobs.iter().map(|record| job.moves(record)).sum());
    reporter.report(&Event::PhaseStarted { title: title.clone(), items: 1, bytes });
    let progress = Transfer::start(reporter, &job.plan.file_name(), bytes);
    let phase = Phase { job, progress };
    let frames = phase.blobs()?;
    phase.progress.finish(Outcome::Done);
    reporter.report(&Event::PhaseFinished { title });
    Ok(frames)
}

impl<'a> Job<'a> {
    fn is_laid(&self, record: &BlobRecord) -> bool {
        let laid = self.laid.lock().expect("no thread panics with the lock");
        laid.sums.contains_key(&record.digest)
    }

    /// The frames of the compressed blobs that are laid.
    fn frames(&self) -> FrameSizes {
        self.laid.lock().expect("no thread panics with the lock").frames.clone()
    }

    /// Remembers the SHA-256 of a blob.
    fn add_sum(&self, digest: &Digest, sha256: Digest) {
        let mut laid = self.laid.lock().expect("no thread panics with the lock");
        laid.sums.insert(digest.clone(), sha256);
    }

    /// The blob in the earlier bundle, when it can be copied from there.
    fn earlier(&self, record: &BlobRecord) -> Option<&'a BlobRecord> {
        self.options.reuse?.record(record, self.plan.level)
    }

    /// How many bytes move for a blob: those of its frames, of its tar entry where
    /// that is compressed, or its own.
    fn moves(&self, record: &BlobRecord) -> u64 {
        match self.earlier(record) {
            _ if self.is_laid(record) => 0,
            Some(earlier) => reuse::frames_len(earlier),
            None if record.encoding == Encoding::Zstd => {
                record.entry_len().expect("planned with this length")
            }
            None => record.size,
        }
    }
}

impl<'a> Phase<'a> {
    fn blobs(&self) -> Result<FrameSizes, WriteError> {
        let records = &self.job.plan.manifest.blobs;
        let border = records.partition_point(|record| record.encoding == Encoding::Stored);
        let mut copies = Copies::default();
        self.store_all(&records[..border], &mut copies)?;
        let frames = self.compress_all(&records[border..], &mut copies)?;
        if let Some(reuse) = self.job.options.reuse {
            let known = copies.run(reuse, self.job.draft, self.job.options, &self.progress)?;
            self.job.laid.lock().expect("no thread panics with the lock").known.extend(known);
        }
        Ok(frames)
    }

    /// Leaves a blob to be copied out of the earlier bundle, to this place.
    fn copy(&self, earlier: &BlobRecord, to: u64, copies: &mut Copies) {
        copies.add(earlier, to);
        self.job.add_sum(&earlier.digest, earlier.sha256().clone());
    }

    /// Stores what has to be stored and leaves the rest to be copied.
    fn store_all(&self, records: &'a [BlobRecord], copies: &mut Copies) -> Result<(), WriteError> {
        let mut anew = Vec::new();
        for record in records.iter().filter(|record| !self.job.is_laid(record)) {
            match self.job.earlier(record) {
                Some(earlier) => self.copy(earlier, record.offset, copies),
                None => anew.push(record),
            }
        }
        parallel::for_each(self.job.options.jobs, &anew, Vec::new, |buffer, record| {
            self.store(buffer, record)
        })
    }

    /// Brings one blob into its place; the place is exact, so any order will do.
    fn store(&self, buffer: &mut Vec<u8>, record: &'a BlobRecord) -> Result<(), WriteError> {
        let failed = |source| self.job.draft.error(source);
        let mut content = self.open(record)?;
        let (draft, laid) = (self.job.draft, self.job.laid);
        let mut place = Place::new(draft, record, record.offset, self.job.plan.level, laid);
        while self.read(&mut content, record, buffer, STEP)? > 0 {
            place.append(buffer).map_err(failed)?;
            self.progress.advance(buffer.len() as u64);
        }
        place.done(&content.finish()?).map_err(failed)
    }

    /// Compressed blobs one after the other, because the length of one decides
    /// the place of the next.
    fn compress_all(
        &self,
        records: &'a [BlobRecord],
        copies: &mut Copies,
    ) -> Result<FrameSizes, WriteError> {
        let mut all = self.job.frames();
        let first = records.first().map_or(0, |record| record.offset);
        let mut place = first + all.iter().flatten().sum::<u64>();
        for record in &records[all.len()..] {
            let frames = match self.job.earlier(record) {
                Some(earlier) => {
                    self.copy(earlier, place, copies);
                    earlier.frames.clone()
                }
                None => self.compress_blob(record, place)?,
            };
            place += frames.iter().sum::<u64>();
            all.push(frames);
        }
        Ok(all)
    }

    /// One compressed blob, its frames in parallel. Gives their lengths.
    fn compress_blob(&self, record: &'a BlobRecord, place: u64) -> Result<Vec<u64>, WriteError> {
        let mut entry = EntryReader::new(self.open(record)?);
        let (mut sizes, mut chunks) = (Vec::new(), ChunkHasher::new(place));
        let read = || {
            let mut plain = Vec::new();
            let moved = self.read(&mut entry, record, &mut plain, FRAME_PLAIN)?;
            self.progress.advance(moved);
            Ok((moved > 0).then_some(plain))
        };
        let write = |frame: Vec<u8>| {
            self.job.draft.write_at(&frame, chunks.at())?;
            chunks.update(&frame);
            sizes.push(frame.len() as u64);
            Ok(())
        };
        let jobs = self.job.options.jobs.min(MAX_COMPRESSORS);
        parallel::ordered(jobs, read, |plain| self.compress(&plain), write)?;
        self.job.add_sum(&record.digest, entry.finish()?);
        let mut laid = self.job.laid.lock().expect("no thread panics with the lock");
        laid.known.extend(chunks.finish());
        Ok(sizes)
    }

    fn compress(&self, plain: &[u8]) -> Result<Vec<u8>, WriteError> {
        frames::compressed(plain, self.job.plan.level)
            .map_err(|source| self.job.draft.error(source))
    }

    fn open(&self, record: &'a BlobRecord) -> Result<Content<'a>, WriteError> {
        let source: Box<dyn Read + Send> = match self.job.plan.made.get(&record.digest) {
            Some(bytes) => Box::new(bytes.as_slice()),
            None => {
                self.job.source.open(&record.digest).map_err(|source| unreadable(record, source))?
            }
        };
        Ok(Content::new(record, source))
    }

    /// Reads the next `limit` bytes, or what is left. Gives how many.
    fn read(
        &self,
        from: &mut impl Read,
        record: &BlobRecord,
        buffer: &mut Vec<u8>,
        limit: u64,
    ) -> Result<u64, WriteError> {
        if self.job.options.stop.load(Ordering::Relaxed) {
            return Err(WriteError::Stopped);
        }
        buffer.clear();
        let moved = from.take(limit).read_to_end(buffer);
        moved.map(|moved| moved as u64).map_err(|source| unreadable(record, source))
    }
}

/// The first thing that needs a blob: what a person knows it by.
fn unreadable(record: &BlobRecord, source: io::Error) -> WriteError {
    WriteError::Source {
        digest: record.digest.clone(),
        user: record.first_user().to_owned(),
        source,
    }
}
