//! Volumes that are being written: each under a `.partial` name, and all of them
//! get their names together.

use super::SplitError;
use crate::partial;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// An open file under its `.partial` name.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    pub(crate) file: File,
}

impl Partial {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), SplitError> {
        self.file.write_all(bytes).map_err(|source| self.failed(source))
    }

    pub(crate) fn sync(&self) -> Result<(), SplitError> {
        self.file.sync_all().map_err(|source| self.failed(source))
    }

    pub(crate) fn failed(&self, source: io::Error) -> SplitError {
        SplitError::Write { path: self.path.clone(), source }
    }
}

/// The names of files under way, in the order in which they were begun. Dropped
/// before the end, the files are gone.
#[derive(Debug, Default)]
pub(crate) struct Files {
    paths: Vec<PathBuf>,
    /// How many have their names.
    named: usize,
    finished: bool,
}

impl Files {
    /// Begins a file that is to have this name.
    pub(crate) fn begin(&mut self, path: PathBuf) -> Result<Partial, SplitError> {
        let partial = partial::name_of(&path);
        let file = partial::create(&partial);
        let file = file.map_err(|source| SplitError::Write { path: partial.clone(), source })?;
        // Not before: what another process is writing is not ours to remove.
        self.paths.push(path);
        Ok(Partial { path: partial, file })
    }

    /// Opens what was written so far, to be read.
    pub(crate) fn reopen(&self) -> Result<Vec<Partial>, SplitError> {
        let open = |path: &PathBuf| {
            let path = partial::name_of(path);
            match File::open(&path) {
                Ok(file) => Ok(Partial { path, file }),
                Err(source) => Err(SplitError::Write { path, source }),
            }
        };
        self.paths.iter().map(open).collect()
    }

    /// Gives each of them its name, in the place of what had it before.
    pub(crate) fn finish_each(mut self) -> Result<Vec<PathBuf>, SplitError> {
        let mut done = Vec::new();
        while let Some(path) = self.paths.first() {
            let named = fs::rename(partial::name_of(path), path);
            let named = named.and_then(|()| partial::sync_folder(path));
            named.map_err(|source| SplitError::Write { path: path.clone(), source })?;
            done.push(self.paths.remove(0));
        }
        Ok(done)
    }

    /// Gives all of them their names, or none; they lie in one folder.
    pub(crate) fn finish(mut self, folder: &Path) -> Result<Vec<PathBuf>, SplitError> {
        for path in &self.paths {
            let write = |source| SplitError::Write { path: path.clone(), source };
            fs::rename(partial::name_of(path), path).map_err(write)?;
            self.named += 1;
        }
        // All of them are there now, whatever the folder says.
        self.finished = true;
        let named = self.paths.first().map_or(Ok(()), |path| partial::sync_folder(path));
        named.map_err(|source| SplitError::Write { path: folder.to_owned(), source })?;
        Ok(std::mem::take(&mut self.paths))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let (named, unnamed) = self.paths.split_at(self.named);
        let unnamed = unnamed.iter().map(|path| partial::name_of(path));
        for path in named.iter().cloned().chain(unnamed) {
            let _ = fs::remove_file(path);
        }
    }
}
