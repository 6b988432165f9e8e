//! Writes the volumes of a bundle. They get their names together, when all of
//! them are on the disk: a folder holds every volume or none.

use super::{Cut, Label, SizeError};
use crate::{bundle::Bundle, error::BundleError, partial};
use manifests::{
    ExitCode, Failure,
    event::{Event, Outcome, Reporter, Transfer},
};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

/// How to split.
#[derive(Debug, Clone, Copy)]
pub struct SplitOptions<'a> {
    /// Set from outside to give up: nothing is left behind.
    pub stop: &'a AtomicBool,
    /// Who is told.
    pub reporter: &'a dyn Reporter,
}

/// Why a bundle could not be split.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// Volumes of this size cannot be.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// The bundle cannot be read, or is damaged.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A volume cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody asked to stop.
    #[error("interrupted before all volumes were written")]
    Stopped,
}

impl Failure for SplitError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Size(error) => error.exit_code(),
            Self::Bundle(error) => error.exit_code(),
            Self::Write { .. } => ExitCode::Input,
            Self::Stopped => ExitCode::Interrupted,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Size(error) => error.hint(),
            Self::Bundle(error) => error.hint(),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free some space or write elsewhere with `-o`; nothing was left behind".into())
            }
            Self::Write { .. } => None,
            Self::Stopped => Some("run the same command again: nothing was left behind".into()),
        }
    }
}

/// Writes all volumes of a bundle into a folder and gives their paths, in order.
/// Every byte is checked on its way. Holds one chunk (4 MiB) and the header.
pub fn split(
    bundle: &Bundle,
    cut: Cut,
    folder: &Path,
    options: SplitOptions<'_>,
) -> Result<Vec<PathBuf>, SplitError> {
    let title = "splitting".to_owned();
    let (items, bytes) = (cut.count(), Some(bundle.manifest().payload_size));
    options.reporter.report(&Event::PhaseStarted { title: title.clone(), items, bytes });
    let header = bundle.header_frame();
    let mut files = Files::default();
    let mut buffer = Vec::new();
    for volume in cut.volumes() {
        let job = Job { bundle, label: Label { cut, number: volume.number }, options };
        let path = folder.join(job.file_name());
        let partial = files.begin(path);
        let write = |source| SplitError::Write { path: partial.clone(), source };
        let mut file = partial::create(&partial).map_err(write)?;
        file.write_all(&header).map_err(write)?;
        file.write_all(&job.label.render()).map_err(write)?;
        job.copy(&mut file, &mut buffer, &write)?;
        file.sync_all().map_err(write)?;
    }
    let paths = files.finish(folder)?;
    options.reporter.report(&Event::PhaseFinished { title });
    Ok(paths)
}

/// One volume to write.
struct Job<'a> {
    bundle: &'a Bundle,
    label: Label,
    options: SplitOptions<'a>,
}

impl Job<'_> {
    fn file_name(&self) -> String {
        let name = self.bundle.path().file_name().unwrap_or_default().to_string_lossy();
        self.label.cut.file_name(&name, self.label.number)
    }

    fn copy(
        &self,
        file: &mut File,
        buffer: &mut Vec<u8>,
        write: &dyn Fn(io::Error) -> SplitError,
    ) -> Result<(), SplitError> {
        let transfer = Transfer::start(self.options.reporter, &self.file_name(), None);
        for chunk in self.label.cut.chunks_of(self.label.number) {
            if self.options.stop.load(Ordering::Relaxed) {
                return Err(SplitError::Stopped);
            }
            self.bundle.chunk(chunk, buffer)?;
            file.write_all(buffer).map_err(write)?;
            transfer.advance(buffer.len() as u64);
        }
        transfer.finish(Outcome::Done);
        Ok(())
    }
}

/// Volumes under way, under `.partial` names. Dropped, they are gone.
#[derive(Debug, Default)]
struct Files {
    paths: Vec<PathBuf>,
    /// How many have their names.
    named: usize,
    finished: bool,
}

impl Files {
    /// Takes note of a volume and gives the name to write it under.
    fn begin(&mut self, path: PathBuf) -> PathBuf {
        let partial = partial::name_of(&path);
        self.paths.push(path);
        partial
    }

    fn finish(mut self, folder: &Path) -> Result<Vec<PathBuf>, SplitError> {
        for path in &self.paths {
            let write = |source| SplitError::Write { path: path.clone(), source };
            fs::rename(partial::name_of(path), path).map_err(write)?;
            self.named += 1;
        }
        // All of them lie in one folder.
        let named = self.paths.first().map_or(Ok(()), |path| partial::sync_folder(path));
        named.map_err(|source| SplitError::Write { path: folder.to_owned(), source })?;
        self.finished = true;
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
