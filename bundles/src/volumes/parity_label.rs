//! The label of a parity volume: which one of which cut, and what its chunks
//! hash to. A parity volume says nothing about the bundle that has to be
//! believed: what is rebuilt with it has to have the signed hashes.

use super::{
    Cut,
    seal::{self, seal, sealed_len},
};
use std::{fmt, fs::File, io};

const KIND: [u8; 8] = *b"parity/1";

/// Bytes of the numbers in front of the hashes.
const NUMBERS: u64 = 32;

/// Most parity volumes of a cut: each costs as much to carry as a volume.
pub const MAX_PARITY: u64 = 99;

/// Which parity volume of how many, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parity {
    /// Its number.
    pub number: u64,
    /// How many there are.
    pub count: u64,
}

impl Parity {
    /// How a parity volume of the bundle `name` is called: it sorts behind the
    /// volumes. No reader depends on it.
    pub(crate) fn file_name(self, name: &str) -> String {
        format!("{name}.parity{:02}of{:02}", self.number, self.count)
    }
}

impl fmt::Display for Parity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parity volume {} of {}", self.number, self.count)
    }
}

/// What a parity volume says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParityLabel {
    pub(crate) cut: Cut,
    pub(crate) parity: Parity,
    /// Of each of its chunks, as many as the largest volume has.
    pub(crate) hashes: Vec<blake3::Hash>,
}

impl ParityLabel {
    /// Bytes of a label of this cut.
    pub(crate) fn len(cut: Cut) -> u64 {
        Self::len_of(cut.rows())
    }

    /// Bytes of a label with so many hashes.
    pub(crate) const fn len_of(rows: u64) -> u64 {
        sealed_len(NUMBERS + rows * blake3::OUT_LEN as u64)
    }

    pub(crate) fn render(&self, manifest: blake3::Hash) -> Vec<u8> {
        let Self { cut, parity, hashes } = self;
        let numbers = [parity.number, parity.count, cut.count(), cut.rows()];
        let mut body: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        body.extend(hashes.iter().flat_map(|hash| *hash.as_bytes()));
        seal(KIND, manifest, &body)
    }

    /// Reads the label of a bundle with so many chunks, when there is one.
    pub(crate) fn read(
        file: &File,
        at: u64,
        manifest: blake3::Hash,
        chunks: u64,
    ) -> io::Result<Option<Self>> {
        let limit = NUMBERS + chunks * blake3::OUT_LEN as u64;
        let body = seal::body(file, at, KIND, manifest, limit)?;
        Ok(body.and_then(|body| Self::parse(&body, chunks)))
    }

    fn parse(body: &[u8], chunks: u64) -> Option<Self> {
        let (numbers, hashes) = body.split_at_checked(NUMBERS as usize)?;
        let number =
            |n: usize| u64::from_le_bytes(numbers[8 * n..8 * n + 8].try_into().expect("8 bytes"));
        let [number, count, volumes, rows] = [0, 1, 2, 3].map(number);
        let cut = Cut::in_volumes_of(rows, chunks).filter(|cut| cut.count() == volumes)?;
        let known = (1..=count).contains(&number) && count <= MAX_PARITY;
        let hashes: Vec<_> = hashes
            .chunks(blake3::OUT_LEN)
            .map(|hash| Some(blake3::Hash::from_bytes(hash.try_into().ok()?)))
            .collect::<Option<_>>()?;
        let parity = Parity { number, count };
        (known && hashes.len() as u64 == rows).then_some(Self { cut, parity, hashes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn label() -> ParityLabel {
        let cut = Cut::in_volumes_of(3, 7).unwrap();
        let hashes = (0..3_u8).map(|n| blake3::hash(&[n])).collect();
        ParityLabel { cut, parity: Parity { number: 2, count: 2 }, hashes }
    }

    fn read(bytes: &[u8], chunks: u64) -> Option<ParityLabel> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        ParityLabel::read(&file, 0, blake3::hash(b"manifest"), chunks).unwrap()
    }

    #[test]
    fn labels_are_read_back_for_the_bundle_they_are_of() {
        let bytes = label().render(blake3::hash(b"manifest"));
        assert_eq!(bytes.len() as u64, ParityLabel::len(label().cut));
        assert_eq!(read(&bytes, 7), Some(label()));
        assert_eq!(read(&bytes, 6), None, "six chunks make two volumes of three");
        assert_eq!(read(&label().render(blake3::hash(b"other")), 7), None);
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        let wrong: [fn(&mut ParityLabel); 4] = [
            |label| label.parity.number = 0,
            |label| label.parity.number = 3,
            |label| label.parity.count = MAX_PARITY + 1,
            |label| label.hashes.truncate(2),
        ];
        for change in wrong {
            let mut label = label();
            change(&mut label);
            assert_eq!(read(&label.render(blake3::hash(b"manifest")), 7), None, "{label:?}");
        }
    }
}
