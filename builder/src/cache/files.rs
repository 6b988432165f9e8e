//! Files that are either whole or absent, also after a kill. Nobody waits for the
//! disk: after a power cut a file may be cut off or empty, and whoever reads one
//! finds that out by its size, its digest or its form, and makes it anew. Waiting
//! would cost more than a download of a small blob.

use super::CacheError;
use std::{
    io::{ErrorKind, Write},
    path::Path,
};

/// Writes a file beside its place and renames it there.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CacheError> {
    let mut file = tempfile::NamedTempFile::new_in(folder(path))
        .map_err(CacheError::io("create a file beside", path))?;
    file.write_all(bytes).map_err(CacheError::io("write", path))?;
    let failed = CacheError::io("rename a file to", path);
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Puts a file that is whole in its place.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), CacheError> {
    std::fs::rename(from, to).map_err(CacheError::io("rename a file to", to))
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

fn folder(path: &Path) -> &Path {
    path.parent().expect("every file of the cache lies in one of its folders")
}
