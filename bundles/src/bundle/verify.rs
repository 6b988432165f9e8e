//! Every byte of a bundle against its signed hashes: of the file, or of every
//! volume, copies of one included.

use super::{Bundle, complete, payload::Piece};
use crate::{
    error::{BundleError, Damage},
    format::manifest::BlobRecord,
    parallel,
    volumes::{Cut, FaultKind, VolumeFault},
};
use manifests::event::{Event, Outcome, Reporter, Transfer};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io,
    sync::Mutex,
};

/// A chunk of a piece, by its place in the list of pieces.
type Copy = (usize, u64);

impl Bundle {
    /// Checks every byte, on `jobs` threads, in one sequential read; then that
    /// nothing the manifest promises is missing. Reports all damage, not only
    /// the first. A damaged copy of a volume that is there unharmed as well is a
    /// warning.
    pub fn verify(&self, jobs: usize, reporter: &dyn Reporter) -> Result<(), BundleError> {
        let title = "verifying".to_owned();
        let bytes = Some(self.manifest().payload_size);
        reporter.report(&Event::PhaseStarted { title: title.clone(), items: 1, bytes });
        let bad = self.bad_copies(jobs, reporter)?;
        match self.volumes() {
            None if bad.is_empty() => {}
            None => return Err(self.damaged_file(&bad)),
            Some(cut) => self.judge_volumes(cut, &bad, reporter)?,
        }
        complete::check(self)?;
        reporter.report(&Event::PhaseFinished { title });
        Ok(())
    }

    fn bad_copies(
        &self,
        jobs: usize,
        reporter: &dyn Reporter,
    ) -> Result<BTreeSet<Copy>, BundleError> {
        let payload = &self.0.payload;
        let pieces = payload.pieces();
        let chunks = |(at, piece): (usize, &Piece)| {
            piece.chunks.clone().map(move |chunk| (at, chunk)).collect::<Vec<_>>()
        };
        let copies: Vec<Copy> = pieces.iter().enumerate().flat_map(chunks).collect();
        let bytes = pieces.iter().flat_map(|piece| piece.chunks.clone());
        let bytes = bytes.map(|chunk| payload.range(chunk)).map(|range| range.end - range.start);
        let name = self.path().file_name().unwrap_or_default().to_string_lossy();
        let transfer = Transfer::start(reporter, &name, Some(bytes.sum()));
        let bad = Mutex::new(BTreeSet::new());
        parallel::for_each(jobs, &copies, Vec::new, |buffer, (at, chunk)| {
            if !payload.check(&pieces[*at], *chunk, buffer)? {
                bad.lock().expect("no thread panics with the lock").insert((*at, *chunk));
            }
            let range = payload.range(*chunk);
            transfer.advance(range.end - range.start);
            Ok::<_, io::Error>(())
        })
        .map_err(|source| self.unreadable(source))?;
        transfer.finish(Outcome::Done);
        Ok(bad.into_inner().expect("no thread panics with the lock"))
    }

    fn damaged_file(&self, bad: &BTreeSet<Copy>) -> BundleError {
        let pieces = self.0.payload.pieces();
        let places = bad.iter().map(|(at, chunk)| self.damage(&pieces[*at], *chunk)).collect();
        BundleError::Damaged { path: self.path().to_owned(), places }
    }

    fn judge_volumes(
        &self,
        cut: Cut,
        bad: &BTreeSet<Copy>,
        reporter: &dyn Reporter,
    ) -> Result<(), BundleError> {
        let mut faults = self.faults().to_vec();
        faults.extend(self.faults_of(cut, bad));
        faults.sort_by_key(|fault| fault.volume);
        if self.is_lost(bad) || faults.iter().any(VolumeFault::is_stray) {
            return Err(BundleError::Volumes { release: self.0.header.release(), faults });
        }
        for fault in faults {
            let text = format!("{fault}; copies of it hold every byte");
            reporter.report(&Event::Warning { text });
        }
        Ok(())
    }

    /// Whether a chunk is nowhere intact.
    fn is_lost(&self, bad: &BTreeSet<Copy>) -> bool {
        let payload = &self.0.payload;
        let mut good = HashSet::new();
        for (at, piece) in payload.pieces().iter().enumerate() {
            good.extend(piece.chunks.clone().filter(|chunk| !bad.contains(&(at, *chunk))));
        }
        good.len() as u64 != payload.chunk_count()
    }

    fn faults_of(&self, cut: Cut, bad: &BTreeSet<Copy>) -> Vec<VolumeFault> {
        let mut by_piece: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for (at, chunk) in bad {
            by_piece.entry(*at).or_default().push(*chunk);
        }
        let pieces = self.0.payload.pieces();
        by_piece.into_iter().map(|(at, chunks)| self.fault(cut, &pieces[at], &chunks)).collect()
    }

    /// What is wrong with a piece of which these chunks are not the signed ones.
    pub(super) fn fault(&self, cut: Cut, piece: &Piece, chunks: &[u64]) -> VolumeFault {
        let payload = &self.0.payload;
        let begins_wrong = chunks.first() == Some(&piece.chunks.start);
        let other = begins_wrong.then(|| payload.recognise(&piece.file, piece.start)).flatten();
        let other = other.filter(|chunk| !piece.chunks.contains(chunk));
        let places = || chunks.iter().map(|chunk| self.damage(piece, *chunk)).collect();
        let swapped = |chunk| FaultKind::Swapped { at: piece.start, holds: cut.holding(chunk) };
        let kind = other.map_or_else(|| FaultKind::Bytes { places: places() }, swapped);
        VolumeFault { volume: piece.volume, path: Some(piece.path.clone()), kind }
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
