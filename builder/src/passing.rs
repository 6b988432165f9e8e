//! Folders for what is needed for a while: each goes away with whoever made it, and
//! when that was killed, with the next one of its kind.

use std::{
    fs::{self, DirEntry, File, Permissions, TryLockError},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};
use tempfile::TempDir;

/// A folder for our user alone. It is locked as long as it is in use.
#[derive(Debug)]
pub(crate) struct Passing {
    folder: TempDir,
    _held: File,
}

impl Passing {
    /// Makes one in a folder, of the kind that this prefix stands for, and removes those
    /// of its kind that nobody uses any more.
    pub(crate) fn within(parent: &Path, prefix: &str) -> io::Result<Self> {
        let passing = Self::create(parent, prefix)?;
        passing.remove_abandoned(parent, prefix);
        Ok(passing)
    }

    fn create(parent: &Path, prefix: &str) -> io::Result<Self> {
        loop {
            let private = Permissions::from_mode(0o700);
            let mut folder = tempfile::Builder::new();
            let folder = folder.prefix(prefix).permissions(private).tempdir_in(parent)?;
            let held = File::open(folder.path());
            match held.map(|held| (held.try_lock(), held)) {
                Ok((Ok(()), held)) if folder.path().is_dir() => {
                    return Ok(Self { folder, _held: held });
                }
                Ok((Err(TryLockError::Error(error)), _)) => return Err(error),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                // Somebody who tidies up was faster.
                _ => {}
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What cannot be removed is in nobody's way.
    fn remove_abandoned(&self, parent: &Path, prefix: &str) {
        let Ok(ours) = self.folder.path().metadata() else { return };
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let is_of_kind = entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes());
            if is_of_kind && is_folder_of(&entry, ours.uid()) && is_free(&entry.path()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// Where others write too, they may put anything under such a name.
fn is_folder_of(entry: &DirEntry, user: u32) -> bool {
    entry.metadata().is_ok_and(|facts| facts.is_dir() && facts.uid() == user)
}

fn is_free(folder: &Path) -> bool {
    File::open(folder).is_ok_and(|folder| folder.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_maker_and_that_of_a_killed_one_with_the_next() {
        let place = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(place.path()).unwrap().count();
        let running = Passing::within(place.path(), "kind-").unwrap();
        let other = Passing::within(place.path(), "other-").unwrap();
        let Passing { folder, _held: held } = Passing::within(place.path(), "kind-").unwrap();
        let killed = folder.keep();
        drop(held);
        fs::write(killed.join("blob"), "bytes").unwrap();
        std::os::unix::fs::symlink(&killed, place.path().join("kind-link")).unwrap();
        fs::write(place.path().join("kind-file"), "").unwrap();
        let next = Passing::within(place.path(), "kind-").unwrap();
        assert!(running.path().is_dir() && next.path().is_dir() && !killed.exists());
        assert_eq!(next.path().metadata().unwrap().mode() & 0o777, 0o700);
        drop((running, next, other));
        assert_eq!(names(), 2, "neither a link nor a file is ours");
    }
}
