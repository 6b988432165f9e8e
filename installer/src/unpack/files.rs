//! Files that are whole or not there at all, in a folder that is ours alone.

use super::{UnpackError, error::failure};
use bundles::{BlobHasher, BlobRecord};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Bytes that move at once when a file is hashed.
const STEP: usize = 1 << 20;

/// Makes the folder ours until the lock is dropped: two runs in one folder would
/// write over each other.
pub(super) fn lock(folder: &Path) -> Result<File, UnpackError> {
    let opened = fs::create_dir_all(folder).and_then(|()| File::open(folder));
    let lock = opened.map_err(|source| failure(folder, source, 0))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(UnpackError::Busy { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failure(folder, source, 0)),
    }
}

/// Writes files into a folder, each in one step.
pub(super) fn write_small(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), UnpackError> {
    for (name, content) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .map_err(|source| UnpackError::Write { path: parent.to_owned(), source })?;
        }
        write_file(&path, content)?;
    }
    Ok(())
}

/// Writes a small file beside its place and renames it.
pub(super) fn write_file(path: &Path, content: &[u8]) -> Result<(), UnpackError> {
    let mut partial = Partial::create(path)?;
    let written = partial.file.write_all(content);
    let size = content.len() as u64;
    written.and_then(|()| partial.keep()).map_err(|source| failure(path, source, size))
}

/// Whether a blob is there with its digest, from an earlier run.
pub(super) fn is_whole(path: &Path, blob: &BlobRecord) -> bool {
    let size = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).map(|file| file.len());
    if size != Some(blob.size) {
        return false;
    }
    let digest = || -> io::Result<_> {
        let mut file = File::open(path)?;
        let mut hasher = BlobHasher::new(blob.digest.algorithm());
        let mut buffer = vec![0; STEP];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hasher.finish().0),
                len => hasher.update(&buffer[..len]),
            }
        }
    };
    digest().is_ok_and(|found| found == blob.digest)
}

/// A file that has no name of its own yet; it is gone again unless it is kept.
pub(super) struct Partial {
    pub(super) file: File,
    temporary: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Partial {
    /// Opens `path` with `.partial` behind it. What a killed run left there is
    /// written over.
    pub(super) fn create(path: &Path) -> Result<Self, UnpackError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".partial");
        let temporary = PathBuf::from(name);
        let file = File::create(&temporary).map_err(|source| failure(path, source, 0))?;
        Ok(Self { file, temporary, path: path.to_owned(), kept: false })
    }

    /// Gives the file its name once its bytes are on the disk.
    pub(super) fn keep(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        self.kept = true;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            // If even this fails, the next run writes over it.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
