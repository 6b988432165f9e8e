//! Files that are either whole or absent.

use super::CacheError;
use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::Path,
};

/// Writes a file beside its place and renames it there.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CacheError> {
    let mut file = tempfile::NamedTempFile::new_in(folder(path))
        .map_err(CacheError::io("create a file beside", path))?;
    file.write_all(bytes).map_err(CacheError::io("write", path))?;
    file.as_file().sync_all().map_err(CacheError::io("write", path))?;
    let failed = CacheError::io("rename a file to", path);
    file.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(path)
}

/// Puts a file that is whole and on disk in its place.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), CacheError> {
    std::fs::rename(from, to).map_err(CacheError::io("rename a file to", to))?;
    sync_folder(to)
}

/// Removes a file; one that is absent is fine.
pub(super) fn remove(path: &Path) -> Result<(), CacheError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(CacheError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// A rename survives a power cut only when its folder reached the disk too.
fn sync_folder(path: &Path) -> Result<(), CacheError> {
    let folder = folder(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(CacheError::io("write", folder))
}

fn folder(path: &Path) -> &Path {
    path.parent().expect("every file of the cache lies in one of its folders")
}
