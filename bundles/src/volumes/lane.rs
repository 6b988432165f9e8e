//! A chunk that is read a slice at a time: rows of many chunks need not be in
//! memory whole, and each chunk is still checked before what came of it counts.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt};

/// A chunk in a file, read from its beginning to its end.
#[derive(Debug)]
pub(crate) struct Lane<'a> {
    file: &'a File,
    place: Range<u64>,
    hasher: blake3::Hasher,
}

impl<'a> Lane<'a> {
    pub(crate) fn new(file: &'a File, place: Range<u64>) -> Self {
        Self { file, place, hasher: blake3::Hasher::new() }
    }

    /// Reads the next slice. Behind the end of a chunk that is shorter than others
    /// there are zeros.
    pub(crate) fn read(&mut self, slice: &mut [u8]) -> io::Result<()> {
        let left = self.place.end - self.place.start;
        let (bytes, rest) = slice.split_at_mut(left.min(slice.len() as u64) as usize);
        self.file.read_exact_at(bytes, self.place.start)?;
        self.place.start += bytes.len() as u64;
        self.hasher.update(bytes);
        rest.fill(0);
        Ok(())
    }

    /// What the slices so far hash to.
    pub(crate) fn hash(&self) -> blake3::Hash {
        self.hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_lane_reads_its_chunk_in_slices_and_zeros_behind_it() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"--chunk--").unwrap();
        let mut lane = Lane::new(&file, 2..7);
        let mut slice = [9; 3];
        let mut slices = Vec::new();
        for _ in 0..3 {
            lane.read(&mut slice).unwrap();
            slices.extend(slice);
        }
        assert_eq!(slices, b"chunk\0\0\0\0");
        assert_eq!(lane.hash(), blake3::hash(b"chunk"));
        assert!(Lane::new(&file, 8..12).read(&mut [0; 4]).is_err(), "the file ends before");
    }
}
