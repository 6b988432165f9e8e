//! Writes the contents of a bundle into a folder, as stock `tar` would: an OCI
//! image layout with the bundle's manifest and sums beside it.
//!
//! A blob gets its name only when all of it is on the disk and has its digest,
//! so a folder left by a power cut or a full disk is continued, not redone. What
//! the folder is goes in first (`bottari.json`) and the layout's index last: a
//! layout that can be opened is a whole one.

use bundles::{BlobHasher, BlobRecord, Bundle, BundleError};
use manifests::{
    ExitCode, Failure,
    event::{Event, Outcome, Reporter, Transfer},
};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

const MANIFEST: &str = "bottari.json";
const INDEX: &str = "index.json";

/// Bytes that move at once when a file is hashed.
const STEP: usize = 1 << 20;

/// Why a bundle cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The bundle's bytes cannot be used.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The folder holds something that is not this bundle.
    #[error("`{folder}` holds something else than this bundle")]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process unpacks into the folder.
    #[error("another process unpacks into `{folder}`")]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk is full.
    #[error("the disk is full: `{path}` needs {missing} bytes more than there is room for")]
    DiskFull {
        /// The file that found no room.
        path: PathBuf,
        /// Bytes of it that were not written.
        missing: u64,
    },
    /// Something cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for UnpackError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Bundle(error) => error.exit_code(),
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Bundle(error) => return error.hint(),
            Self::Occupied { .. } => "choose an empty folder or a new one with `-o`".into(),
            Self::Busy { .. } => "wait until it is done, or choose another folder with `-o`".into(),
            Self::DiskFull { .. } => "free some space and run the same command again: finished blobs are kept; or choose another disk with `-o`".into(),
            Self::Write { .. } => return None,
        })
    }
}

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

/// Unpacks into `folder`, with `jobs` blobs at once.
pub fn unpack(
    bundle: &Bundle,
    folder: &Path,
    jobs: usize,
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
    let done = Job { bundle, folder, reporter, done: Done::default() }.run(jobs)?;
    write_small(folder, &small)?;
    write_small(folder, &index)?;
    reporter.report(&Event::PhaseFinished { title });
    Ok(done)
}

/// Makes the folder ours until the lock is dropped: two runs in one folder would
/// write over each other.
fn lock(folder: &Path) -> Result<File, UnpackError> {
    let opened = fs::create_dir_all(folder).and_then(|()| File::open(folder));
    let lock = opened.map_err(|source| failure(folder, source, 0))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(UnpackError::Busy { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failure(folder, source, 0)),
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

fn write_small(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), UnpackError> {
    for (name, content) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .map_err(|source| UnpackError::Write { path: parent.to_owned(), source })?;
        }
        write_file(&path, content)?;
    }
    Ok(())
}

/// Writes a small file beside its place and renames it.
fn write_file(path: &Path, content: &[u8]) -> Result<(), UnpackError> {
    let mut partial = Partial::create(path)?;
    let written = partial.file.write_all(content);
    let size = content.len() as u64;
    written.and_then(|()| partial.keep()).map_err(|source| failure(path, source, size))
}

#[derive(Debug, Default)]
struct Done {
    written: AtomicU64,
    written_bytes: AtomicU64,
    kept: AtomicU64,
}

struct Job<'a> {
    bundle: &'a Bundle,
    folder: &'a Path,
    reporter: &'a dyn Reporter,
    done: Done,
}

impl Job<'_> {
    /// Writes all blobs; the first error stops every thread.
    fn run(&self, jobs: usize) -> Result<Unpacked, UnpackError> {
        let blobs = &self.bundle.manifest().blobs;
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let first_error = Mutex::new(None);
        let one_thread = || {
            while let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                if let Err(error) = self.blob(blob) {
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
            None => Ok(self.totals()),
        }
    }

    fn totals(&self) -> Unpacked {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Done { written, written_bytes, kept } = &self.done;
        Unpacked {
            written: number(written),
            written_bytes: number(written_bytes),
            kept: number(kept),
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

/// Whether a blob is there with its digest, from an earlier run.
fn is_whole(path: &Path, blob: &BlobRecord) -> bool {
    let size = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).map(|file| file.len());
    if size != Some(blob.size) {
        return false;
    }
    let digest = || -> io::Result<_> {
        let mut file = File::open(path)?;
        let mut hasher = BlobHasher::new(blob.digest.algorithm());
        let mut buffer = vec![0; STEP];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hasher.finish().0),
                len => hasher.update(&buffer[..len]),
            }
        }
    };
    digest().is_ok_and(|found| found == blob.digest)
}

fn failure(path: &Path, source: io::Error, missing: u64) -> UnpackError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            UnpackError::DiskFull { path, missing }
        }
        _ => UnpackError::Write { path, source },
    }
}

/// A file that has no name of its own yet; it is gone again unless it is kept.
struct Partial {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Partial {
    /// Opens `path` with `.partial` behind it. What a killed run left there is
    /// written over.
    fn create(path: &Path) -> Result<Self, UnpackError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".partial");
        let temporary = PathBuf::from(name);
        let file = File::create(&temporary).map_err(|source| failure(path, source, 0))?;
        Ok(Self { file, temporary, path: path.to_owned(), kept: false })
    }

    /// Gives the file its name once its bytes are on the disk.
    fn keep(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        self.kept = true;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            // If even this fails, the next run writes over it.
            let _ = fs::remove_file(&self.temporary);
        }
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
