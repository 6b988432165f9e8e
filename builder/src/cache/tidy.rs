//! What builders leave in the cache when they are killed: files that were being
//! written, locks that nobody holds, notes about downloads that are complete. Bytes
//! of a download that are worth continuing stay.

use super::{Cache, KeyLock, files};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

impl Cache {
    /// Clears up behind builders that are gone, and leaves alone what another one is
    /// at work on. Whatever stays is harmless, so nothing here can fail.
    pub(super) fn tidy(&self) {
        for folder in self.folders() {
            let names = names(&folder).unwrap_or_default();
            for name in names.iter().filter(|name| files::is_under_way(name)) {
                files::remove_abandoned(&folder.join(name));
            }
        }
        self.keys().iter().for_each(|key| self.tidy_key(key));
    }

    /// Every folder that files are written into.
    fn folders(&self) -> Vec<PathBuf> {
        let scans = self.root.join("scans");
        let versions = names(&scans).unwrap_or_default().into_iter().map(|name| scans.join(name));
        let fixed = ["blobs/sha256", "blobs/sha512", "partial", "http", "archives"];
        fixed.into_iter().map(|name| self.root.join(name)).chain(versions).collect()
    }

    /// Keys of downloads that have left a lock or a note.
    fn keys(&self) -> BTreeSet<String> {
        let names = names(&self.root.join("partial")).unwrap_or_default().into_iter();
        let key = |name: String| {
            let key = name.strip_suffix(".lock").or_else(|| name.strip_suffix(".json"));
            key.map(str::to_owned)
        };
        names.filter_map(key).collect()
    }

    /// Dropping the lock takes its file away.
    fn tidy_key(&self, key: &str) {
        let Some(_lock) = KeyLock::take(self, key) else { return };
        let path = self.root.join("partial").join(key);
        if !path.exists() {
            files::remove(&path.with_added_extension("json")).ok();
        }
    }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
    let names = names.collect::<io::Result<Vec<_>>>()?;
    Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifests::Algorithm;

    /// A cache with one blob, and what a killed builder may leave beside it.
    fn left_by_a_kill() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.store(b"whole", Algorithm::Sha256).unwrap();
        fs::create_dir_all(folder.path().join("scans/v1")).unwrap();
        for name in [
            "blobs/sha256/.under-way-a1",
            "http/.under-way-b2",
            "scans/v1/.under-way-c3",
            "partial/done.lock",
            "partial/done.json",
            "partial/cut",
            "partial/cut.json",
            "partial/cut.lock",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        (folder, cache)
    }

    fn left(cache: &Cache) -> Vec<String> {
        let mut left = Vec::new();
        for folder in cache.folders() {
            left.extend(names(&folder).unwrap().into_iter().filter(|name| name.len() < 64));
        }
        left.sort();
        left
    }

    #[test]
    fn what_a_killed_builder_left_is_gone_and_its_download_can_continue() {
        let (folder, _cache) = left_by_a_kill();
        let cache = Cache::open(folder.path()).unwrap();
        assert_eq!(left(&cache), ["cut", "cut.json"]);
        assert_eq!(names(&folder.path().join("blobs/sha256")).unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_another_builder_is_at_work_on_stays() {
        let (folder, cache) = left_by_a_kill();
        let _lock = KeyLock::acquire(&cache, "done").await.unwrap();
        let held = files::begin(&folder.path().join("http")).unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let under_way = held.path().file_name().unwrap().to_str().unwrap();
        assert_eq!(left(&cache), [under_way, "cut", "cut.json", "done.json", "done.lock"]);
    }
}
