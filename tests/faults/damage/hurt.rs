//! One way to hurt a medium, made up by chance.

use super::medium::{Medium, Part, Shape};
use bundles::CHUNK_SIZE;
use std::ops::Range;

/// Bytes of a volume's label.
pub(crate) const LABEL: usize = 48;

/// What is different from how it should be.
#[derive(Debug)]
pub(crate) struct Hurt {
    pub(crate) kind: &'static str,
    /// Files by number, with other bytes.
    pub(crate) files: Vec<(usize, Vec<u8>)>,
    /// Files by number that are not there.
    pub(crate) gone: Vec<usize>,
    /// Files that should not be there.
    pub(crate) added: Vec<Part>,
}

/// Changes the bytes of a file.
type Change = fn(&mut Draw<'_>, Vec<u8>) -> Vec<u8>;

/// What can happen to any file.
const OF_BYTES: [(&str, Change); 11] = [
    ("flip", flip),
    ("cut", cut),
    ("removal", remove),
    ("insertion", insert),
    ("swap", swap),
    ("duplicate", duplicate),
    ("overwriting", overwrite),
    ("zero pages", zero),
    ("other release's part", part_of_the_other),
    ("other release's front", front_of_the_other),
    ("signature of another file", foreign_signature),
];

/// What can happen to volumes.
const OF_VOLUMES: [&str; 7] = [
    "missing volume",
    "wrong volume",
    "swapped volumes",
    "lying label",
    "other release's volume",
    "volume of both releases",
    "two bad volumes",
];

impl Hurt {
    pub(crate) fn any(chance: &mut fastrand::Rng, medium: &Medium) -> Self {
        let kinds = match medium.shape {
            Shape::Bundle => OF_BYTES.len(),
            Shape::Volumes | Shape::Parity => OF_BYTES.len() + OF_VOLUMES.len(),
        };
        let kind = chance.usize(0..kinds);
        let (at, next) = two(chance, medium.parts.len());
        match kind.checked_sub(OF_BYTES.len()) {
            None => Self::of_bytes(chance, medium, kind, &[at]),
            Some(kind) => Self::of_volumes(chance, medium, OF_VOLUMES[kind], (at, next)),
        }
    }

    fn new(kind: &'static str) -> Self {
        Self { kind, files: Vec::new(), gone: Vec::new(), added: Vec::new() }
    }

    fn of_bytes(chance: &mut fastrand::Rng, medium: &Medium, kind: usize, files: &[usize]) -> Self {
        let (kind, alter) = OF_BYTES[kind];
        let mut hurt = Self::new(kind);
        for at in files {
            let other = &medium.others[(*at).min(medium.others.len() - 1)].1;
            let mut draw = Draw { chance, start: medium.intact.start, other };
            hurt.files.push((*at, alter(&mut draw, medium.parts[*at].1.clone())));
        }
        hurt
    }

    fn of_volumes(
        chance: &mut fastrand::Rng,
        medium: &Medium,
        kind: &'static str,
        (at, next): (usize, usize),
    ) -> Self {
        let part = |at: usize| &medium.parts[at].1;
        let (label, chunks) = (medium.intact.start, medium.intact.start + LABEL);
        let mut hurt = Self::new(kind);
        match kind {
            "missing volume" => hurt.gone.push(at),
            "wrong volume" => hurt.files.push((at, part(next).clone())),
            "swapped volumes" => {
                let with =
                    |at: usize, of: usize| [&part(at)[..chunks], &part(of)[chunks..]].concat();
                hurt.files.extend([(at, with(at, next)), (next, with(next, at))]);
            }
            "lying label" => {
                let mut bytes = part(at).clone();
                bytes[label..chunks].copy_from_slice(&part(next)[label..chunks]);
                hurt.files.push((at, bytes));
            }
            "other release's volume" => {
                let at = at.min(medium.others.len() - 1);
                hurt.files.push((at, medium.others[at].1.clone()));
            }
            "volume of both releases" => {
                let other = &medium.others[at.min(medium.others.len() - 1)].1;
                hurt.added.push(("another".into(), other.clone()));
            }
            _ => {
                let bytes = chance.usize(0..OF_BYTES.len());
                hurt = Self { kind, ..Self::of_bytes(chance, medium, bytes, &[at, next]) };
            }
        }
        hurt
    }

    /// Whether anything is different.
    pub(crate) fn changes(&self, medium: &Medium) -> bool {
        let other = |(at, bytes): &(usize, Vec<u8>)| medium.parts[*at].1 != *bytes;
        !self.gone.is_empty() || !self.added.is_empty() || self.files.iter().any(other)
    }
}

/// Two numbers below `end` that differ, when there are two.
fn two(chance: &mut fastrand::Rng, end: usize) -> (usize, usize) {
    let first = chance.usize(0..end);
    (first, (first + chance.usize(1..end.max(2))) % end)
}

/// Chance, and what it may draw from.
struct Draw<'a> {
    chance: &'a mut fastrand::Rng,
    /// Where the payload begins.
    start: usize,
    /// The file of the other release in the same place.
    other: &'a [u8],
}

impl Draw<'_> {
    /// A place in the file: often in the header, at a border or at the end.
    fn place(&mut self, len: usize) -> usize {
        let chunk = usize::try_from(CHUNK_SIZE).unwrap();
        let place = match self.chance.u8(0..8) {
            0 | 1 => self.chance.usize(0..self.start + LABEL),
            2 => self.start + self.chance.usize(0..=len / chunk) * chunk - self.chance.usize(0..2),
            3 => len.saturating_sub(self.chance.usize(1..1100)),
            _ => self.chance.usize(0..len),
        };
        place.min(len - 1)
    }

    /// A part of the file, of one byte to a mebibyte.
    fn range(&mut self, len: usize) -> Range<usize> {
        let (start, bits) = (self.place(len), self.chance.u32(0..=20));
        start..(start + self.chance.usize(1..=1 << bits)).min(len)
    }
}

fn flip(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..draw.chance.u8(1..5) {
        let at = draw.place(bytes.len());
        bytes[at] ^= 1 << draw.chance.u8(0..8);
    }
    bytes
}

fn cut(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(draw.place(bytes.len()));
    bytes
}

fn remove(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.drain(draw.range(bytes.len()));
    bytes
}

fn insert(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    let range = draw.range(bytes.len());
    let noise: Vec<u8> = range.clone().map(|_| draw.chance.u8(..)).collect();
    bytes.splice(range.start..range.start, noise);
    bytes
}

fn swap(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    let first = draw.range(bytes.len() / 2);
    let room = bytes.len() - first.end - first.len();
    let second = first.end + draw.chance.usize(0..=room);
    let (front, back) = bytes.split_at_mut(second);
    front[first.clone()].swap_with_slice(&mut back[..first.len()]);
    bytes
}

fn duplicate(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    let range = draw.range(bytes.len());
    let again = bytes[range.clone()].to_vec();
    bytes.splice(range.end..range.end, again);
    bytes
}

fn overwrite(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    let range = draw.range(bytes.len());
    let to = draw.chance.usize(0..=bytes.len() - range.len());
    bytes.copy_within(range, to);
    bytes
}

fn zero(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    let page = draw.place(bytes.len()) / 4096 * 4096;
    let end = (page + 4096 * draw.chance.usize(1..5)).min(bytes.len());
    bytes[page..end].fill(0);
    bytes
}

fn part_of_the_other(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    let range = draw.range(bytes.len().min(draw.other.len()));
    bytes[range.clone()].copy_from_slice(&draw.other[range]);
    bytes
}

fn front_of_the_other(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    let end = draw.place(bytes.len().min(draw.other.len())) + 1;
    bytes[..end].copy_from_slice(&draw.other[..end]);
    bytes
}

/// The signature over the other release's manifest, in the place of ours.
fn foreign_signature(draw: &mut Draw<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    let (ours, theirs) = (signature(&bytes), signature(draw.other));
    let text = draw.other[theirs].to_vec();
    let len = ours.len().min(text.len());
    bytes[ours][..len].copy_from_slice(&text[..len]);
    bytes
}

/// Where the lines of the first signature lie.
fn signature(bytes: &[u8]) -> Range<usize> {
    let comment = b"untrusted comment: signature of bottari key ";
    let start = bytes.windows(comment.len()).position(|window| window == comment);
    let start = start.expect("it is signed");
    let len = bytes[start..].iter().position(|byte| *byte == 0).expect("it is filled up");
    start..start + len
}
