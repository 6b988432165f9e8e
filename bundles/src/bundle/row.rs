//! One row of chunks, of which some are lost: the others and as much parity give
//! them back, a slice at a time. Nothing counts before all of it was hashed, what
//! was read as well as what came of it.

use super::{Survey, repair::RepairError};
use crate::volumes::{Cut, Lane, Shape};
use reed_solomon_simd::ReedSolomonDecoder;
use std::path::Path;

/// Why shards can be neither too few nor of a wrong length.
const FITS: &str = "as many shards as the row has chunks";

/// A chunk that is read.
struct Source<'a> {
    /// Its place among the chunks, or among the parity, of the row.
    shard: usize,
    lane: Lane<'a>,
    path: &'a Path,
    expected: blake3::Hash,
}

/// A chunk that comes out.
struct Restored {
    shard: usize,
    chunk: u64,
    hasher: blake3::Hasher,
}

/// The chunks with one number in all volumes.
pub(super) struct Row<'a> {
    survey: &'a Survey,
    cut: Cut,
    data: Vec<Source<'a>>,
    /// Places of volumes that are too short to have a chunk here.
    empty: Vec<usize>,
    parity: Vec<Source<'a>>,
    /// How many parity volumes were made.
    parity_count: u64,
    restored: Vec<Restored>,
}

impl<'a> Row<'a> {
    /// A row of volumes. The survey has found enough to rebuild it.
    pub(super) fn new(survey: &'a Survey, row: u64) -> Self {
        let cut = survey.bundle.volumes().expect("rows are those of volumes");
        let (data, empty, parity, restored) = Default::default();
        let mut this = Self { survey, cut, data, empty, parity, parity_count: 0, restored };
        for volume in cut.volumes() {
            let shard = volume.number as usize - 1;
            match cut.chunk(volume.number, row) {
                None => this.empty.push(shard),
                Some(chunk) => this.take(shard, chunk),
            }
        }
        this.take_parity(row);
        this
    }

    fn take(&mut self, shard: usize, chunk: u64) {
        let payload = &self.survey.bundle.0.payload;
        let mut pieces = payload.pieces().iter().enumerate();
        let good = pieces
            .find(|(at, piece)| piece.chunks.contains(&chunk) && self.survey.is_good(*at, chunk));
        match good {
            None => self.restored.push(Restored { shard, chunk, hasher: blake3::Hasher::new() }),
            Some((_, piece)) => {
                let lane = Lane::new(&piece.file, payload.place(piece, chunk));
                let expected = payload.hash(chunk);
                self.data.push(Source { shard, lane, path: &piece.path, expected });
            }
        }
    }

    /// Takes as much parity as there are chunks to rebuild.
    fn take_parity(&mut self, row: u64) {
        let files = &self.survey.bundle.0.parity;
        for at in self.survey.spare.row(row).iter().take(self.restored.len()) {
            let file = &files[*at];
            let (parity, lane) = (file.label.parity, Lane::new(&file.file, file.place(row)));
            let (shard, expected) = (parity.number as usize - 1, file.hash(row));
            self.parity_count = parity.count;
            self.parity.push(Source { shard, lane, path: &file.path, expected });
        }
    }

    /// Gives what is lost, a slice at a time, with the chunk it is of and where in
    /// that it begins; at the end, how many bytes that was.
    pub(super) fn rebuild(
        mut self,
        jobs: usize,
        mut give: impl FnMut(u64, u64, &[u8]) -> Result<(), RepairError>,
    ) -> Result<u64, RepairError> {
        let shape = Shape::new(self.cut, self.parity_count, jobs);
        let (mut decoder, mut slice) = (shape.decoder(), vec![0; shape.slice]);
        for offset in shape.slices() {
            self.read(&mut decoder, &mut slice)?;
            let complete = decoder.decode().expect(FITS);
            for Restored { shard, chunk, hasher } in &mut self.restored {
                let shard = complete.restored_original(*shard).expect("it was not given");
                let left = self.survey.bundle.chunk_len(*chunk).saturating_sub(offset);
                let bytes = &shard[..shard.len().min(left as usize)];
                hasher.update(bytes);
                give(*chunk, offset, bytes)?;
            }
        }
        self.check()?;
        Ok(self.restored.iter().map(|one| self.survey.bundle.chunk_len(one.chunk)).sum())
    }

    fn read(
        &mut self,
        decoder: &mut ReedSolomonDecoder,
        slice: &mut [u8],
    ) -> Result<(), RepairError> {
        for Source { shard, lane, path, .. } in &mut self.data {
            lane.read(slice).map_err(|_gone| changed(path))?;
            decoder.add_original_shard(*shard, &*slice).expect(FITS);
        }
        slice.fill(0);
        for shard in &self.empty {
            decoder.add_original_shard(*shard, &*slice).expect(FITS);
        }
        for Source { shard, lane, path, .. } in &mut self.parity {
            lane.read(slice).map_err(|_gone| changed(path))?;
            decoder.add_recovery_shard(*shard, &*slice).expect(FITS);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), RepairError> {
        let mut sources = self.data.iter().chain(&self.parity);
        if let Some(source) = sources.find(|source| source.lane.hash() != source.expected) {
            return Err(changed(source.path));
        }
        let wrong =
            |one: &&Restored| one.hasher.finalize() != self.survey.bundle.chunk_hash(one.chunk);
        match self.restored.iter().find(wrong) {
            None => Ok(()),
            Some(one) => Err(RepairError::Parity { volume: self.cut.holding(one.chunk) }),
        }
    }
}

fn changed(path: &Path) -> RepairError {
    RepairError::Changed { path: path.to_owned() }
}
