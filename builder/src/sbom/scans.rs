//! Looks into every blob once, on all processors, the largest first.

use super::{
    SbomError,
    packed::Packed,
    scan::{self, Scan, VERSION},
};
use crate::cache::Cache;
use bundles::BlobSource;
use manifests::{
    Digest,
    event::{Event, Outcome, Reporter, Transfer},
    lockfile::{FileKind, Lockfile},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// Where blobs come from, and where is kept what was found in them.
#[derive(Clone, Copy)]
pub struct Blobs<'a> {
    /// The bytes.
    pub source: &'a dyn BlobSource,
    /// Scans of earlier runs; without it every blob is looked into.
    pub cache: Option<&'a Cache>,
}

impl std::fmt::Debug for Blobs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs").field("cache", &self.cache).finish_non_exhaustive()
    }
}

/// How to look.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// How many threads.
    pub jobs: usize,
    /// Set from outside to give up; what was found is kept.
    pub stop: &'a AtomicBool,
    /// Who is told.
    pub reporter: &'a dyn Reporter,
}

/// One blob that may hold something.
struct Job {
    digest: Digest,
    size: u64,
    /// The first of those that need it.
    user: String,
}

/// What was found, by blob.
pub(super) type Scans = HashMap<Digest, Scan>;

/// Looks into every layer and file of a lockfile.
pub(super) fn scan_all(
    lockfile: &Lockfile,
    blobs: Blobs<'_>,
    options: Options<'_>,
) -> Result<Scans, SbomError> {
    let jobs = jobs(lockfile);
    let title = "looking into layers".to_owned();
    let (items, bytes) = (jobs.len() as u64, Some(jobs.iter().map(|job| job.size).sum()));
    options.reporter.report(&Event::PhaseStarted { title: title.clone(), items, bytes });
    let scans = in_parallel(&jobs, blobs, options)?;
    options.reporter.report(&Event::PhaseFinished { title });
    Ok(scans)
}

/// The largest first, so that none is left for the end; then by digest.
fn jobs(lockfile: &Lockfile) -> Vec<Job> {
    let mut wanted = BTreeMap::new();
    for image in &lockfile.images {
        let user = format!("{}/{}", image.component, image.name);
        for layer in image.manifests.iter().flat_map(|manifest| &manifest.layers) {
            wanted.entry(&layer.digest).or_insert_with(|| (layer.size, user.clone()));
        }
    }
    // Manifests and charts are texts.
    for file in lockfile.files.iter().filter(|file| file.kind == FileKind::File) {
        let user = format!("{}/{}", file.component, file.name);
        wanted.entry(&file.digest).or_insert((file.size, user));
    }
    let job = |(digest, (size, user)): (&Digest, _)| Job { digest: digest.clone(), size, user };
    let mut jobs: Vec<_> = wanted.into_iter().map(job).collect();
    jobs.sort_by_key(|job| std::cmp::Reverse(job.size));
    jobs
}

fn in_parallel(jobs: &[Job], blobs: Blobs<'_>, options: Options<'_>) -> Result<Scans, SbomError> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let scans = Mutex::new(Scans::new());
    let one_thread = || -> Result<(), SbomError> {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if failed.load(Ordering::Relaxed) {
                break;
            }
            let scan =
                one(job, blobs, options).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            scans.lock().expect("no thread panics with the lock").insert(job.digest.clone(), scan);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let count = options.jobs.clamp(1, jobs.len().max(1));
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(one_thread)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a scan does not panic"))
    })?;
    Ok(scans.into_inner().expect("no thread panics with the lock"))
}

fn one(job: &Job, blobs: Blobs<'_>, options: Options<'_>) -> Result<Scan, SbomError> {
    if options.stop.load(Ordering::Relaxed) {
        return Err(SbomError::Interrupted);
    }
    let transfer = Transfer::start(options.reporter, &job.user, Some(job.size));
    let known = blobs.cache.and_then(|cache| cache.scan(VERSION, &job.digest));
    if let Some(scan) = known.and_then(|note| serde_json::from_slice(&note).ok()) {
        transfer.finish(Outcome::Cached);
        return Ok(scan);
    }
    let scan = look(job, blobs, options.stop, &transfer)?;
    if let Some(cache) = blobs.cache {
        let note = serde_json::to_vec(&scan).expect("a scan is texts and numbers");
        cache.remember_scan(VERSION, &job.digest, &note)?;
    }
    transfer.finish(Outcome::Done);
    Ok(scan)
}

fn look(
    job: &Job,
    blobs: Blobs<'_>,
    stop: &AtomicBool,
    transfer: &Transfer<'_>,
) -> Result<Scan, SbomError> {
    let of = (&job.digest, &*job.user);
    through(of, blobs.source, stop, transfer, |packed| scan::scan(packed, job.size))
}

/// Reads a blob to its end; `look` sees it pass by. Nothing of one with other bytes
/// is used.
pub(crate) fn through<T>(
    (digest, user): (&Digest, &str),
    source: &dyn BlobSource,
    stop: &AtomicBool,
    transfer: &Transfer<'_>,
    look: impl FnOnce(&mut Packed<'_>) -> T,
) -> Result<T, SbomError> {
    let unreadable =
        |source| SbomError::Read { digest: digest.clone(), user: user.to_owned(), source };
    let inner = source.open(digest).map_err(unreadable)?;
    let mut packed = Packed::new(inner, digest.algorithm(), stop, transfer);
    let seen = look(&mut packed);
    let found = packed.finish();
    if stop.load(Ordering::Relaxed) {
        return Err(SbomError::Interrupted);
    }
    let found = found.map_err(unreadable)?;
    match found == *digest {
        true => Ok(seen),
        false => Err(SbomError::Differs { user: user.to_owned(), expected: digest.clone(), found }),
    }
}
