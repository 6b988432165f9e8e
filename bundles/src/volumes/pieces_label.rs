//! The label of a file of pieces: chunks that somebody asked for because his copy
//! of them is missing or damaged. It belongs beside that copy.

use super::seal::{self, seal, sealed_len};
use std::{fs::File, io, ops::Range};

const KIND: [u8; 8] = *b"pieces/1";

/// Bytes of a range: its first chunk and how many.
const RANGE: usize = 16;

/// Which chunks a file holds, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PiecesLabel {
    pub(crate) ranges: Vec<Range<u64>>,
}

impl PiecesLabel {
    /// Bytes of the label.
    pub(crate) fn len(&self) -> u64 {
        sealed_len((self.ranges.len() * RANGE) as u64)
    }

    pub(crate) fn render(&self, manifest: blake3::Hash) -> Vec<u8> {
        let numbers = self.ranges.iter().flat_map(|range| [range.start, range.end - range.start]);
        let body: Vec<u8> = numbers.flat_map(u64::to_le_bytes).collect();
        seal(KIND, manifest, &body)
    }

    /// Reads the label of a bundle with so many chunks, when there is one.
    pub(crate) fn read(
        file: &File,
        at: u64,
        manifest: blake3::Hash,
        chunks: u64,
    ) -> io::Result<Option<Self>> {
        let body = seal::body(file, at, KIND, manifest, chunks * RANGE as u64)?;
        Ok(body.and_then(|body| Self::parse(&body, chunks)))
    }

    fn parse(body: &[u8], chunks: u64) -> Option<Self> {
        let ranges: Vec<_> = body.chunks(RANGE).map(range).collect::<Option<_>>()?;
        let ascending = ranges.windows(2).all(|pair| pair[0].end < pair[1].start);
        let within = ranges.last().is_some_and(|last| last.end <= chunks);
        (ascending && within).then_some(Self { ranges })
    }
}

/// A range that is not empty.
fn range(bytes: &[u8]) -> Option<Range<u64>> {
    let (first, len) = bytes.split_at_checked(8)?;
    let first = u64::from_le_bytes(first.try_into().ok()?);
    let len = u64::from_le_bytes(len.try_into().ok()?);
    Some(first..first.checked_add(len)?).filter(|range| !range.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[expect(clippy::single_range_in_vec_init, reason = "a list that happens to hold one")]
    #[test]
    fn labels_are_read_back_and_ranges_that_cannot_be_are_refused() {
        let good = [vec![0..1], vec![0..2, 3..4, 9..10], vec![0..10]];
        let wrong =
            [vec![], vec![1..1], vec![0..11], vec![3..4, 1..2], vec![0..2, 2..4], vec![0..3, 2..4]];
        for (ranges, is_good) in
            good.map(|r| (r, true)).into_iter().chain(wrong.map(|r| (r, false)))
        {
            let label = PiecesLabel { ranges };
            let manifest = blake3::hash(b"manifest");
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&label.render(manifest)).unwrap();
            assert_eq!(file.metadata().unwrap().len(), label.len());
            let read = PiecesLabel::read(&file, 0, manifest, 10).unwrap();
            assert_eq!(read, is_good.then_some(label));
            assert_eq!(PiecesLabel::read(&file, 0, blake3::hash(b"other"), 10).unwrap(), None);
        }
    }
}
