//! One writer per download, across processes that share a cache.

use super::{Cache, CacheError, files};
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

/// How often a held lock is looked at again. Polled instead of waited for, so
/// that an interrupted builder never hangs in a system call.
const POLL: Duration = Duration::from_millis(25);

/// The right to write one download. Given back when dropped.
#[derive(Debug)]
pub struct KeyLock {
    path: PathBuf,
    _file: File,
}

impl KeyLock {
    /// Waits until nobody else writes the download of this key.
    pub async fn acquire(cache: &Cache, key: &str) -> Result<Self, CacheError> {
        let path = path_of(cache, key);
        loop {
            if let Some(file) = try_lock(&path)? {
                return Ok(Self { path, _file: file });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Takes the lock when nobody has it.
    pub(super) fn take(cache: &Cache, key: &str) -> Option<Self> {
        let path = path_of(cache, key);
        let file = try_lock(&path).ok()??;
        Some(Self { path, _file: file })
    }
}

impl Drop for KeyLock {
    /// Unlinks while the lock is still held; whoever opened the file before
    /// notices that its name now belongs to another file (or none).
    fn drop(&mut self) {
        // A lock file that stays behind is harmless, so failing is too: who opens the
        // cache next tidies it away.
        files::remove(&self.path).ok();
    }
}

fn path_of(cache: &Cache, key: &str) -> PathBuf {
    cache.root().join("partial").join(format!("{key}.lock"))
}

fn try_lock(path: &Path) -> Result<Option<File>, CacheError> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(CacheError::io("create", path))?;
    match file.try_lock() {
        Ok(()) => Ok(files::is_still_named(&file, path).then_some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(CacheError::io("lock", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn only_one_holds_the_lock_of_a_key_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let holders = AtomicU32::new(0);
        let work = || async {
            let _lock = KeyLock::acquire(&cache, "k").await.unwrap();
            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
            tokio::task::yield_now().await;
            holders.fetch_sub(1, Ordering::SeqCst);
        };
        tokio::join!(work(), work(), work());
        let left = std::fs::read_dir(folder.path().join("partial")).unwrap().count();
        assert_eq!(left, 0, "lock files are tidied up");
    }
}
