//! The cache of a build that keeps nothing but its bundle.

use crate::cache::CacheError;
use std::{
    fs::{self, File},
    io,
    path::Path,
};
use tempfile::TempDir;

const PREFIX: &str = ".bottari-build-";

/// The file in it that its build holds.
const HELD: &str = "held";

/// A folder beside the bundle, for what is read as files while it is made. It goes
/// away with the build; that of a killed one, with the next build beside it.
pub(super) struct Passing {
    folder: TempDir,
    _held: File,
}

impl Passing {
    pub(super) fn beside(bundle: &Path) -> Result<Self, CacheError> {
        let parent = bundle.parent().filter(|folder| !folder.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        remove_abandoned(parent);
        Self::create(parent).map_err(|source| CacheError::Io {
            action: "create a folder in",
            path: parent.into(),
            source,
        })
    }

    fn create(parent: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let held = File::create(folder.path().join(HELD))?;
        held.try_lock()?;
        Ok(Self { folder, _held: held })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of builds that were killed. One that cannot be removed is
/// in nobody's way.
fn remove_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
        let held = || File::options().write(true).open(entry.path().join(HELD));
        if is_ours && held().is_ok_and(|held| held.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_build_and_that_of_a_killed_one_with_the_next() {
        let place = tempfile::tempdir().unwrap();
        let count = || fs::read_dir(place.path()).unwrap().count();
        let bundle = place.path().join("b");
        let running = Passing::beside(&bundle).unwrap();
        let Passing { folder, _held: held } = Passing::beside(&bundle).unwrap();
        let killed = folder.keep();
        drop(held);
        fs::write(killed.join("blob"), "bytes").unwrap();
        let next = Passing::beside(&bundle).unwrap();
        assert!(running.path().is_dir() && next.path().is_dir() && !killed.exists());
        drop((running, next));
        assert_eq!(count(), 0);
    }
}
