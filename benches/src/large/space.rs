//! Room on the disk, and that it is given back.

use crate::{
    problem::{Result, at, empty_folder, remove_folder},
    report::mega,
};
use std::path::{Path, PathBuf};

/// Room for everything but the bundle.
const BESIDE: u64 = 512 << 20;

/// A folder that is removed when it is dropped: also after a failure.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// An empty folder with room for so many bytes and a little more.
    pub(super) fn with_room(path: PathBuf, bytes: u64) -> Result<Self> {
        let scratch = Self(empty_folder(path)?);
        let (free, needed) = (free(&scratch.0)?, bytes + BESIDE);
        if free < needed {
            let (path, needed, free) = (scratch.0.display(), mega(needed), mega(free));
            return Err(format!("`{path}`: {needed:.0} MB needed, {free:.0} MB free").into());
        }
        Ok(scratch)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What could not be removed is where the next run begins by removing it.
        let _removed = remove_folder(&self.0);
    }
}

/// Bytes that may be written where a folder is.
fn free(folder: &Path) -> Result<u64> {
    let system = rustix::fs::statvfs(folder).map_err(|error| at(folder)(error.into()))?;
    Ok(system.f_bavail * system.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_room_is_said_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scratch");
        let error = Scratch::with_room(path.clone(), u64::MAX / 2).unwrap_err();
        assert!(error.to_string().contains(" MB needed, "), "{error}");
        assert!(!path.exists());
        let scratch = Scratch::with_room(path.clone(), 0).unwrap();
        assert!(scratch.path().is_dir());
        drop(scratch);
        assert!(!path.exists());
    }
}
