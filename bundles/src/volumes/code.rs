//! Reed-Solomon over the chunks that stand in one row: the n-th chunk of every
//! volume. Parity of a row rebuilds as many of its chunks as there are parity
//! volumes, whichever they are.
//!
//! The code is Leopard-RS over GF(2^16), as `reed-solomon-simd` computes it. The
//! kind of a parity label stands for it: another code would be `parity/2`.

use super::Cut;
use crate::format::CHUNK_SIZE;
use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

/// Bytes that the shards of all threads together may take.
const MEMORY: u64 = 64 << 20;

/// Why shards can be neither too few nor of a wrong length.
const FITS: &str = "every row has the shape that the code was made for";

/// How many chunks a row has, and how much of each is worked on at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) data: usize,
    pub(crate) parity: usize,
    /// Bytes of a chunk that are in memory at once.
    pub(crate) slice: usize,
}

impl Shape {
    /// The shape for a cut. The more volumes, the smaller the slices: memory is
    /// the same for any number of them.
    pub(crate) fn new(cut: Cut, parity: u64, jobs: usize) -> Self {
        let shards = cut.count().next_power_of_two() + parity.next_power_of_two();
        let room = MEMORY / (shards * jobs.max(1) as u64);
        let slice = (1 << room.max(4096).ilog2()).min(CHUNK_SIZE) as usize;
        Self { data: cut.count() as usize, parity: parity as usize, slice }
    }

    /// Where the slices of a chunk begin.
    pub(crate) fn slices(self) -> impl Iterator<Item = u64> {
        (0..CHUNK_SIZE).step_by(self.slice)
    }

    pub(crate) fn encoder(self) -> ReedSolomonEncoder {
        ReedSolomonEncoder::new(self.data, self.parity, self.slice).expect(FITS)
    }

    pub(crate) fn decoder(self) -> ReedSolomonDecoder {
        ReedSolomonDecoder::new(self.data, self.parity, self.slice).expect(FITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_a_bound_whatever_the_number_of_volumes() {
        for (volumes, parity, jobs) in [(1, 1, 1), (9, 2, 2), (31, 3, 64), (999, 99, 64)] {
            let shape = Shape::new(Cut::in_volumes_of(1, volumes).unwrap(), parity, jobs);
            let shards = (shape.data.next_power_of_two() + shape.parity.next_power_of_two()) as u64;
            let bytes = shards * shape.slice as u64 * jobs as u64;
            assert!(bytes <= MEMORY || shape.slice == 4096, "{shape:?}");
            assert_eq!(CHUNK_SIZE % shape.slice as u64, 0);
            assert_eq!(shape.slices().count() as u64, CHUNK_SIZE / shape.slice as u64);
        }
    }

    /// Parity that is made today has to be understood by every later version.
    #[test]
    fn the_code_gives_the_bytes_it_always_gave() {
        let mut encoder = ReedSolomonEncoder::new(3, 2, 64).unwrap();
        for shard in 0..3_u8 {
            let bytes: Vec<u8> = (0..64_u8).map(|n| n.wrapping_mul(7) ^ (shard * 31)).collect();
            encoder.add_original_shard(&bytes).unwrap();
        }
        let result = encoder.encode().unwrap();
        let parity: Vec<u8> = result.recovery_iter().flatten().copied().collect();
        insta::assert_snapshot!(hex::encode(parity), @"27dcabd2a5a8dfa6d12a058e0b288f04817a0da3d40572d7a05bde557a59dc5741484b090ae6e5a7a4ad5b531a148880c9c0c33e3d797a90939ad3db2d236a6206fa84e698aad4b6c83462e27e52cc4cd02c520779b7c95729d549c99fb32faf808e84ddd7c4ce979d935c5f0f0eebe8b8b6bc7a702b21303a346467a8a9f9fa");
    }
}
