//! Blobs that arrive: while somebody receives and hashes them, they are laid
//! straight into the place that they will have in the bundle.

use super::{
    BlobSource, Draft, WriteError, WriteOptions,
    place::{Place, SharedLaid},
    write_to,
};
use crate::{
    format::manifest::{BlobRecord, Encoding},
    plan::BundlePlan,
};
use manifests::Digest;
use std::{collections::HashMap, io, path::Path};

/// A bundle whose blobs are on their way. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Landing<'a> {
    plan: &'a BundlePlan,
    draft: Draft,
    laid: SharedLaid,
    records: HashMap<&'a Digest, &'a BlobRecord>,
    /// Those that are compressed, in the order of the file.
    packed: Vec<&'a BlobRecord>,
}

impl<'a> Landing<'a> {
    /// Begins `path`, with `.partial` behind it.
    pub fn begin(plan: &'a BundlePlan, path: &Path) -> Result<Self, WriteError> {
        let draft = Draft::create(path, plan)?;
        let blobs = &plan.manifest.blobs;
        let arrives = |record: &&BlobRecord| !plan.made.contains_key(&record.digest);
        let records = blobs.iter().filter(arrives).map(|record| (&record.digest, record)).collect();
        let packed = blobs.iter().filter(|record| record.encoding == Encoding::Zstd).collect();
        Ok(Self { plan, draft, laid: SharedLaid::default(), records, packed })
    }

    /// The blobs that can land only one after the other, in this order: they are
    /// compressed, and the length of one decides the place of the next.
    pub fn in_order(&self) -> impl Iterator<Item = &'a Digest> {
        let digests = self.packed.iter().map(|record| &record.digest);
        digests.filter(|digest| self.records.contains_key(digest))
    }

    /// Where a blob goes; `None` when its place is not known yet, or when the
    /// bundle does not hold it.
    pub fn place(&self, digest: &Digest) -> Option<Place> {
        let record = *self.records.get(digest)?;
        let offset = match record.encoding {
            Encoding::Stored => record.offset,
            Encoding::Zstd => self.offset_if_next(digest)?,
        };
        Some(Place::new(&self.draft, record, offset, self.plan.level, &self.laid))
    }

    /// Where the next compressed blob goes, when it is this one.
    fn offset_if_next(&self, digest: &Digest) -> Option<u64> {
        loop {
            let (next, offset) = self.next()?;
            match self.plan.made.get(&next.digest) {
                Some(bytes) => self.lay_made(next, offset, bytes).ok()?,
                None => return (next.digest == *digest).then_some(offset),
            }
        }
    }

    /// The first compressed blob that has not landed, and its place.
    fn next(&self) -> Option<(&'a BlobRecord, u64)> {
        let laid = self.laid.lock().expect("no thread panics with the lock");
        let next = self.packed.get(laid.frames.len())?;
        let before: u64 = laid.frames.iter().flatten().sum();
        Some((next, self.packed[0].offset + before))
    }

    /// Puts a blob that we made ourselves into its place.
    fn lay_made(&self, record: &BlobRecord, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut place = Place::new(&self.draft, record, offset, self.plan.level, &self.laid);
        place.append(bytes)?;
        place.done(record.sha256())
    }

    /// Brings everything that has not landed from the source, and completes the
    /// payload.
    pub fn finish(
        self,
        source: &dyn BlobSource,
        options: WriteOptions<'_>,
    ) -> Result<Draft, WriteError> {
        write_to(self.draft, self.plan, &self.laid, source, options)
    }
}
