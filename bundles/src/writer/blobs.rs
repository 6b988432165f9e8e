//! Moves the blobs of a plan into a draft: stored ones in any order, because
//! their places are exact; compressed ones one after the other.

use super::{
    BlobSource, Draft, WriteError, WriteOptions,
    entry_reader::EntryReader,
    reuse::{self, Copies, KnownChunks},
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
    collections::HashMap,
    io::{self, Read},
    sync::{Mutex, atomic::Ordering},
};

/// Plain bytes that a stored blob moves by: eight raw blocks.
const STEP: u64 = 8 * frame::BLOCK;

/// Most threads that compress: each holds a frame before and after.
const MAX_COMPRESSORS: usize = 6;

/// SHA-256 of blobs, by the digests that name them.
pub(super) type Sums = HashMap<Digest, Digest>;
/// Blobs that are in their places already, with their SHA-256.
pub(super) type Landed = Sums;
/// Frame sizes of each compressed blob, in order.
pub(super) type FrameSizes = Vec<Vec<u64>>;

/// What to write, where, and what is there already.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) plan: &'a BundlePlan,
    pub(super) landed: &'a Landed,
    pub(super) draft: &'a Draft,
    pub(super) source: &'a dyn BlobSource,
    pub(super) options: WriteOptions<'a>,
}

/// What the threads that move blobs share.
struct Phase<'a> {
    job: Job<'a>,
    progress: Transfer<'a>,
}

/// What the plan could not know.
pub(super) struct Written {
    /// Of blobs that another algorithm names; others may be among them.
    pub(super) sums: Sums,
    pub(super) frames: FrameSizes,
    pub(super) known: KnownChunks,
}

/// Writes every blob of the plan that has not landed.
pub(super) fn write(job: Job<'_>) -> Result<Written, WriteError> {
    let reporter = job.options.reporter;
    let title = "packing".to_owned();
    let bytes = Some(job.plan.manifest.blobs.iter().filter_map(|it| job.moves(it)).sum());
    reporter.report(&Event::PhaseStarted { title: title.clone(), items: 1, bytes });
    let progress = Transfer::start(reporter, &job.plan.file_name(), bytes);
    let phase = Phase { job, progress };
    let written = phase.blobs()?;
    phase.progress.finish(Outcome::Done);
    reporter.report(&Event::PhaseFinished { title });
    Ok(written)
}

impl<'a> Job<'a> {
    /// The blob in the earlier bundle, when it can be copied from there.
    fn earlier(&self, record: &BlobRecord) -> Option<&'a BlobRecord> {
        self.options.reuse?.record(record, self.plan.level)
    }

    /// How many bytes move for a blob: those of its frames, or those of its entry.
    fn moves(&self, record: &BlobRecord) -> Option<u64> {
        match self.earlier(record) {
            _ if self.landed.contains_key(&record.digest) => None,
            Some(earlier) => earlier.stored_size(),
            None => record.entry_len(),
        }
    }
}

impl Phase<'_> {
    fn blobs(&self) -> Result<Written, WriteError> {
        let records = &self.job.plan.manifest.blobs;
        let border = records.partition_point(|record| record.encoding == Encoding::Stored);
        let mut copies = Copies::default();
        let mut sums = self.store_all(&records[..border], &mut copies)?;
        let frames = self.compress_all(&records[border..], &mut copies, &mut sums)?;
        let known = match self.job.options.reuse {
            Some(reuse) => copies.run(reuse, self.job.draft, self.job.options, &self.progress)?,
            None => KnownChunks::new(),
        };
        Ok(Written { sums, frames, known })
    }

    /// Stores what has to be stored and leaves the rest to be copied.
    fn store_all(&self, records: &[BlobRecord], copies: &mut Copies) -> Result<Sums, WriteError> {
        let (mut anew, mut sums) = (Vec::new(), self.job.landed.clone());
        for record in records.iter().filter(|record| !self.job.landed.contains_key(&record.digest))
        {
            match self.job.earlier(record) {
                Some(earlier) => {
                    copies.add(earlier, record.offset);
                    sums.extend(reuse::sum(earlier));
                }
                None => anew.push(record),
            }
        }
        let sums = Mutex::new(sums);
        parallel::for_each(self.job.options.jobs, &anew, Vec::new, |buffer, record| {
            let sum = self.store(buffer, record)?;
            sums.lock().expect("no thread panics with the lock").extend(sum);
            Ok(())
        })?;
        Ok(sums.into_inner().expect("no thread panics with the lock"))
    }

    /// Copies one blob into its place; the place is exact, so any order will do.
    fn store(
        &self,
        buffer: &mut Vec<u8>,
        record: &BlobRecord,
    ) -> Result<Option<(Digest, Digest)>, WriteError> {
        let mut entry = self.open(record)?;
        let plain = record.entry_len().expect("planned with this length");
        let (mut at, mut out) = (0, Vec::new());
        while at < plain {
            let moved = self.read(&mut entry, record, buffer, STEP)?;
            if moved == 0 {
                break;
            }
            out.clear();
            frame::store_part(&mut out, buffer, at, plain);
            let place = if at == 0 { 0 } else { frame::stored_offset(at) - 3 };
            self.job.draft.write_at(&out, record.offset + place)?;
            at += moved;
            self.progress.advance(moved);
        }
        entry.finish(record)
    }

    /// Compressed blobs one after the other, because the length of one decides
    /// the place of the next.
    fn compress_all(
        &self,
        records: &[BlobRecord],
        copies: &mut Copies,
        sums: &mut Sums,
    ) -> Result<FrameSizes, WriteError> {
        let mut place = records.first().map_or(0, |record| record.offset);
        let mut all = Vec::new();
        for record in records {
            let frames = match self.job.earlier(record) {
                Some(earlier) => {
                    copies.add(earlier, place);
                    sums.extend(reuse::sum(earlier));
                    earlier.frames.clone()
                }
                None => self.compress_blob(record, place, sums)?,
            };
            place += frames.iter().sum::<u64>();
            all.push(frames);
        }
        Ok(all)
    }

    /// One compressed blob, its frames in parallel. Gives their lengths.
    fn compress_blob(
        &self,
        record: &BlobRecord,
        mut place: u64,
        sums: &mut Sums,
    ) -> Result<Vec<u64>, WriteError> {
        let mut entry = self.open(record)?;
        let mut sizes = Vec::new();
        let read = || {
            let mut plain = Vec::new();
            let moved = self.read(&mut entry, record, &mut plain, FRAME_PLAIN)?;
            self.progress.advance(moved);
            Ok((moved > 0).then_some(plain))
        };
        let write = |frame: Vec<u8>| {
            self.job.draft.write_at(&frame, place)?;
            place += frame.len() as u64;
            sizes.push(frame.len() as u64);
            Ok(())
        };
        parallel::ordered(
            self.job.options.jobs.min(MAX_COMPRESSORS),
            read,
            |plain| self.compress(&plain),
            write,
        )?;
        sums.extend(entry.finish(record)?);
        Ok(sizes)
    }

    /// One frame, from nothing but the bytes and the level.
    fn compress(&self, plain: &[u8]) -> Result<Vec<u8>, WriteError> {
        zstd::bulk::compress(plain, self.job.plan.level)
            .map_err(|source| self.job.draft.error(source))
    }

    fn open(&self, record: &BlobRecord) -> Result<EntryReader<'_>, WriteError> {
        let content: Box<dyn Read + Send> = match self.job.plan.made.get(&record.digest) {
            Some(bytes) => Box::new(bytes.as_slice()),
            None => {
                self.job.source.open(&record.digest).map_err(|source| unreadable(record, source))?
            }
        };
        Ok(EntryReader::new(record, content))
    }

    /// Reads the next `limit` bytes of an entry, or what is left of it.
    fn read(
        &self,
        entry: &mut EntryReader<'_>,
        record: &BlobRecord,
        buffer: &mut Vec<u8>,
        limit: u64,
    ) -> Result<u64, WriteError> {
        if self.job.options.stop.load(Ordering::Relaxed) {
            return Err(WriteError::Stopped);
        }
        buffer.clear();
        let moved = entry.take(limit).read_to_end(buffer);
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
