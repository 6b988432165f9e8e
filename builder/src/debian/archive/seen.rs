//! The newest day that was seen of each suite, so that an archive cannot be shown
//! as it was before. Both the cache and the earlier lockfile remember.

use super::{ArchiveError, Archives};
use crate::debian::{Seen, SeenBy};
use manifests::packages::{ArchiveSource, Moment, Suite};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

impl Archives<'_> {
    /// The newest day of a suite that is known of, and who knows.
    pub(super) fn seen(&self, source: &ArchiveSource, suite: &Suite) -> Option<Seen> {
        let root = source.root();
        let same = self.before.iter().filter(|index| index.source == root && index.suite == *suite);
        let locked = same.map(|index| (index.date, SeenBy::Lockfile)).max_by_key(|seen| seen.0);
        let key = key(source, suite);
        let note = || SeenBy::Note(self.cache.archive_path(&key));
        let noted = self.cache.archive_date(&key).map(|date| (date, note()));
        let newest = locked.into_iter().chain(noted).max_by_key(|seen| seen.0);
        newest.map(|(date, by)| Seen { date: time(date), by })
    }

    /// Remembers a day that was believed.
    pub(super) fn remember(
        &self,
        source: &ArchiveSource,
        suite: &Suite,
        date: Moment,
    ) -> Result<(), ArchiveError> {
        Ok(self.cache.remember_archive_date(&key(source, suite), date)?)
    }
}

/// The archive itself, wherever it was asked: a mirror must not lag behind another.
fn key(source: &ArchiveSource, suite: &Suite) -> String {
    format!("{} {suite}", source.root())
}

/// A day as lockfiles write it.
pub(super) fn moment(time: SystemTime) -> Moment {
    Moment::of_unix_seconds(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// A day as clocks have it.
pub(super) fn time(moment: Moment) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(moment.unix_seconds())
}
