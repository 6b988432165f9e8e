//! Blobs that arrive: while somebody receives and hashes them, they are laid
//! straight into the place that they will have in the bundle.

use super::{BlobSource, Draft, WriteError, WriteOptions, blobs::Landed, output::Output, write_to};
use crate::{
    format::{
        entry, frame,
        manifest::{BlobRecord, Encoding},
    },
    plan::BundlePlan,
};
use manifests::Digest;
use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
};

/// Frame bytes that are written at once.
const STEP: usize = 8 * frame::BLOCK as usize;

/// A bundle whose blobs are on their way. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Landing<'a> {
    plan: &'a BundlePlan,
    draft: Draft,
    landed: Arc<Mutex<Landed>>,
}

impl<'a> Landing<'a> {
    /// Begins `path`, with `.partial` behind it.
    pub fn begin(plan: &'a BundlePlan, path: &Path) -> Result<Self, WriteError> {
        let draft = Draft::create(path, plan)?;
        Ok(Self { plan, draft, landed: Arc::default() })
    }

    /// Where a blob goes as it is; `None` for one that has to be compressed, or
    /// that the bundle does not hold.
    pub fn place(&self, digest: &Digest) -> Option<Place> {
        let records = &self.plan.manifest.blobs;
        let is_it = |record: &&BlobRecord| record.digest == *digest;
        let record = records.iter().find(is_it)?;
        let lands = record.encoding == Encoding::Stored && !self.plan.made.contains_key(digest);
        lands.then(|| Place::new(&self.draft, record, Arc::clone(&self.landed)))
    }

    /// Brings everything that has not landed from the source, and completes the
    /// payload.
    pub fn finish(
        self,
        source: &dyn BlobSource,
        options: WriteOptions<'_>,
    ) -> Result<Draft, WriteError> {
        let landed = self.landed.lock().expect("no thread panics with the lock").clone();
        write_to(self.draft, self.plan, &landed, source, options)
    }
}

/// The place of one blob. Its bytes go in from the first to the last, as often
/// as they have to begin anew.
#[derive(Debug)]
pub struct Place {
    output: Arc<Output>,
    /// Where the frame begins in the file.
    start: u64,
    digest: Digest,
    prefix: Vec<u8>,
    size: u64,
    /// Plain bytes of the entry that came, and that there are.
    at: u64,
    plain: u64,
    /// Frame bytes that are written, and those that wait.
    written: u64,
    waiting: Vec<u8>,
    landed: Arc<Mutex<Landed>>,
}

impl Place {
    fn new(draft: &Draft, record: &BlobRecord, landed: Arc<Mutex<Landed>>) -> Self {
        Self {
            output: draft.output(),
            start: draft.in_file(record.offset),
            digest: record.digest.clone(),
            prefix: entry::prefix(&record.digest.layout_path(), record.size),
            size: record.size,
            at: 0,
            plain: record.entry_len().expect("planned with this length"),
            written: 0,
            waiting: Vec::new(),
            landed,
        }
    }

    /// Begins anew: what came does not belong to what comes.
    pub fn restart(&mut self) {
        (self.at, self.written) = (0, 0);
        self.waiting.clear();
    }

    /// Takes the next bytes of the blob. More than there should be are refused.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.at == 0 {
            let prefix = std::mem::take(&mut self.prefix);
            self.lay(&prefix)?;
            self.prefix = prefix;
        }
        let room = self.prefix.len() as u64 + self.size - self.at;
        if bytes.len() as u64 > room {
            return Err(io::Error::other("more bytes than the blob has"));
        }
        self.lay(bytes)
    }

    /// The blob has landed, when all of it came. Whoever says so has compared its
    /// digest; `sha256` is what `SHA256SUMS` will list.
    pub fn done(mut self, sha256: &Digest) -> io::Result<()> {
        if self.at == 0 {
            self.append(&[])?;
        }
        if self.at != self.prefix.len() as u64 + self.size {
            return Err(io::Error::other("fewer bytes than the blob has"));
        }
        self.lay(&vec![0; usize::try_from(self.plain - self.at).expect("less than a block")])?;
        self.flush()?;
        let mut landed = self.landed.lock().expect("no thread panics with the lock");
        landed.insert(self.digest.clone(), sha256.clone());
        Ok(())
    }

    /// Lays plain bytes of the entry behind each other, each block behind its
    /// header.
    fn lay(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if self.at == 0 {
            self.waiting.extend_from_slice(&frame::frame_header(self.plain));
        }
        while !bytes.is_empty() {
            if self.at.is_multiple_of(frame::BLOCK) {
                self.waiting.extend_from_slice(&frame::block_header(self.at, self.plain));
            }
            let room = usize::try_from(frame::BLOCK - self.at % frame::BLOCK).expect("128 KiB");
            let (now, rest) = bytes.split_at(room.min(bytes.len()));
            self.waiting.extend_from_slice(now);
            self.at += now.len() as u64;
            bytes = rest;
            if self.waiting.len() >= STEP {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.write_all_at(&self.waiting, self.start + self.written)?;
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}
