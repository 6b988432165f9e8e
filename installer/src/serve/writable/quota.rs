//! How much room the overlay takes and may take. Counted as it grows; what others
//! removed meanwhile is found by counting anew before anything is refused.

use super::{place::Place, refusal::WriteRefusal, root::Root};
use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
};

/// What a file takes at least: a block of the disk.
const BLOCK: u64 = 4096;

/// Room in bytes.
#[derive(Debug)]
pub(super) struct Quota {
    limit: Option<u64>,
    used: AtomicU64,
}

impl Quota {
    /// Counts what is there already.
    pub(super) fn new(limit: Option<u64>, root: &Root) -> io::Result<Self> {
        // Without a limit nobody asks.
        let used = limit.map_or(Ok(0), |_| room(root, &Place::top(".")))?;
        Ok(Self { limit, used: AtomicU64::new(used) })
    }

    /// Takes room for a file that grows from one length to another.
    pub(super) fn grow(&self, root: &Root, from: u64, to: u64) -> Result<(), WriteRefusal> {
        let Some(limit) = self.limit else { return Ok(()) };
        let more = blocks(to).saturating_sub(blocks(from));
        if self.take(more, limit) {
            return Ok(());
        }
        if let Ok(used) = room(root, &Place::top(".")) {
            self.used.store(used, Ordering::Relaxed);
        }
        if self.take(more, limit) { Ok(()) } else { Err(WriteRefusal::Quota { limit }) }
    }

    fn take(&self, more: u64, limit: u64) -> bool {
        let fits = |used: u64| used.checked_add(more).filter(|used| *used <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    /// Gives back the room of a file that is gone.
    pub(super) fn give_back(&self, bytes: u64) {
        let less = |used: u64| Some(used.saturating_sub(blocks(bytes)));
        // The closure never refuses.
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

fn blocks(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK) * BLOCK
}

/// What all files below a folder take.
fn room(root: &Root, folder: &Place) -> io::Result<u64> {
    let mut all = 0;
    for name in root.list(folder)? {
        let place = folder.below(name);
        all += match root.look(&place) {
            Ok(found) => found.map_or(0, |found| blocks(found.size)),
            Err(_folder) => room(root, &place)?,
        };
    }
    Ok(all)
}
