//! The label: what a volume says about itself between the header and its
//! chunks. It is a skippable zstd frame, so stock tools pass over it.

use super::{Cut, Volume};

/// Magic number of the label's frame. No payload begins like this: its first
/// frame holds a blob or the end of the archive.
pub(crate) const SKIPPABLE: [u8; 4] = [0x5b, 0x2a, 0x4d, 0x18];

/// What the label's content begins with; the number rises with its layout.
const KIND: [u8; 8] = *b"volume/1";

/// Bytes of the content: the kind and four numbers.
const CONTENT: usize = 40;

/// Which volume of which cut. Nobody has signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) cut: Cut,
    pub(crate) number: u64,
}

impl Label {
    /// Bytes of a label.
    pub(crate) const LEN: usize = 8 + CONTENT;

    pub(crate) fn volume(self) -> Volume {
        self.cut.volume(self.number)
    }

    pub(crate) fn render(self) -> [u8; Self::LEN] {
        let chunks = self.cut.chunks_of(self.number);
        let len = chunks.end - chunks.start;
        let mut out = Vec::with_capacity(Self::LEN);
        out.extend_from_slice(&SKIPPABLE);
        out.extend_from_slice(&u32::try_from(CONTENT).expect("40").to_le_bytes());
        out.extend_from_slice(&KIND);
        for number in [self.number, self.cut.count(), chunks.start, len] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.try_into().expect("a frame header, the kind and four numbers")
    }

    /// Reads a label of a bundle with so many chunks. Its numbers say one thing
    /// several times; one where they disagree is none.
    pub(crate) fn parse(bytes: &[u8; Self::LEN], chunks: u64) -> Option<Self> {
        let number = |n: usize| {
            let at = 16 + 8 * n;
            u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"))
        };
        let [number, count, first, len] = [0, 1, 2, 3].map(number);
        // The last volume may be shorter than the others, so where it begins counts.
        let per_volume = match number {
            0 => return None,
            last if last == count && last > 1 => first / (last - 1),
            _ => len,
        };
        let cut = Cut::in_volumes_of(per_volume, chunks)?;
        let label = Self { cut, number };
        (number <= cut.count() && label.render() == *bytes).then_some(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_back() {
        for chunks in [1, 2, 7, 40] {
            for per_volume in 1..=chunks {
                let cut = Cut::in_volumes_of(per_volume, chunks).unwrap();
                for Volume { number, .. } in cut.volumes() {
                    let label = Label { cut, number };
                    assert_eq!(Label::parse(&label.render(), chunks), Some(label));
                }
            }
        }
    }

    #[test]
    fn a_label_with_any_bit_flipped_is_none_or_one_of_the_same_start() {
        let cut = Cut::in_volumes_of(5, 40).unwrap();
        for number in 1..=8 {
            let label = Label { cut, number };
            for bit in 0..Label::LEN * 8 {
                let mut bytes = label.render();
                bytes[bit / 8] ^= 1 << (bit % 8);
                // Alone the first volume could be the first of another cut; its
                // length then tells.
                let read = Label::parse(&bytes, 40);
                assert!(read.is_none_or(|other| other.number == 1 && number == 1), "bit {bit}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_label_says_it_is_read_exactly_or_not_at_all(
            numbers: [u64; 4],
            small in proptest::array::uniform4(0..50_u64),
            chunks in 1..40_u64,
        ) {
            for numbers in [numbers, small] {
                let mut bytes = Label { cut: Cut::in_volumes_of(1, 1).unwrap(), number: 1 }.render();
                for (place, number) in bytes[16..].chunks_mut(8).zip(numbers) {
                    place.copy_from_slice(&number.to_le_bytes());
                }
                if let Some(label) = Label::parse(&bytes, chunks) {
                    proptest::prop_assert_eq!(label.render(), bytes);
                    proptest::prop_assert!(label.cut.chunks_of(label.number).end <= chunks);
                }
            }
        }
    }

    #[test]
    fn stock_zstd_passes_over_a_label() {
        let label = Label { cut: Cut::in_volumes_of(5, 40).unwrap(), number: 3 };
        let frames = [&label.render()[..], &crate::format::frame::store(b"content")].concat();
        assert_eq!(zstd::stream::decode_all(&frames[..]).unwrap(), b"content");
    }
}
