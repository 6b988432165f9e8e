//! What a damaged bundle still gives: right bytes, to the first that cannot be had.

use super::{judge::range_of, medium::Medium};
use crate::effort::chance;
use bundles::{BlobRecord, Bundle};
use std::{collections::BTreeSet, io::Read};

/// How many blobs are read of each bundle.
const SAMPLE: usize = 4;

/// Fails when a blob of the bundle gives a wrong byte, or when one that touches
/// none of the lost chunks is not all there.
pub(crate) fn gives_right_bytes_or_none(
    medium: &Medium,
    bundle: &Bundle,
    lost: &BTreeSet<usize>,
    number: usize,
) {
    let mut chance = chance(number);
    for _ in 0..SAMPLE {
        let blobs = &medium.intact.manifest.blobs;
        let blob = &blobs[chance.usize(0..blobs.len())];
        let right = &medium.intact.blobs[&blob.digest];
        let from = chance.usize(0..=right.len());
        let mut found = Vec::new();
        let reader = bundle.read(&blob.digest, from as u64..u64::MAX);
        let ended = reader.unwrap().read_to_end(&mut found);
        assert!(right[from..].starts_with(&found), "a wrong byte of {}", blob.digest);
        let is_whole = found.len() == right.len() - from;
        assert_eq!(ended.is_ok(), is_whole, "{} ended early without a word", blob.digest);
        assert!(is_whole || touches(medium, blob, lost), "{} is intact", blob.digest);
    }
}

fn touches(medium: &Medium, blob: &BlobRecord, chunks: &BTreeSet<usize>) -> bool {
    let end = blob.offset + blob.frames.iter().sum::<u64>();
    chunks
        .iter()
        .map(|chunk| range_of(medium, *chunk))
        .any(|chunk| blob.offset < chunk.end && end > chunk.start)
}
