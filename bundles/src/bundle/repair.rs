//! Rebuilds what is lost of a bundle, from parity and from pieces that were sent
//! again. Only bytes that have the signed hashes get a name.

use super::{
    Survey,
    rebuild::{Rebuild, Target},
};
use crate::{
    error::BundleError,
    volumes::{Cut, Files, Label, Part, SplitError, Volume},
};
use manifests::{
    ExitCode, Failure,
    event::{Event, Reporter},
};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

/// How to repair.
#[derive(Debug, Clone, Copy)]
pub struct RepairOptions<'a> {
    /// How many threads read and compute.
    pub jobs: usize,
    /// Set from outside to give up: nothing is left behind.
    pub stop: &'a AtomicBool,
    /// Who is told.
    pub reporter: &'a dyn Reporter,
}

/// Why a bundle could not be repaired.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The bundle cannot be read, or is lost.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// What was rebuilt cannot be written.
    #[error(transparent)]
    Write(#[from] SplitError),
    /// More is lost than there is parity for.
    #[error(
        "`{release}` cannot be rebuilt: {} lack the same parts, and there is parity for {spare} of them",
        numbers(volumes)
    )]
    Lost {
        /// Release, version and serial.
        release: String,
        /// Volumes that lack a chunk of one row.
        volumes: Vec<u64>,
        /// Parity volumes that have theirs.
        spare: usize,
    },
    /// What is rebuilt would take the place of another file.
    #[error("`{path}` is there already, and is not the damaged copy that this would replace")]
    Occupied {
        /// The file.
        path: PathBuf,
    },
    /// A file was good a moment ago.
    #[error("`{path}` was changed while it was read")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Parity says of itself that it is intact, and it is not of this bundle.
    #[error("the parity volumes do not give back the signed bytes of {volume}")]
    Parity {
        /// The volume whose chunk came out wrong.
        volume: Volume,
    },
}

impl Failure for RepairError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Bundle(error) => error.exit_code(),
            Self::Write(error) => error.exit_code(),
            Self::Lost { .. }
            | Self::Occupied { .. }
            | Self::Changed { .. }
            | Self::Parity { .. } => ExitCode::Untrusted,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Bundle(error) => return error.hint(),
            Self::Write(error) => return error.hint(),
            Self::Lost { volumes, .. } => format!(
                "re-send what `verify --resend-list FILE` asks for, or {}, then run the same command again",
                numbers(volumes)
            ),
            Self::Occupied { .. } => "write into an empty folder with `-o`".into(),
            Self::Changed { .. } => "run the same command again when nobody writes there".into(),
            Self::Parity { volume } => format!(
                "take the parity volumes away, re-send volume {}, then run the same command again",
                volume.number
            ),
        })
    }
}

fn numbers(volumes: &[u64]) -> String {
    let numbers: Vec<_> = volumes.iter().map(ToString::to_string).collect();
    format!("{} {}", if volumes.len() == 1 { "volume" } else { "volumes" }, numbers.join(", "))
}

impl Survey {
    /// Writes every volume that is not there intact, or the bundle when it is in
    /// one file, and gives their paths. They take the place of what is damaged, or
    /// go into the folder. Nothing, when nothing is wrong.
    pub fn repair(
        &self,
        folder: Option<&Path>,
        options: RepairOptions<'_>,
    ) -> Result<Vec<PathBuf>, RepairError> {
        let targets = self.targets(folder);
        self.check_spare()?;
        self.check_targets(&targets)?;
        let title = "repairing".to_owned();
        let items = targets.len() as u64;
        let bytes = targets.iter().flat_map(|target| target.chunks.clone());
        let bytes = Some(bytes.map(|chunk| self.bundle.chunk_len(chunk)).sum());
        options.reporter.report(&Event::PhaseStarted { title: title.clone(), items, bytes });
        let mut files = Files::default();
        Rebuild::new(self, &targets, options).run(&mut files)?;
        let paths = files.finish_each()?;
        options.reporter.report(&Event::PhaseFinished { title });
        Ok(paths)
    }

    fn targets(&self, folder: Option<&Path>) -> Vec<Target> {
        let into = |path: PathBuf| match folder {
            Some(folder) => folder.join(path.file_name().unwrap_or_default()),
            None => path,
        };
        let Some(cut) = self.bundle.volumes() else {
            let chunks = 0..self.bundle.chunk_count();
            let path = into(self.bundle.path().to_owned());
            let damaged = !self.is_whole_file();
            return damaged.then_some(Target { path, label: None, chunks }).into_iter().collect();
        };
        let broken = cut.volumes().filter(|volume| !self.is_whole(cut, *volume));
        let target = |volume: Volume| {
            let label = Label { cut, number: volume.number };
            let path = into(self.place_of(label, folder.is_some()));
            Target { path, label: Some(label), chunks: cut.chunks_of(volume.number) }
        };
        broken.map(target).collect()
    }

    /// Whether the bundle's own file needs nothing else.
    fn is_whole_file(&self) -> bool {
        let all = 0..self.bundle.chunk_count();
        let pieces = self.bundle.0.payload.pieces().iter().enumerate();
        let mut own = pieces.filter(|(_, piece)| piece.path == self.bundle.path());
        own.any(|(at, piece)| {
            piece.chunks == all && all.clone().all(|chunk| self.is_good(at, chunk))
        })
    }

    /// Refuses to write over a file that is neither the damaged copy of the very same
    /// part nor one of this bundle that gives nothing: names say nothing, and it may
    /// be the only copy of another part.
    fn check_targets(&self, targets: &[Target]) -> Result<(), RepairError> {
        let own = |target: &Target| match target.label {
            None => Some(self.bundle.path().to_owned()),
            Some(label) => self.damaged_copy(label),
        };
        let same = |path: &Path, own: &Path| {
            let [path, own] = [path, own].map(fs::canonicalize);
            matches!((path, own), (Ok(path), Ok(own)) if path == own)
        };
        let is_useless = |path: &Path| self.begins_like_it(path) && !self.bundle.is_read_from(path);
        let occupied = |target: &&Target| {
            fs::symlink_metadata(&target.path).is_ok()
                && !own(target).is_some_and(|own| same(&target.path, &own))
                && !is_useless(&target.path)
        };
        match targets.iter().find(occupied) {
            None => Ok(()),
            Some(target) => Err(RepairError::Occupied { path: target.path.clone() }),
        }
    }

    /// Whether a file begins with the header of this bundle, or with as much of it as
    /// there was room for.
    fn begins_like_it(&self, path: &Path) -> bool {
        let header = self.bundle.header_frame();
        let mut start = Vec::new();
        let file = File::open(path).map(|file| file.take(header.len() as u64));
        let read = file.and_then(|mut file| file.read_to_end(&mut start));
        read.is_ok() && header.starts_with(&start)
    }

    /// Whether one file holds all of a volume, and nothing of it is damaged.
    fn is_whole(&self, cut: Cut, volume: Volume) -> bool {
        let pieces = self.bundle.0.payload.pieces().iter().enumerate();
        let mut copies = pieces.filter(|(_, piece)| piece.volume == Some(volume));
        copies.any(|(at, piece)| {
            let chunks = cut.chunks_of(volume.number);
            piece.chunks == chunks && chunks.clone().all(|chunk| self.is_good(at, chunk))
        })
    }

    /// Where a volume that is not whole lies, or should lie.
    fn place_of(&self, label: Label, by_name: bool) -> PathBuf {
        let usual = || {
            let name = self.bundle.path().file_name().unwrap_or_default().to_string_lossy();
            self.bundle.path().with_file_name(label.cut.file_name(&name, label.number))
        };
        self.damaged_copy(label).filter(|_| !by_name).unwrap_or_else(usual)
    }

    /// The file that holds a volume, but not all of it.
    fn damaged_copy(&self, label: Label) -> Option<PathBuf> {
        let part = Some(Part::Volume(label.volume()));
        let mut faults = self.faults().iter().filter(|fault| !fault.is_stray());
        faults.find(|fault| fault.part == part)?.path.clone()
    }

    /// Refuses before anything is written what cannot be rebuilt.
    fn check_spare(&self) -> Result<(), RepairError> {
        let Some(cut) = self.bundle.volumes() else {
            return self.lost.is_empty().then_some(()).ok_or_else(|| self.damaged_file().into());
        };
        let rows = self.spare.short_rows(cut, &self.lost);
        let Some(least) = rows.keys().map(|row| self.spare.row(*row).len()).min() else {
            return Ok(());
        };
        let volumes: BTreeSet<u64> = rows.into_values().flatten().collect();
        let (release, volumes) = (self.bundle.release(), volumes.into_iter().collect());
        Err(RepairError::Lost { release, volumes, spare: least })
    }
}
