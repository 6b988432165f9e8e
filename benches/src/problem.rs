//! Why something could not be measured, in words: whoever runs a benchmark reads
//! it, nothing branches on it.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

/// A problem in words.
pub(crate) type Problem = Box<dyn Error + Send + Sync>;
/// What may end in a problem.
pub(crate) type Result<T> = std::result::Result<T, Problem>;

/// Says which path an error of the system is about.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Problem {
    move |error| format!("`{}`: {error}", path.display()).into()
}

/// Makes a folder with all above it.
pub(crate) fn make_folder(path: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&path).map_err(at(&path))?;
    Ok(path)
}

/// Makes a folder that is empty, whatever was there.
pub(crate) fn empty_folder(path: PathBuf) -> Result<PathBuf> {
    remove_folder(&path)?;
    make_folder(path)
}

/// Removes a folder with all in it; that there is none is fine.
pub(crate) fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

/// Writes a small file.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(at(path))
}
