//! The overlay as a whole: its folder, who may use it now, and what it takes.

use super::{
    error::OverlayError,
    fingerprint::Fingerprint,
    place::{BLOBS, Place, REPOSITORIES, TEMPORARY, UPLOADS},
    quota::Quota,
    read::Stored,
    refusal::WriteRefusal,
    root::Root,
    uploads::{AGE, Uploads},
};
use crate::serve::{health::Health, holdings::Holdings};
use manifests::{
    Digest,
    event::{Event, Reporter},
    with_causes,
};
use std::{
    fs::{DirBuilder, File, TryLockError},
    future::pending,
    io,
    os::unix::fs::DirBuilderExt,
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, SystemTime},
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::sleep};

/// Says that a folder is an overlay, and of which format.
const MARK: &str = "overlay.json";
const FORMAT: &[u8] = b"{\"format\":1}\n";
/// Held by the one server that uses the folder.
const SERVING: &str = "serving.lock";
/// Held by whoever changes what refers to what: shared by pushes, alone by the
/// collector of garbage.
const CHANGES: &str = "changes.lock";
/// How long a push waits for the collector.
const WAIT: Duration = Duration::from_secs(30);
/// Pieces of uploads, of a MiB each, that are in memory at once.
const LANDING: usize = 8;
/// Chunks, of a MiB each, that are on their way to clients at once.
const SENDING: usize = 16;
/// Manifests that are pushed at once; each is in memory as a whole.
const MANIFESTS: usize = 4;
/// Threads at once that wait for the disk.
const THREADS: usize = 64;

/// Where a site keeps its own images, and how much of them.
#[derive(Debug, Clone)]
pub struct WritableOptions {
    /// The folder.
    pub folder: PathBuf,
    /// Most bytes that all of it may take.
    pub quota: Option<u64>,
    /// Whether everybody may push, also from other hosts.
    pub anonymous_push: bool,
}

/// Images of a site beside the read-only bundles.
#[derive(Debug)]
pub(crate) struct Overlay {
    pub(super) root: Root,
    pub(super) quota: Quota,
    pub(super) uploads: Uploads,
    pub(super) landing: Arc<Semaphore>,
    pub(super) sending: Arc<Semaphore>,
    pub(super) manifests: Arc<Semaphore>,
    threads: Arc<Semaphore>,
    /// Held while manifests and tags change, so that no tag is left without one.
    pub(super) naming: Mutex<()>,
    /// What bundles hold now. Read while a tag is set, so that no bundle comes
    /// between.
    pub(super) beside: RwLock<Arc<Holdings>>,
    pub(super) health: Arc<Health>,
    reporter: Arc<dyn Reporter>,
    _serving: File,
}

/// Opens the folder of an overlay, and makes it one when it is new.
pub(super) fn open_folder(path: &Path, make: bool) -> Result<Root, OverlayError> {
    let cannot = |source| OverlayError::Folder { path: path.to_owned(), source };
    if make {
        // What is pushed here is read through the server, by whom it lets.
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(cannot)?;
    }
    let root = Root::open(path).map_err(cannot)?;
    let mark = Place::top(MARK);
    match root.document(&mark).map_err(cannot)? {
        Some(found) if found == FORMAT => {}
        Some(found) => {
            let found = String::from_utf8_lossy(&found).trim().to_owned();
            return Err(OverlayError::Format { path: path.to_owned(), found });
        }
        None => {
            let names = root.list(&Place::top(".")).map_err(cannot)?;
            // `tmp` alone is a start that was killed before its first document stood.
            if !make || names.iter().any(|name| name != TEMPORARY) {
                return Err(OverlayError::Foreign(path.to_owned()));
            }
            root.tidy().and_then(|()| root.put(&mark, FORMAT)).map_err(cannot)?;
        }
    }
    Ok(root)
}

/// A file to lock; made where there is none.
pub(super) fn lock_file(root: &Root, name: &'static str) -> io::Result<File> {
    let place = Place::top(name);
    match root.create(&place) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => root.write(&place),
        other => other,
    }
}

/// Keeps everybody from changing what refers to what, until it is dropped.
pub(super) fn stop_changes(root: &Root) -> io::Result<File> {
    let file = lock_file(root, CHANGES)?;
    file.lock()?;
    Ok(file)
}

impl Overlay {
    /// Opens the folder for the one server that may use it, and clears up what an
    /// earlier one left half done.
    pub(crate) fn open(
        options: &WritableOptions,
        beside: Arc<Holdings>,
        health: Arc<Health>,
        reporter: Arc<dyn Reporter>,
    ) -> Result<Self, OverlayError> {
        let path = &options.folder;
        let cannot = |source| OverlayError::Folder { path: path.clone(), source };
        let root = open_folder(path, true)?;
        let serving = lock_file(&root, SERVING).map_err(cannot)?;
        match serving.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OverlayError::Taken(path.clone())),
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
        root.tidy().map_err(cannot)?;
        for folder in [BLOBS, REPOSITORIES, UPLOADS, TEMPORARY] {
            root.make_folder(folder).map_err(cannot)?;
        }
        let uploads = Uploads::find(&root).map_err(cannot)?;
        let quota = Quota::new(options.quota, &root).map_err(cannot)?;
        let overlay = Self {
            root,
            quota,
            uploads,
            landing: Arc::new(Semaphore::new(LANDING)),
            sending: Arc::new(Semaphore::new(SENDING)),
            manifests: Arc::new(Semaphore::new(MANIFESTS)),
            threads: Arc::new(Semaphore::new(THREADS)),
            naming: Mutex::new(()),
            beside: RwLock::new(beside),
            health,
            reporter,
            _serving: serving,
        };
        overlay.sweep(SystemTime::now(), AGE);
        Ok(overlay)
    }

    /// Judges pushes by what these bundles hold from now on.
    pub(crate) fn stand_beside(&self, holdings: Arc<Holdings>) {
        *self.beside.write().unwrap_or_else(PoisonError::into_inner) = holdings;
    }

    /// Does something with the disk, on a thread that may wait for it. It goes on
    /// when its request is cancelled, and so does its claim on the thread.
    pub(super) async fn on_disk<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        let overlay = Arc::clone(self);
        let thread = Arc::clone(&self.threads).acquire_owned().await;
        let thread = thread.expect("the semaphore is never closed");
        let act = move || {
            let _until_done = thread;
            act(&overlay)
        };
        match spawn_blocking(act).await {
            Ok(done) => done,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            // It is not done any more when the program ends.
            Err(_ended) => pending().await,
        }
    }

    /// Does something that changes what refers to what, never while garbage is
    /// collected. A client that hangs up does not end it, so it holds the lock itself.
    pub(super) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl FnOnce(&Self) -> Result<T, WriteRefusal> + Send + 'static,
    ) -> Result<T, WriteRefusal> {
        let lock = self.changing().await?;
        self.on_disk(move |overlay| {
            let done = act(overlay);
            drop(lock);
            done
        })
        .await
    }

    async fn changing(&self) -> Result<File, WriteRefusal> {
        const STEP: Duration = Duration::from_millis(50);
        let file = lock_file(&self.root, CHANGES).map_err(|error| self.broken(&error))?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock_shared() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if waited < WAIT => sleep(STEP).await,
                Err(TryLockError::WouldBlock) => return Err(WriteRefusal::Collecting),
                Err(TryLockError::Error(error)) => return Err(self.broken(&error)),
            }
            waited += STEP;
        }
    }

    /// What a client hears of a disk that says no. The operator hears all of it.
    pub(super) fn broken(&self, error: &io::Error) -> WriteRefusal {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        let text =
            format!("cannot write to `{}`: {}", self.root.path().display(), with_causes(error));
        self.reporter.report(&Event::Warning { text });
        match error.kind() {
            StorageFull | QuotaExceeded => WriteRefusal::DiskFull,
            _ => WriteRefusal::Broken,
        }
    }

    /// Bytes that are here, if they are; damage is told to the operator.
    pub(super) fn stored(&self, digest: &Digest) -> Result<Option<Stored>, WriteRefusal> {
        Stored::open(&self.root, digest).map_err(|error| {
            self.health.report(&error);
            WriteRefusal::Read(super::damaged())
        })
    }

    /// How large a blob is that is here.
    pub(super) fn size(&self, digest: &Digest) -> Result<Option<u64>, WriteRefusal> {
        let look = self.root.look(&Place::blob(digest)).map_err(|error| self.broken(&error))?;
        Ok(look.map(|look| look.size))
    }

    /// Puts a small file there.
    pub(super) fn put(&self, place: &Place, bytes: &[u8]) -> Result<(), WriteRefusal> {
        let before = self.root.look(place).map_err(|error| self.broken(&error))?;
        let (before, now) = (before.map_or(0, |look| look.size), bytes.len() as u64);
        self.quota.grow(&self.root, before, now)?;
        self.root.put(place, bytes).map_err(|error| {
            self.quota.give_back(now.saturating_sub(before));
            self.broken(&error)
        })
    }

    /// Keeps the bytes of a manifest.
    pub(super) fn keep(&self, digest: &Digest, bytes: &[u8]) -> Result<(), WriteRefusal> {
        let mut fingerprint = Fingerprint::new(digest.algorithm());
        fingerprint.update(bytes);
        self.put(&Place::chunks(digest), &fingerprint.finish().1)?;
        self.put(&Place::blob(digest), bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifests::event::Silent;
    use std::sync::mpsc;
    use tokio::runtime::Runtime;

    #[test]
    fn a_change_keeps_the_collector_out_when_its_client_hangs_up() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            WritableOptions { folder: folder.path().into(), quota: None, anonymous_push: false };
        let health = Arc::new(Health::new(&[], Arc::new(Silent)));
        let none = Arc::new(Holdings::new(Vec::new(), None));
        let overlay = Arc::new(Overlay::open(&options, none, health, Arc::new(Silent)).unwrap());
        let ((begin, started), (go, wait)) = (mpsc::channel(), mpsc::channel::<()>());
        let changing = Arc::clone(&overlay);
        let runtime = Runtime::new().unwrap();
        let client = runtime.spawn(async move {
            let act = move |_: &Overlay| {
                begin.send(()).unwrap();
                wait.recv().unwrap();
                Ok(())
            };
            changing.change(act).await
        });
        started.recv().unwrap();
        client.abort();
        assert!(runtime.block_on(client).unwrap_err().is_cancelled());
        assert_eq!(overlay.threads.available_permits(), THREADS - 1, "the thread is at work");
        let collector = lock_file(&overlay.root, CHANGES).unwrap();
        assert!(matches!(collector.try_lock(), Err(TryLockError::WouldBlock)));
        go.send(()).unwrap();
        collector.lock().unwrap();
    }
}
