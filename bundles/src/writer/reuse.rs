//! An earlier bundle as a source. What it holds in the very form that the new
//! one wants is copied frame by frame out of chunks whose signed hash was just
//! checked; nothing is decoded, hashed by SHA-256 or compressed again.

use super::{Draft, WriteError, WriteOptions, chunks::KnownChunks};
use crate::{
    bundle::Bundle,
    error::BundleError,
    format::{
        CHUNK_SIZE, encoder_id,
        manifest::{BlobRecord, Encoding},
    },
    parallel,
    plan::BundlePlan,
};
use manifests::event::Transfer;
use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Mutex, atomic::Ordering},
};

/// A bundle to copy from. That its blobs have the digests that name them is its
/// signer's promise, so it must have been opened with keys that are trusted.
#[derive(Debug)]
pub struct Reuse {
    bundle: Bundle,
    /// The level it was compressed at, if by the rules and the zstd of today.
    level: Option<i32>,
}

impl Reuse {
    /// Reads what is needed to know which frames can be copied.
    pub fn new(bundle: Bundle) -> Result<Self, BundleError> {
        let level = i32::from(bundle.lockfile()?.compression_level);
        let (ours, theirs) = (encoder_id(), &bundle.manifest().encoder);
        let is_ours = *theirs == ours || theirs.starts_with(&format!("{ours} "));
        Ok(Self { bundle, level: is_ours.then_some(level) })
    }

    /// The bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Whether it is the bundle of this plan: of the same lockfile, by the same
    /// encoder, with the same documents. Everything else follows from these.
    pub fn is_of(&self, plan: &BundlePlan) -> bool {
        let (theirs, ours) = (self.bundle.manifest(), &plan.manifest);
        (&theirs.lockfile, &theirs.encoder, &theirs.names, &theirs.repositories)
            == (&ours.lockfile, &ours.encoder, &ours.names, &ours.repositories)
    }

    /// The blob as it lies there, when a writer would lay it down like that.
    pub(super) fn record(&self, wanted: &BlobRecord, level: i32) -> Option<&BlobRecord> {
        let record = self.bundle.blob(&wanted.digest)?;
        let alike = (record.size, record.encoding) == (wanted.size, wanted.encoding);
        let packed_alike = record.encoding == Encoding::Stored || self.level == Some(level);
        (alike && packed_alike).then_some(record)
    }
}

/// Part of a chunk of the earlier bundle, and where it goes in the new payload.
#[derive(Debug)]
struct Part {
    within: Range<u64>,
    to: u64,
}

/// What to copy, by the chunk it comes from: each is read and hashed once.
#[derive(Debug, Default)]
pub(super) struct Copies(BTreeMap<u64, Vec<Part>>);

impl Copies {
    /// Copies the frames of a blob to this place.
    pub(super) fn add(&mut self, record: &BlobRecord, mut to: u64) {
        let mut from = record.offset;
        let end = from + frames_len(record);
        while from < end {
            let (chunk, start) = (from / CHUNK_SIZE, from % CHUNK_SIZE);
            let len = (end - from).min(CHUNK_SIZE - start);
            self.add_part(chunk, Part { within: start..start + len, to });
            from += len;
            to += len;
        }
    }

    /// Neighbours that stay neighbours move together.
    fn add_part(&mut self, chunk: u64, part: Part) {
        let parts = self.0.entry(chunk).or_default();
        match parts.last_mut() {
            Some(last)
                if last.within.end == part.within.start
                    && last.to + (last.within.end - last.within.start) == part.to =>
            {
                last.within.end = part.within.end;
            }
            _ => parts.push(part),
        }
    }

    /// Moves everything. A chunk that moves as a whole to the place of a chunk
    /// keeps its hash.
    pub(super) fn run(
        self,
        reuse: &Reuse,
        draft: &Draft,
        options: WriteOptions<'_>,
        progress: &Transfer<'_>,
    ) -> Result<KnownChunks, WriteError> {
        let work: Vec<(u64, Vec<Part>)> = self.0.into_iter().collect();
        let known = Mutex::new(KnownChunks::new());
        parallel::for_each(options.jobs, &work, Vec::new, |buffer, (chunk, parts)| {
            if options.stop.load(Ordering::Relaxed) {
                return Err(WriteError::Stopped);
            }
            reuse.bundle.chunk(*chunk, buffer).map_err(WriteError::Reuse)?;
            for Part { within, to } in parts {
                let bytes = &buffer[index(within.start)..index(within.end)];
                draft.write_at(bytes, *to)?;
                progress.advance(bytes.len() as u64);
            }
            if let [Part { within, to }] = &parts[..]
                && *within == (0..CHUNK_SIZE)
                && to % CHUNK_SIZE == 0
            {
                let hash = reuse.bundle.manifest().chunks[index(*chunk)].clone();
                let mut known = known.lock().expect("no thread panics with the lock");
                known.insert(to / CHUNK_SIZE, hash);
            }
            Ok(())
        })?;
        Ok(known.into_inner().expect("no thread panics with the lock"))
    }
}

/// How long the frames of a blob are.
pub(super) fn frames_len(record: &BlobRecord) -> u64 {
    record.stored_size().expect("checked when the manifest was parsed")
}

fn index(value: u64) -> usize {
    usize::try_from(value).expect("inside a chunk, or an index of a list")
}
