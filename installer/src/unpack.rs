//! Writes the contents of a bundle into a folder, as stock `tar` would: an OCI
//! image layout with the bundle's manifest and sums beside it.
//!
//! A blob gets its name only when all of it is on the disk and has its digest,
//! so a folder left by a power cut or a full disk is continued, not redone. What
//! the folder is goes in first (`bottari.json`) and the layout's index last: a
//! layout that can be opened is a whole one.
//!
//! On request a damaged bundle gives what is intact of it. Then the index names that,
//! and the end is an error all the same.

mod error;
mod files;
mod rest;

pub use error::UnpackError;

use bundles::{BlobRecord, Bundle, BundleError};
use error::failure;
use files::{Partial, is_whole, lock, write_file, write_small};
use manifests::event::{Event, Outcome, Reporter, Transfer};
use rest::{Lost, Rest};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

const MANIFEST: &str = "bottari.json";
const INDEX: &str = "index.json";

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Blobs that were written.
    pub written: u64,
    /// Bytes in them.
    pub written_bytes: u64,
    /// Blobs that were there, whole, from an earlier run.
    pub kept: u64,
}

/// How to unpack.
#[derive(Debug, Clone, Copy)]
pub struct UnpackOptions {
    /// Blobs at once.
    pub jobs: usize,
    /// Whether to write what is intact when something is damaged.
    pub keep_going: bool,
}

/// Unpacks into `folder`.
pub fn unpack(
    bundle: &Bundle,
    folder: &Path,
    options: UnpackOptions,
    reporter: &dyn Reporter,
) -> Result<Unpacked, UnpackError> {
    let (index, small): (Vec<_>, Vec<_>) =
        bundle.header_files().into_iter().partition(|(name, _)| name == INDEX);
    let _lock = lock(folder)?;
    claim(folder, &small)?;
    let blobs = &bundle.manifest().blobs;
    let bytes = Some(blobs.iter().map(|blob| blob.size).sum());
    let (title, items) = ("unpacking".to_owned(), blobs.len() as u64);
    reporter.report(&Event::PhaseStarted { title: title.clone(), items, bytes });
    let (done, damage) = (Done::default(), Mutex::default());
    let job = Job { bundle, folder, reporter, keep_going: options.keep_going, done, damage };
    job.run(options.jobs)?;
    write_small(folder, &small)?;
    let Damage { lost, first } = job.damage.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(first) = first {
        return Err(leave_the_rest((bundle, folder), index, &lost, first));
    }
    write_small(folder, &index)?;
    reporter.report(&Event::PhaseFinished { title });
    Ok(job.done.totals())
}

/// Writes an index of what is whole; gives the error that tells of all else.
fn leave_the_rest(
    (bundle, folder): (&Bundle, &Path),
    index: Vec<(String, Vec<u8>)>,
    lost: &Lost,
    source: BundleError,
) -> UnpackError {
    let rest = Rest::of(bundle, folder, lost).and_then(|rest| {
        let smaller = |(name, index): (String, Vec<u8>)| Ok((name, rest.index(&index)?));
        let index = index.into_iter().map(smaller).collect::<io::Result<Vec<_>>>()?;
        Ok((rest, index))
    });
    let folder = folder.to_owned();
    match rest {
        Err(source) => UnpackError::Write { path: folder, source },
        Ok((rest, index)) => match write_small(&folder, &index) {
            Err(error) => error,
            Ok(()) => {
                UnpackError::Incomplete { folder, broken: rest.broken, source: Box::new(source) }
            }
        },
    }
}

/// Makes sure that the folder is new, empty, or this bundle's from before.
fn claim(folder: &Path, small: &[(String, Vec<u8>)]) -> Result<(), UnpackError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| UnpackError::Write { path, source }
    };
    let marker = folder.join(MANIFEST);
    let ours = small.iter().filter(|(name, _)| name == MANIFEST);
    match fs::read(&marker) {
        Ok(there) if ours.clone().any(|(_, content)| *content == there) => {}
        Ok(_) => return Err(UnpackError::Occupied { folder: folder.to_owned() }),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed(&marker)(error));
        }
        Err(_) if fs::read_dir(folder).map_err(failed(folder))?.next().is_some() => {
            return Err(UnpackError::Occupied { folder: folder.to_owned() });
        }
        Err(_) => {}
    }
    for (name, content) in ours {
        write_file(&folder.join(name), content)?;
    }
    for algorithm in ["sha256", "sha512"] {
        let path = folder.join("blobs").join(algorithm);
        fs::create_dir_all(&path).map_err(failed(&path))?;
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Done {
    written: AtomicU64,
    written_bytes: AtomicU64,
    kept: AtomicU64,
}

impl Done {
    fn totals(&self) -> Unpacked {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Self { written, written_bytes, kept } = self;
        Unpacked {
            written: number(written),
            written_bytes: number(written_bytes),
            kept: number(kept),
        }
    }
}

/// Blobs that cannot be had, and why the first of them cannot.
#[derive(Debug, Default)]
struct Damage {
    lost: Lost,
    first: Option<BundleError>,
}

struct Job<'a> {
    bundle: &'a Bundle,
    folder: &'a Path,
    reporter: &'a dyn Reporter,
    keep_going: bool,
    done: Done,
    damage: Mutex<Damage>,
}

impl Job<'_> {
    /// Writes all blobs; the first error stops every thread, but for damage where the
    /// rest is wanted.
    fn run(&self, jobs: usize) -> Result<(), UnpackError> {
        let blobs = &self.bundle.manifest().blobs;
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let first_error = Mutex::new(None);
        let one_thread = || {
            while let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                if let Err(error) = self.blob(blob).or_else(|error| self.lose(blob, error)) {
                    stop.store(true, Ordering::Relaxed);
                    let mut first = first_error.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert(error);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..jobs.max(1) {
                scope.spawn(one_thread);
            }
        });
        match first_error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Goes on without a blob when only the bundle is to blame and that was asked for.
    fn lose(&self, blob: &BlobRecord, error: UnpackError) -> Result<(), UnpackError> {
        match error {
            UnpackError::Bundle(error) if self.keep_going => {
                let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
                damage.lost.insert(blob.digest.clone());
                damage.first.get_or_insert(error);
                Ok(())
            }
            other => Err(other),
        }
    }

    fn blob(&self, blob: &BlobRecord) -> Result<(), UnpackError> {
        let path = self.folder.join(blob.digest.layout_path());
        let name = blob.users.first().map_or("", String::as_str);
        let transfer = Transfer::start(self.reporter, name, Some(blob.size));
        if is_whole(&path, blob) {
            self.done.kept.fetch_add(1, Ordering::Relaxed);
            transfer.finish(Outcome::Cached);
            return Ok(());
        }
        self.write(&path, blob, &transfer)?;
        self.done.written.fetch_add(1, Ordering::Relaxed);
        self.done.written_bytes.fetch_add(blob.size, Ordering::Relaxed);
        transfer.finish(Outcome::Done);
        Ok(())
    }

    fn write(
        &self,
        path: &Path,
        blob: &BlobRecord,
        transfer: &Transfer<'_>,
    ) -> Result<(), UnpackError> {
        let partial = Partial::create(path)?;
        let mut out = Counted { file: &partial.file, written: 0, transfer };
        // The outer error is the bundle's, the inner one the disk's.
        let copied = self.bundle.copy(&blob.digest, &mut out)?;
        let missing = blob.size - out.written.min(blob.size);
        copied.and_then(|()| partial.keep()).map_err(|source| failure(path, source, missing))
    }
}

/// Tells how far a blob is.
struct Counted<'a> {
    file: &'a File,
    written: u64,
    transfer: &'a Transfer<'a>,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.file.write(bytes)?;
        self.written += len as u64;
        self.transfer.advance(len as u64);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
