//! Writes the parity volumes of a cut, from volumes that were just written: what
//! parity is made of was read back and has the signed hashes.

use super::{
    Cut, Label, Parity, ParityLabel, SplitError, SplitOptions, code::Shape, files::Partial,
    lane::Lane,
};
use crate::{bundle::Bundle, format::CHUNK_SIZE, parallel};
use manifests::event::{Outcome, Transfer};
use reed_solomon_simd::ReedSolomonEncoder;
use std::{
    io,
    os::unix::fs::FileExt,
    sync::{Mutex, atomic::Ordering},
};

/// What parity is made of, and where it goes.
pub(super) struct ParityJob<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) cut: Cut,
    /// Every volume, in order.
    pub(super) data: &'a [Partial],
    /// The parity volumes: empty files, as many as are wanted.
    pub(super) parity: &'a [Partial],
    pub(super) options: SplitOptions<'a>,
}

/// The hashes of one row's parity, by parity volume.
type RowHashes = Vec<blake3::Hash>;

impl ParityJob<'_> {
    /// Writes all of them, and gives their names to nobody.
    pub(super) fn run(&self) -> Result<(), SplitError> {
        let rows: Vec<u64> = (0..self.cut.rows()).collect();
        let bytes = self.cut.rows() * CHUNK_SIZE * self.parity.len() as u64;
        let transfer = Transfer::start(self.options.reporter, "parity", Some(bytes));
        let hashes = Mutex::new(vec![RowHashes::new(); rows.len()]);
        let shape = Shape::new(self.cut, self.parity.len() as u64, self.options.jobs);
        let state = || (shape.encoder(), vec![0; shape.slice]);
        parallel::for_each(self.options.jobs, &rows, state, |(encoder, slice), row| {
            if self.options.stop.load(Ordering::Relaxed) {
                return Err(SplitError::Stopped);
            }
            let of_row = self.encode(shape, encoder, slice, *row)?;
            hashes.lock().expect("no thread panics with the lock")[*row as usize] = of_row;
            transfer.advance(CHUNK_SIZE * self.parity.len() as u64);
            Ok(())
        })?;
        self.label(&hashes.into_inner().expect("no thread panics with the lock"))?;
        transfer.finish(Outcome::Done);
        Ok(())
    }

    /// One row: reads its chunks side by side, writes its parity, and refuses it
    /// when a chunk was not what it had to be.
    fn encode(
        &self,
        shape: Shape,
        encoder: &mut ReedSolomonEncoder,
        slice: &mut [u8],
        row: u64,
    ) -> Result<RowHashes, SplitError> {
        let mut lanes: Vec<_> =
            (1..).zip(self.data).map(|(n, file)| self.lane(n, file, row)).collect();
        let mut hashers = vec![blake3::Hasher::new(); shape.parity];
        for offset in shape.slices() {
            for (lane, volume) in lanes.iter_mut().zip(self.data) {
                match lane {
                    Some(lane) => lane.read(slice).map_err(|source| volume.failed(source))?,
                    None => slice.fill(0),
                }
                encoder.add_original_shard(&*slice).expect("as many as there are volumes");
            }
            let coded = encoder.encode().expect("all were added");
            for ((shard, file), hasher) in coded.recovery_iter().zip(self.parity).zip(&mut hashers)
            {
                let at = self.start() + row * CHUNK_SIZE + offset;
                file.file.write_all_at(shard, at).map_err(|source| file.failed(source))?;
                hasher.update(shard);
            }
        }
        self.check(row, &lanes)?;
        Ok(hashers.iter().map(blake3::Hasher::finalize).collect())
    }

    fn lane<'a>(&self, number: u64, volume: &'a Partial, row: u64) -> Option<Lane<'a>> {
        let chunk = self.cut.chunk(number, row)?;
        let at = self.header_len() + Label::LEN as u64 + row * CHUNK_SIZE;
        Some(Lane::new(&volume.file, at..at + self.bundle.chunk_len(chunk)))
    }

    fn check(&self, row: u64, lanes: &[Option<Lane<'_>>]) -> Result<(), SplitError> {
        for ((number, lane), volume) in (1..).zip(lanes).zip(self.data) {
            let chunk = self.cut.chunk(number, row);
            let expected = chunk.map(|chunk| self.bundle.chunk_hash(chunk));
            if lane.as_ref().map(Lane::hash) != expected {
                return Err(
                    volume.failed(io::Error::other("it does not read back as it was written"))
                );
            }
        }
        Ok(())
    }

    fn label(&self, rows: &[RowHashes]) -> Result<(), SplitError> {
        let count = self.parity.len() as u64;
        for (index, volume) in self.parity.iter().enumerate() {
            let parity = Parity { number: index as u64 + 1, count };
            let hashes = rows.iter().map(|row| row[index]).collect();
            let label = ParityLabel { cut: self.cut, parity, hashes };
            let front = [self.bundle.header_frame(), label.render(self.bundle.identity())].concat();
            volume.file.write_all_at(&front, 0).map_err(|source| volume.failed(source))?;
            volume.sync()?;
        }
        Ok(())
    }

    fn header_len(&self) -> u64 {
        self.bundle.file_size() - self.bundle.manifest().payload_size
    }

    /// Where the chunks of a parity volume begin.
    fn start(&self) -> u64 {
        self.header_len() + ParityLabel::len(self.cut)
    }
}
