//! Which error tells what is wrong with a bundle's bytes: of a file by offset,
//! of volumes by number.

use super::{Bundle, parity::Spare, payload::Piece};
use crate::{
    error::{BundleError, Damage},
    format::manifest::BlobRecord,
    volumes::{Cut, FaultKind, Part, VolumeFault},
};
use std::{collections::BTreeSet, io};

impl Bundle {
    /// Why a chunk cannot be had.
    pub(super) fn no_chunk(&self, chunk: u64) -> BundleError {
        let holding = self.0.payload.holding(chunk);
        let Some(cut) = self.volumes() else {
            return self.damaged_file(holding.map(|piece| self.damage(piece, chunk)).collect());
        };
        let mut faults: Vec<_> = holding.map(|piece| self.fault(piece, &[chunk])).collect();
        if faults.is_empty() {
            let volume = Some(Part::Volume(cut.holding(chunk)));
            let known = self.faults().iter().filter(|fault| fault.part == volume);
            faults.extend(known.cloned());
        }
        self.damaged_volumes(faults, false)
    }

    /// A bundle in one file of which bytes are wrong, or were never there.
    pub(super) fn damaged_file(&self, places: Vec<Damage>) -> BundleError {
        let path = self.path().to_owned();
        let length = self.faults().iter().find_map(|fault| match (&fault.path, &fault.kind) {
            (Some(of), FaultKind::Length { expected, found }) if *of == path => {
                Some((*expected, *found))
            }
            _ => None,
        });
        match length {
            Some((expected, found)) => BundleError::Length { path, expected, found },
            None => BundleError::Damaged { path, places },
        }
    }

    pub(super) fn damaged_volumes(
        &self,
        faults: Vec<VolumeFault>,
        can_rebuild: bool,
    ) -> BundleError {
        BundleError::Volumes { release: self.release(), faults, can_rebuild }
    }

    /// Volumes that are not all there, as they were found.
    pub(super) fn refused(&self) -> BundleError {
        let lost: BTreeSet<u64> = self.0.payload.gaps().collect();
        let cut = self.volumes().expect("only volumes are refused for gaps");
        let spare = Spare::new(&self.0.parity, &BTreeSet::new());
        self.damaged_volumes(self.faults().to_vec(), spare.suffices(cut, &lost))
    }

    pub(super) fn unreadable(&self, source: io::Error) -> BundleError {
        BundleError::Read { path: self.path().to_owned(), source }
    }

    pub(super) fn wrong(&self, why: String) -> BundleError {
        BundleError::Manifest { path: self.path().to_owned(), why }
    }

    /// What is wrong with a piece of which these chunks are not the signed ones.
    pub(super) fn fault(&self, piece: &Piece, chunks: &[u64]) -> VolumeFault {
        let payload = &self.0.payload;
        let begins_wrong = chunks.first() == Some(&piece.chunks.start);
        let cut = self.volumes().filter(|_| begins_wrong && piece.volume.is_some());
        let swapped = |cut: Cut| {
            let other = payload.recognise(&piece.file, piece.start);
            let other = other.filter(|chunk| !piece.chunks.contains(chunk))?;
            Some(FaultKind::Swapped { at: piece.start, holds: cut.holding(other) })
        };
        let places = || chunks.iter().map(|chunk| self.damage(piece, *chunk)).collect();
        let kind = cut.and_then(swapped).unwrap_or_else(|| FaultKind::Bytes { places: places() });
        VolumeFault { part: piece.volume.map(Part::Volume), path: Some(piece.path.clone()), kind }
    }

    /// Names what a damaged chunk holds.
    pub(super) fn damage(&self, piece: &Piece, chunk: u64) -> Damage {
        let range = self.0.payload.range(chunk);
        let blobs = &self.manifest().blobs;
        let first = blobs.partition_point(|blob| end_of(blob) <= range.start);
        let touched = blobs[first..].iter().take_while(|blob| blob.offset < range.end);
        let mut users: Vec<String> = touched.flat_map(|blob| blob.users.iter().cloned()).collect();
        users.sort();
        users.dedup();
        Damage { bytes: self.0.payload.place(piece, chunk), users }
    }
}

fn end_of(blob: &BlobRecord) -> u64 {
    blob.offset + blob.stored_size().unwrap_or(0)
}
