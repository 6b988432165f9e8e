//! Writes the volumes of a bundle. They get their names together, when all of
//! them are on the disk: a folder holds every volume or none.

use super::{Cut, Label, Parity, SizeError, files::Files, parity::ParityJob};
use crate::{bundle::Bundle, error::BundleError, format::CHUNK_SIZE};
use manifests::{
    ExitCode, Failure,
    event::{Event, Outcome, Reporter, Transfer},
};
use std::{
    borrow::Cow,
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

/// How to split.
#[derive(Debug, Clone, Copy)]
pub struct SplitOptions<'a> {
    /// How many parity volumes are written as well; the cut has to have room for
    /// them: [`Cut::beside_parity`].
    pub parity: u64,
    /// How many threads compute parity.
    pub jobs: usize,
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
    /// A volume would take the place of what it is made from.
    #[error("`{path}` is a file that the bundle is read from")]
    Source {
        /// The file.
        path: PathBuf,
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
            Self::Write { .. } | Self::Source { .. } => ExitCode::Input,
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
            Self::Write { source, .. } => match source.kind() {
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                    Some("write elsewhere with `-o`".into())
                }
                _ => None,
            },
            Self::Source { .. } => Some("write elsewhere with `-o`".into()),
            Self::Stopped => Some("run the same command again: nothing was left behind".into()),
        }
    }
}

/// Writes all volumes of a bundle into a folder and gives their paths, in order,
/// parity last. Every byte is checked on its way. Holds one chunk (4 MiB) and the
/// header, for parity 64 MiB.
pub fn split(
    bundle: &Bundle,
    cut: Cut,
    folder: &Path,
    options: SplitOptions<'_>,
) -> Result<Vec<PathBuf>, SplitError> {
    let title = "splitting".to_owned();
    let parity_bytes = options.parity * cut.rows() * CHUNK_SIZE;
    let (items, bytes) = (cut.count(), Some(bundle.manifest().payload_size + parity_bytes));
    options.reporter.report(&Event::PhaseStarted { title: title.clone(), items, bytes });
    let job = Job { bundle, cut, folder, options };
    job.check_targets()?;
    let mut files = Files::default();
    job.write_volumes(&mut files)?;
    if options.parity > 0 {
        job.write_parity(&mut files)?;
    }
    let paths = files.finish(folder)?;
    options.reporter.report(&Event::PhaseFinished { title });
    Ok(paths)
}

/// A bundle on its way into volumes.
struct Job<'a> {
    bundle: &'a Bundle,
    cut: Cut,
    folder: &'a Path,
    options: SplitOptions<'a>,
}

impl Job<'_> {
    fn path(&self, name: impl Fn(&str) -> String) -> PathBuf {
        self.folder.join(name(&file_name(self.bundle.path())))
    }

    /// Every file that is written.
    fn targets(&self) -> impl Iterator<Item = PathBuf> {
        let count = self.options.parity;
        let volumes = self.cut.volumes();
        let volumes = volumes.map(|one| self.path(|name| self.cut.file_name(name, one.number)));
        let parity = (1..=count).map(move |number| Parity { number, count });
        volumes.chain(parity.map(|parity| self.path(|name| parity.file_name(name))))
    }

    fn check_targets(&self) -> Result<(), SplitError> {
        match self.targets().find(|path| self.bundle.is_read_from(path)) {
            None => Ok(()),
            Some(path) => Err(SplitError::Source { path }),
        }
    }

    fn write_volumes(&self, files: &mut Files) -> Result<(), SplitError> {
        let header = self.bundle.header_frame();
        let mut buffer = Vec::new();
        for volume in self.cut.volumes() {
            let path = self.path(|bundle| self.cut.file_name(bundle, volume.number));
            let transfer = Transfer::start(self.options.reporter, &file_name(&path), None);
            let mut file = files.begin(path)?;
            let label = Label { cut: self.cut, number: volume.number };
            file.write(&header)?;
            file.write(&label.render())?;
            for chunk in self.cut.chunks_of(volume.number) {
                if self.options.stop.load(Ordering::Relaxed) {
                    return Err(SplitError::Stopped);
                }
                self.bundle.chunk(chunk, &mut buffer)?;
                file.write(&buffer)?;
                transfer.advance(buffer.len() as u64);
            }
            file.sync()?;
            transfer.finish(Outcome::Done);
        }
        Ok(())
    }

    fn write_parity(&self, files: &mut Files) -> Result<(), SplitError> {
        let data = files.reopen()?;
        let count = self.options.parity;
        let path = |number| self.path(|bundle| Parity { number, count }.file_name(bundle));
        let begun = (1..=count).map(|number| files.begin(path(number)));
        let parity = begun.collect::<Result<Vec<_>, _>>()?;
        let (bundle, cut, options) = (self.bundle, self.cut, self.options);
        ParityJob { bundle, cut, data: &data, parity: &parity, options }.run()
    }
}

fn file_name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}
