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
    collections::{BTreeMap, BTreeSet},
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
        "`{release}` cannot be rebuilt: {} lack the same part, and there is parity for {spare} of them",
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
            Self::Lost { .. } | Self::Changed { .. } | Self::Parity { .. } => ExitCode::Untrusted,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Bundle(error) => return error.hint(),
            Self::Write(error) => return error.hint(),
            Self::Lost { volumes, spare, .. } => format!(
                "re-send {} of {}, or what `verify --resend-list FILE` asks for, then run the same command again",
                volumes.len() - spare,
                numbers(volumes)
            ),
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
            let damaged = !self.is_flawless();
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
        let part = Some(Part::Volume(label.volume()));
        let faults = self.faults();
        let damaged = faults.iter().find(|fault| fault.part == part && !fault.is_stray());
        let usual = || {
            let name = self.bundle.path().file_name().unwrap_or_default().to_string_lossy();
            self.bundle.path().with_file_name(label.cut.file_name(&name, label.number))
        };
        let there = damaged.and_then(|fault| fault.path.clone());
        there.filter(|_| !by_name).unwrap_or_else(usual)
    }

    /// Refuses before anything is written what cannot be rebuilt.
    fn check_spare(&self) -> Result<(), RepairError> {
        let Some(cut) = self.bundle.volumes() else {
            return self.lost.is_empty().then_some(()).ok_or_else(|| self.damaged_file().into());
        };
        let mut rows: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for chunk in &self.lost {
            rows.entry(cut.row(*chunk)).or_default().insert(cut.holding(*chunk).number);
        }
        let spare = &self.spare;
        let short = rows.into_iter().find(|(row, lost)| lost.len() > spare.row(*row).len());
        match short {
            None => Ok(()),
            Some((row, lost)) => Err(RepairError::Lost {
                release: self.bundle.release(),
                volumes: lost.into_iter().collect(),
                spare: spare.row(row).len(),
            }),
        }
    }
}
