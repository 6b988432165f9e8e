//! Every byte of a bundle against its signed hashes: of the file, or of every
//! volume, copies of one included, and of parity against its own hashes.

use super::{Bundle, complete, parity::Spare};
use crate::{
    error::BundleError,
    format::CHUNK_SIZE,
    parallel,
    volumes::{Cut, Part, ResendList, VolumeFault},
};
use manifests::event::{Event, Outcome, Reporter, Transfer};
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Mutex,
};

/// Something that was read: a chunk of a piece, or a row of a parity volume, both
/// by their place in the bundle's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Read {
    Chunk(usize, u64),
    Row(usize, u64),
}

/// What came of reading everything that there is of a bundle.
#[derive(Debug)]
pub struct Survey {
    pub(super) bundle: Bundle,
    bad: BTreeSet<Read>,
    /// Chunks that are nowhere intact.
    pub(super) lost: BTreeSet<u64>,
    /// Parity that is intact.
    pub(super) spare: Spare,
    /// All that is wrong, in the order of the volumes.
    faults: Vec<VolumeFault>,
}

impl Bundle {
    /// Checks every byte, on `jobs` threads, in one sequential read; then that
    /// nothing the manifest promises is missing. Reports all damage, not only
    /// the first. What is damaged and there unharmed as well is a warning.
    pub fn verify(&self, jobs: usize, reporter: &dyn Reporter) -> Result<(), BundleError> {
        self.survey(jobs, reporter).judge(reporter)
    }

    /// Reads everything on `jobs` threads and takes note of what is damaged.
    pub fn survey(&self, jobs: usize, reporter: &dyn Reporter) -> Survey {
        // What was read is not verified yet: that is for whoever judges it.
        let title = "reading".to_owned();
        let bytes = Some(self.reads().into_iter().map(|read| self.len_of(read)).sum());
        reporter.report(&Event::PhaseStarted { title: title.clone(), items: 1, bytes });
        let bad = self.bad_copies(jobs, reporter);
        reporter.report(&Event::PhaseFinished { title });
        let (lost, spare) = (self.lost(&bad), self.spare(&bad));
        let faults = self.all_faults(&bad);
        Survey { bundle: self.clone(), bad, lost, spare, faults }
    }

    fn bad_copies(&self, jobs: usize, reporter: &dyn Reporter) -> BTreeSet<Read> {
        let reads = self.reads();
        let name = self.path().file_name().unwrap_or_default().to_string_lossy();
        let bytes = reads.iter().map(|read| self.len_of(*read)).sum();
        let transfer = Transfer::start(reporter, &name, Some(bytes));
        let bad = Mutex::new(BTreeSet::new());
        let Ok(()) = parallel::for_each(jobs, &reads, Vec::new, |buffer, read| {
            if !self.is_intact(*read, buffer) {
                bad.lock().expect("no thread panics with the lock").insert(*read);
            }
            transfer.advance(self.len_of(*read));
            Ok::<_, Infallible>(())
        });
        transfer.finish(Outcome::Done);
        bad.into_inner().expect("no thread panics with the lock")
    }

    /// All that there is to read, file by file.
    fn reads(&self) -> Vec<Read> {
        let pieces = self.0.payload.pieces().iter().enumerate();
        let chunks = pieces
            .flat_map(|(at, piece)| piece.chunks.clone().map(move |chunk| Read::Chunk(at, chunk)));
        let parity = self.0.parity.iter().enumerate();
        let rows = parity.flat_map(|(at, file)| (0..file.rows).map(move |row| Read::Row(at, row)));
        chunks.chain(rows).collect()
    }

    fn len_of(&self, read: Read) -> u64 {
        match read {
            Read::Chunk(_, chunk) => self.chunk_len(chunk),
            Read::Row(..) => CHUNK_SIZE,
        }
    }

    fn is_intact(&self, read: Read, buffer: &mut Vec<u8>) -> bool {
        match read {
            Read::Chunk(at, chunk) => {
                self.0.payload.check(&self.0.payload.pieces()[at], chunk, buffer)
            }
            Read::Row(at, row) => self.0.parity[at].check(row, buffer),
        }
    }

    fn spare(&self, bad: &BTreeSet<Read>) -> Spare {
        let row = |read: &Read| match read {
            Read::Row(at, row) => Some((*at, *row)),
            Read::Chunk(..) => None,
        };
        Spare::new(&self.0.parity, &bad.iter().filter_map(row).collect())
    }

    /// What was wrong from the start, and what reading has shown.
    fn all_faults(&self, bad: &BTreeSet<Read>) -> Vec<VolumeFault> {
        let mut chunks: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        let mut rows: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for read in bad {
            match read {
                Read::Chunk(at, chunk) => chunks.entry(*at).or_default().push(*chunk),
                Read::Row(at, row) => rows.entry(*at).or_default().push(*row),
            }
        }
        let (pieces, parity) = (self.0.payload.pieces(), &self.0.parity);
        let mut faults = self.faults().to_vec();
        faults.extend(chunks.iter().map(|(at, chunks)| self.fault(&pieces[*at], chunks)));
        faults.extend(rows.iter().map(|(at, rows)| parity[*at].fault(rows)));
        faults.sort_by_key(|fault| fault.part);
        faults
    }

    fn lost(&self, bad: &BTreeSet<Read>) -> BTreeSet<u64> {
        let mut lost: BTreeSet<u64> = (0..self.chunk_count()).collect();
        for (at, piece) in self.0.payload.pieces().iter().enumerate() {
            for chunk in
                piece.chunks.clone().filter(|chunk| !bad.contains(&Read::Chunk(at, *chunk)))
            {
                lost.remove(&chunk);
            }
        }
        lost
    }
}

/// Why a fault need not worry anybody.
fn comfort(fault: &VolumeFault) -> &'static str {
    match fault.part {
        Some(Part::Parity(_)) => "the bundle is whole without it",
        _ => "copies of it hold every byte",
    }
}

impl Survey {
    /// Fails when a byte is nowhere to be had, or a file should not be there.
    pub fn judge(&self, reporter: &dyn Reporter) -> Result<(), BundleError> {
        let bundle = &self.bundle;
        let error = match bundle.volumes() {
            None if self.lost.is_empty() => None,
            None => Some(self.damaged_file()),
            Some(cut) => self.damaged_volumes(cut),
        };
        if let Some(error) = error {
            return Err(error);
        }
        for fault in self.faults() {
            reporter.report(&Event::Warning { text: format!("{fault}; {}", comfort(fault)) });
        }
        complete::check(bundle)
    }

    pub(super) fn damaged_file(&self) -> BundleError {
        let pieces = self.bundle.0.payload.pieces();
        let bad = self.bad.iter().filter_map(|read| match read {
            Read::Chunk(at, chunk)
                if self.lost.contains(chunk) && pieces[*at].path == self.bundle.path() =>
            {
                Some((&pieces[*at], *chunk))
            }
            _ => None,
        });
        self.bundle
            .damaged_file(bad.map(|(piece, chunk)| self.bundle.damage(piece, chunk)).collect())
    }

    /// What to ask for, when bytes are nowhere to be had.
    pub fn resend_list(&self) -> Option<ResendList> {
        let (bundle, faults) = (&self.bundle, self.faults());
        let notes = faults.iter().map(ToString::to_string).collect();
        let list =
            || ResendList::new(bundle.release(), bundle.manifest_sha256(), &self.lost, notes);
        (!self.lost.is_empty()).then(list)
    }

    fn damaged_volumes(&self, cut: Cut) -> Option<BundleError> {
        let faults = self.faults();
        let usable = self.lost.is_empty() && !faults.iter().any(VolumeFault::is_stray);
        (!usable).then(|| {
            let can_rebuild = !self.lost.is_empty() && self.spare.suffices(cut, &self.lost);
            self.bundle.damaged_volumes(faults.to_vec(), can_rebuild)
        })
    }

    pub(super) fn faults(&self) -> &[VolumeFault] {
        &self.faults
    }

    /// Whether a chunk of a piece is as it was signed.
    pub(super) fn is_good(&self, piece: usize, chunk: u64) -> bool {
        !self.bad.contains(&Read::Chunk(piece, chunk))
    }
}
