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
use std::{collections::HashMap, path::Path};

/// A bundle whose blobs are on their way. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Landing<'a> {
    plan: &'a BundlePlan,
    draft: Draft,
    laid: SharedLaid,
    stored: HashMap<&'a Digest, &'a BlobRecord>,
}

impl<'a> Landing<'a> {
    /// Begins `path`, with `.partial` behind it.
    pub fn begin(plan: &'a BundlePlan, path: &Path) -> Result<Self, WriteError> {
        let draft = Draft::create(path, plan)?;
        let arrives = |record: &&BlobRecord| {
            record.encoding == Encoding::Stored && !plan.made.contains_key(&record.digest)
        };
        let stored = plan.manifest.blobs.iter().filter(arrives);
        let stored = stored.map(|record| (&record.digest, record)).collect();
        Ok(Self { plan, draft, laid: SharedLaid::default(), stored })
    }

    /// Where a blob goes as it is; `None` for one that has to be compressed, or
    /// that the bundle does not hold.
    pub fn place(&self, digest: &Digest) -> Option<Place> {
        let record = self.stored.get(digest)?;
        Some(Place::new(&self.draft, record, &self.laid))
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
