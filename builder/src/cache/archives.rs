//! The newest day that was seen of an archive.

use super::{Cache, CacheError, files};
use manifests::packages::Moment;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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

    /// Remembers it.
    pub fn remember_archive_date(&self, archive: &str, date: Moment) -> Result<(), CacheError> {
        let note = Note { archive: archive.to_owned(), date };
        let text = serde_json::to_vec_pretty(&note).expect("a note is plain text");
        files::write_whole(&self.archive_path(archive), &text)
    }

    fn archive_path(&self, archive: &str) -> PathBuf {
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
}
