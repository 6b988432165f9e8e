//! The file of a bundle under way. Several threads write into it; what they
//! wrote is brought to the disk while they go on, so that the end is not spent
//! waiting for it.

use crate::partial;
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, SyncSender},
    },
    thread::{self, JoinHandle},
};

/// How much is written between two requests to bring it to the disk.
const STRIDE: u64 = 128 * 1024 * 1024;

/// Bytes that are handed to the system at once. Larger writes hold up those of
/// other threads, and what is on its way to the disk.
const PIECE: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Output {
    file: Arc<File>,
    written: AtomicU64,
    flusher: Mutex<Option<Flusher>>,
}

/// A thread that waits for the disk in the place of the others.
#[derive(Debug)]
struct Flusher {
    wake: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Output {
    /// Opens the file for this process alone, and empties it.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = Arc::new(partial::create(path)?);
        let flusher = Mutex::new(Some(Flusher::start(Arc::clone(&file))));
        Ok(Self { file, written: AtomicU64::new(0), flusher })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Writes all of the bytes at this place of the file.
    pub(super) fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut place = at;
        for piece in bytes.chunks(PIECE) {
            self.file.write_all_at(piece, place)?;
            place += piece.len() as u64;
        }
        let len = bytes.len() as u64;
        let before = self.written.fetch_add(len, Ordering::Relaxed);
        if before / STRIDE != (before + len) / STRIDE {
            self.wake();
        }
        Ok(())
    }

    fn wake(&self) {
        if let Some(flusher) = &*self.flusher.lock().expect("no thread panics with the lock") {
            // A request that waits already covers this one.
            let _ = flusher.wake.try_send(());
        }
    }

    /// Cuts off what lies behind the last byte: a blob whose first bytes were wrong
    /// may have reached farther than the right ones.
    pub(super) fn end_at(&self, size: u64) -> io::Result<()> {
        self.file.set_len(size)
    }

    /// Returns when everything is on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        let flusher = self.flusher.lock().expect("no thread panics with the lock").take();
        flusher.map_or(Ok(()), Flusher::stop)?;
        self.file.sync_all()
    }
}

impl Flusher {
    fn start(file: Arc<File>) -> Self {
        let (wake, woken) = mpsc::sync_channel(1);
        let thread = thread::spawn(move || {
            // Ends when the other side is dropped.
            while woken.recv().is_ok() {
                file.sync_data()?;
            }
            Ok(())
        });
        Self { wake, thread }
    }

    /// An error of the disk is told to one caller only, which may have been us.
    fn stop(self) -> io::Result<()> {
        drop(self.wake);
        self.thread.join().expect("waiting for a disk does not panic")
    }
}
