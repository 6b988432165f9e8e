//! Files that are either whole or absent, also after a kill. Nobody waits for the
//! disk: after a power cut a file may be cut off or empty, and whoever reads one
//! finds that out by its size, its digest or its form, and makes it anew. Waiting
//! would cost more than a download of a small blob.

use super::CacheError;
use std::{
    fs::File,
    io::{self, ErrorKind, Write},
    os::unix::fs::MetadataExt,
    path::Path,
};
use tempfile::NamedTempFile;

/// What the names of files begin with until they are whole.
const UNDER_WAY: &str = ".under-way-";

/// Whether a file of this name is not whole.
pub(super) fn is_under_way(name: &str) -> bool {
    name.starts_with(UNDER_WAY)
}

/// Writes a file beside its place and renames it there.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CacheError> {
    let mut file = begin(folder(path)).map_err(CacheError::io("create a file beside", path))?;
    file.write_all(bytes).map_err(CacheError::io("write", path))?;
    let failed = CacheError::io("rename a file to", path);
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Begins a file. It is locked as long as somebody writes it, so that one without a
/// writer can be told.
pub(super) fn begin(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let file = NamedTempFile::with_prefix_in(UNDER_WAY, folder)?;
        file.as_file().lock()?;
        // Somebody who tidies may have been faster.
        if is_still_named(file.as_file(), file.path()) {
            return Ok(file);
        }
    }
}

/// Removes a file that was begun and that nobody writes any more.
pub(super) fn remove_abandoned(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    if file.try_lock().is_ok() && is_still_named(&file, path) {
        remove(path).ok();
    }
}

/// Whether an open file is the one that has this name now.
pub(super) fn is_still_named(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
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
