//! What must be said about a hurt medium, worked out from its bytes alone.

use super::{
    hurt::{Hurt, LABEL},
    medium::Medium,
    reading,
};
use bundles::{Bundle, BundleError, CHUNK_SIZE, Damage, FaultKind};
use manifests::{ExitCode, Failure, event::Silent, with_causes};
use std::{collections::BTreeSet, ops::Range};

/// Words of which a refusal has one at least: it says where.
const PLACES: [&str; 8] = [
    " is damaged: bytes ",
    " was altered at byte ",
    " bytes long, expected ",
    "first bytes are damaged",
    "the signature of key ",
    "volume ",
    "the manifest of bundle ",
    " is none of the volumes: ",
];

/// Fails unless a text says where something is wrong.
pub(crate) fn names_a_place(text: &str) {
    assert!(PLACES.iter().any(|place| text.contains(place)), "no place is named: {text}");
}

/// Refused with exit code 40 and a place, or the case has failed.
fn refusal(medium: &Medium, what: &str) -> (Option<Bundle>, BundleError) {
    let (bundle, error) = match medium.open() {
        Err(error) => (None, error),
        Ok(bundle) => {
            let verified = bundle.verify(2, &Silent);
            (Some(bundle), verified.expect_err(what))
        }
    };
    assert_eq!(error.exit_code(), ExitCode::Untrusted, "{what}: {}", with_causes(&error));
    names_a_place(&with_causes(&error));
    assert!(error.hint().is_some(), "{what}: {error}");
    (bundle, error)
}

/// Looks at a hurt bundle.
pub(crate) fn bundle(medium: &Medium, hurt: &Hurt, number: usize) {
    let what = format!("case {number}, {}", hurt.kind);
    let (opened, error) = refusal(medium, &what);
    let (found, right) = (&hurt.files[0].1, &medium.parts[0].1);
    let start = medium.intact.start;
    if found.get(..start) != Some(&right[..start]) {
        if let BundleError::Header { at, .. } = error {
            let (at, other) = (in_file(usize::try_from(at).unwrap()), &medium.others[0].1);
            let is_wrong = found[at] != right[at] || found[at] != other[at];
            assert!(is_wrong, "{what}: byte {at} is named and as it should be");
        }
        return;
    }
    if found.len() != right.len() {
        let BundleError::Length { expected, found: told, .. } = error else {
            panic!("{what}: {error}");
        };
        assert_eq!((expected, told), (right.len() as u64, found.len() as u64), "{what}");
        return;
    }
    let BundleError::Damaged { places, .. } = &error else { panic!("{what}: {error}") };
    let chunks = bad_chunks(&found[start..], &right[start..]);
    let place = |chunk: &usize| damage(medium, *chunk, start as u64);
    assert_eq!(*places, chunks.iter().map(place).collect::<Vec<_>>(), "{what}");
    names_a_user(medium, places, &error.to_string());
    let opened = opened.expect("the header is intact");
    reading::gives_right_bytes_or_none(medium, &opened, &chunks, number);
}

/// Looks at hurt volumes.
pub(crate) fn volumes(medium: &Medium, hurt: &Hurt, number: usize) {
    let what = format!("case {number}, {}", hurt.kind);
    let (opened, error) = refusal(medium, &what);
    let text = error.to_string();
    for at in hurt.gone.iter().copied().chain(changed(medium, hurt).into_iter().map(|(at, _)| at)) {
        let volume = format!("volume {} of {}", at + 1, medium.parts.len());
        assert!(text.contains(&volume), "{what}: expected `{volume}`, found `{text}`");
    }
    for (name, _) in &hurt.added {
        assert!(text.contains(&format!("/{name}`")), "{what}: {text}");
    }
    for (at, bytes) in changed(medium, hurt) {
        one_volume(medium, &error, (at, bytes), &what);
    }
    if let Some(bundle) = opened {
        reading::gives_right_bytes_or_none(medium, &bundle, &lost(medium, hurt), number);
    }
}

fn changed<'a>(medium: &Medium, hurt: &'a Hurt) -> Vec<(usize, &'a Vec<u8>)> {
    let files = hurt.files.iter().map(|(at, bytes)| (*at, bytes));
    files.filter(|(at, bytes)| medium.parts[*at].1 != **bytes).collect()
}

/// The chunks of volumes that are not as they should be.
fn lost(medium: &Medium, hurt: &Hurt) -> BTreeSet<usize> {
    let per_volume = chunks_per_volume(medium);
    let files =
        hurt.gone.iter().copied().chain(changed(medium, hurt).into_iter().map(|(at, _)| at));
    files.flat_map(|at| at * per_volume..(at + 1) * per_volume).collect()
}

fn chunks_per_volume(medium: &Medium) -> usize {
    medium.intact.manifest.chunks.len().div_ceil(medium.parts.len())
}

/// A volume in which nothing but payload is wrong is damaged in exactly those
/// chunks, unless their bytes are known to be another volume's.
fn one_volume(medium: &Medium, error: &BundleError, (at, found): (usize, &[u8]), what: &str) {
    let right = &medium.parts[at].1;
    let front = medium.intact.start + LABEL;
    if found.len() != right.len() || found[..front] != right[..front] {
        return;
    }
    let BundleError::Volumes { faults, .. } = error else { panic!("{what}: {error}") };
    let path = medium.path(&medium.parts[at].0);
    let fault = faults.iter().find(|fault| fault.path.as_ref() == Some(&path));
    let FaultKind::Bytes { places } = &fault.expect("the volume is told").kind else { return };
    let first = at * chunks_per_volume(medium);
    let chunks = bad_chunks(&found[front..], &right[front..]);
    let offset = (front as u64).wrapping_sub(first as u64 * CHUNK_SIZE);
    let place = |chunk: &usize| damage(medium, first + chunk, offset);
    assert_eq!(*places, chunks.iter().map(place).collect::<Vec<_>>(), "{what}");
    names_a_user(medium, places, &error.to_string());
}

/// Chunks whose bytes are not the right ones.
fn bad_chunks(found: &[u8], right: &[u8]) -> BTreeSet<usize> {
    let size = usize::try_from(CHUNK_SIZE).unwrap();
    let pairs = found.chunks(size).zip(right.chunks(size)).enumerate();
    pairs.filter(|(_, (found, right))| found != right).map(|(chunk, _)| chunk).collect()
}

/// How a bad chunk must be told, with the users of all blobs in it.
fn damage(medium: &Medium, chunk: usize, offset: u64) -> Damage {
    let manifest = &medium.intact.manifest;
    let bytes = range_of(medium, chunk);
    let blobs = manifest.blobs.iter().filter(|blob| {
        blob.offset < bytes.end && blob.offset + blob.frames.iter().sum::<u64>() > bytes.start
    });
    let users: BTreeSet<String> = blobs.flat_map(|blob| blob.users.clone()).collect();
    let bytes = bytes.start.wrapping_add(offset)..bytes.end.wrapping_add(offset);
    Damage { bytes, users: users.into_iter().collect() }
}

/// The bytes of the payload in a chunk.
pub(crate) fn range_of(medium: &Medium, chunk: usize) -> Range<u64> {
    let start = chunk as u64 * CHUNK_SIZE;
    start..(start + CHUNK_SIZE).min(medium.intact.manifest.payload_size)
}

/// Whoever reads the text learns which image or file is hit, by its name.
fn names_a_user(medium: &Medium, places: &[Damage], text: &str) {
    let Some(user) = places.iter().flat_map(|place| &place.users).next() else { return };
    assert!(text.contains(&format!("part of `{user}`")), "{text}");
    let names = medium.intact.manifest.blobs.iter().flat_map(|blob| &blob.users);
    assert!(names.into_iter().any(|name| name == user) && !user.contains("sha256:"), "{text}");
}

/// Where a plain byte of the header lies in the file (docs/bundle-format.md section 2).
fn in_file(plain: usize) -> usize {
    14 + 3 * (plain / 131_072 + 1) + plain
}
