//! The newest day that was seen of an archive.

use super::{Cache, CacheError, files};
use manifests::packages::Moment;
use serde::{Deserialize, Serialize};
use std::{fs::File, path::PathBuf};

#[derive(Serialize, Deserialize)]
struct Note {
    archive: String,
    date: Moment,
}

impl Cache {
    /// The newest day that was seen of this archive. A note that cannot be read is
    /// no note: whoever can write here can also take it away.
    pub fn archive_date(&self, archive: &str) -> Option<Moment> {
        let text = std::fs::read(self.archive_path(archive)).ok()?;
        let note: Note = serde_json::from_slice(&text).ok()?;
        (note.archive == archive).then_some(note.date)
    }

    /// Remembers it, unless a later one is known already: of several builders that share
    /// a cache one reads and writes at a time.
    pub fn remember_archive_date(&self, archive: &str, date: Moment) -> Result<(), CacheError> {
        let folder = self.root.join("archives");
        // Held for the time of one small file, so whoever waits does not wait long.
        let turn = File::open(&folder).map_err(CacheError::io("open", &folder))?;
        turn.lock().map_err(CacheError::io("lock", &folder))?;
        if self.archive_date(archive).is_some_and(|known| known >= date) {
            return Ok(());
        }
        let note = Note { archive: archive.to_owned(), date };
        let text = serde_json::to_vec_pretty(&note).expect("a note is plain text");
        files::write_whole(&self.archive_path(archive), &text)
    }

    /// Where the note of this archive is, if there is one.
    pub(crate) fn archive_path(&self, archive: &str) -> PathBuf {
        let key = bundles::sha256(archive.as_bytes());
        self.root.join("archives").join(format!("{}.json", key.hex()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_archive_has_its_own_day_and_a_damaged_note_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let day = Moment::of_unix_seconds(1_783_764_997);
        cache.remember_archive_date("a", day).unwrap();
        assert_eq!((cache.archive_date("a"), cache.archive_date("b")), (Some(day), None));
        std::fs::write(cache.archive_path("a"), b"{").unwrap();
        assert_eq!(cache.archive_date("a"), None);
    }

    #[test]
    fn the_latest_day_stays_whoever_comes_last() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let day = |count: u64| Moment::of_unix_seconds(1_783_764_997 + count);
        std::thread::scope(|scope| {
            for builder in 0..8 {
                let cache = &cache;
                scope.spawn(move || {
                    for count in (0..50).rev() {
                        cache.remember_archive_date("a", day(count * 8 + builder)).unwrap();
                    }
                });
            }
        });
        assert_eq!(cache.archive_date("a"), Some(day(49 * 8 + 7)));
    }
}
