//! Parity volumes as they are found: what they say of themselves is tried, and
//! believed when what is rebuilt has the signed hashes.

use super::payload::STEP;
use crate::{
    error::Damage,
    format::CHUNK_SIZE,
    volumes::{Cut, FaultKind, ParityLabel, Part, VolumeFault},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    ops::Range,
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::Arc,
};

/// A parity volume of the cut that its bundle is in.
#[derive(Debug)]
pub(super) struct ParityFile {
    pub(super) path: PathBuf,
    pub(super) file: Arc<File>,
    /// Where its first chunk begins.
    pub(super) start: u64,
    /// How many of its chunks are there.
    pub(super) rows: u64,
    pub(super) label: ParityLabel,
}

impl ParityFile {
    /// The bytes of the file that a row's chunk covers.
    pub(super) fn place(&self, row: u64) -> Range<u64> {
        let at = self.start + row * CHUNK_SIZE;
        at..at + CHUNK_SIZE
    }

    pub(super) fn hash(&self, row: u64) -> blake3::Hash {
        self.label.hashes[row as usize]
    }

    /// Whether the chunk of a row is as it was written. A disc that cannot be read
    /// is as bad as one with wrong bytes.
    pub(super) fn check(&self, row: u64, buffer: &mut Vec<u8>) -> bool {
        buffer.resize(STEP, 0);
        let mut hasher = blake3::Hasher::new();
        for at in self.place(row).step_by(STEP) {
            if self.file.read_exact_at(buffer, at).is_err() {
                return false;
            }
            hasher.update(buffer);
        }
        hasher.finalize() == self.hash(row)
    }

    /// What is wrong with it when these rows are not as they were written.
    pub(super) fn fault(&self, rows: &[u64]) -> VolumeFault {
        let damage = |row: &u64| Damage { bytes: self.place(*row), users: vec!["parity".into()] };
        let kind = FaultKind::Bytes { places: rows.iter().map(damage).collect() };
        let part = Some(Part::Parity(self.label.parity));
        VolumeFault { part, path: Some(self.path.clone()), kind }
    }
}

/// Parity that can be used: which files have an intact chunk, by row.
#[derive(Debug, Default)]
pub(super) struct Spare(BTreeMap<u64, Vec<usize>>);

impl Spare {
    /// What is there of these files when all of it but `bad` is intact. Of two
    /// copies of one parity volume only one is counted.
    pub(super) fn new(files: &[ParityFile], bad: &BTreeSet<(usize, u64)>) -> Self {
        let mut rows: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            for row in (0..file.rows).filter(|row| !bad.contains(&(at, *row))) {
                let there = rows.entry(row).or_default();
                let same = |other: &usize| files[*other].label.parity == file.label.parity;
                if !there.iter().any(same) {
                    there.push(at);
                }
            }
        }
        Self(rows)
    }

    /// The files with an intact chunk in a row.
    pub(super) fn row(&self, row: u64) -> &[usize] {
        self.0.get(&row).map_or(&[], Vec::as_slice)
    }

    /// Whether they give back these chunks.
    pub(super) fn suffices(&self, cut: Cut, lost: &BTreeSet<u64>) -> bool {
        self.short_rows(cut, lost).is_empty()
    }

    /// The rows that lack more chunks than there is parity for, and of which volumes.
    pub(super) fn short_rows(
        &self,
        cut: Cut,
        lost: &BTreeSet<u64>,
    ) -> BTreeMap<u64, BTreeSet<u64>> {
        let mut rows: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for chunk in lost {
            rows.entry(cut.row(*chunk)).or_default().insert(cut.holding(*chunk).number);
        }
        rows.retain(|row, lost| lost.len() > self.row(*row).len());
        rows
    }
}
