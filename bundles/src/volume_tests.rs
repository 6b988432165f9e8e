//! Volumes give back their bundle: of every size, in any order, from any folder,
//! under any name; and splitting leaves all of them or nothing.

use crate::{
    Acceptance, Bundle, BundleError, CHUNK_SIZE, Cut, Encoding, Gaps, SizeError, SplitError,
    SplitOptions,
    format::frame,
    split,
    testing::{Written, noise, release, text, written_of, written_small},
};
use manifests::{ExitCode, Failure, event::Silent};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

static GO_ON: AtomicBool = AtomicBool::new(false);
const OPTIONS: SplitOptions<'static> =
    SplitOptions { parity: 0, jobs: 2, stop: &GO_ON, reporter: &Silent };

/// Bytes of a label, as the document has it.
const LABEL: u64 = 48;

/// A release of seven chunks, of which the compressed blob fills part of one.
pub(crate) fn seven_chunks() -> Written {
    let written = written_of(&release(26_000_000, text(2_000_000), |_| ()));
    assert_eq!(written.open().unwrap().manifest().chunks.len(), 7);
    written
}

/// Bytes of a volume with so many chunks, which may be the largest there is.
fn size_for(bundle: &Bundle, chunks: u64) -> u64 {
    bundle.file_size() - bundle.manifest().payload_size + LABEL + chunks * CHUNK_SIZE
}

/// Splits a bundle into volumes of so many chunks, in a folder of their own.
pub(crate) fn split_into(written: &Written, folder: &str, chunks: u64) -> Vec<PathBuf> {
    split_bundle(&written.open().unwrap(), &written.folder.path().join(folder), chunks)
}

pub(crate) fn split_bundle(bundle: &Bundle, folder: &Path, chunks: u64) -> Vec<PathBuf> {
    fs::create_dir_all(folder).unwrap();
    let cut = Cut::new(bundle, size_for(bundle, chunks)).unwrap();
    split(bundle, cut, folder, OPTIONS).unwrap()
}

pub(crate) fn open(
    written: &Written,
    paths: &[PathBuf],
    gaps: Gaps,
) -> Result<Bundle, BundleError> {
    Bundle::open_one(paths, Acceptance::Trusted(&written.key.trust()), gaps)
}

/// Fails unless every byte can be had and is that of the bundle.
fn assert_same(bundle: &Bundle, written: &Written) {
    let whole = written.open().unwrap();
    bundle.verify(2, &Silent).unwrap();
    assert_eq!(bundle.manifest(), whole.manifest());
    assert_eq!(bundle.signed_by(), whole.signed_by());
    assert_eq!(bundle.file_size(), whole.file_size());
    let mut joined = Vec::new();
    bundle.joined().read_to_end(&mut joined).unwrap();
    assert!(joined == written.bytes(), "joined they are the bundle");
}

fn shuffled(mut paths: Vec<PathBuf>, seed: u64) -> Vec<PathBuf> {
    paths.sort_by_cached_key(|path| {
        blake3::hash(&[path.as_os_str().as_encoded_bytes(), &seed.to_le_bytes()].concat()).to_hex()
    });
    paths
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn volumes_of_every_size_give_back_the_bundle() {
    let written = seven_chunks();
    for (chunks, count) in [(1, 7), (2, 4), (3, 3), (4, 2), (6, 2), (7, 1)] {
        let volumes = split_into(&written, &format!("by-{chunks}"), chunks);
        assert_eq!(volumes.len(), count);
        let bundle = open(&written, &volumes, Gaps::Refuse).unwrap();
        assert_eq!(bundle.volumes().unwrap().count(), count as u64);
        assert_same(&bundle, &written);
    }
}

#[test]
fn a_volume_is_the_header_a_label_and_raw_payload_and_never_too_large() {
    let written = seven_chunks();
    let (bundle, start) = (written.open().unwrap(), written.payload_start());
    for spare in [0, 1, CHUNK_SIZE - 1] {
        let limit = size_for(&bundle, 3) + spare;
        let cut = Cut::new(&bundle, limit).unwrap();
        let folder = written.folder.path().join(format!("spare-{spare}"));
        fs::create_dir(&folder).unwrap();
        let mut payload = Vec::new();
        for path in split(&bundle, cut, &folder, OPTIONS).unwrap() {
            let volume = fs::read(path).unwrap();
            assert!(volume.len() as u64 <= limit);
            assert!(volume[..start] == written.bytes()[..start], "the same header");
            payload.extend_from_slice(&volume[start + LABEL as usize..]);
        }
        assert!(payload == written.bytes()[start..]);
        assert_eq!(names(&folder), [1, 2, 3].map(|n| format!("sample.bottari.tar.zst.00{n}of003")));
    }
}

#[test]
fn any_order_and_any_folder_will_do() {
    let written = seven_chunks();
    let mut volumes = split_into(&written, "one", 1);
    fs::create_dir(written.folder.path().join("two")).unwrap();
    for path in volumes.iter_mut().skip(3) {
        let there = written.folder.path().join("two").join(path.file_name().unwrap());
        fs::rename(&*path, &there).unwrap();
        *path = there;
    }
    for seed in 0..5 {
        let paths = shuffled(volumes.clone(), seed);
        assert_same(&open(&written, &paths, Gaps::Refuse).unwrap(), &written);
    }
    let folders = ["two", "one"].map(|name| written.folder.path().join(name));
    assert_same(&open(&written, &folders, Gaps::Refuse).unwrap(), &written);
    let one_of_each = [volumes[5].clone(), volumes[0].clone()];
    assert_same(&open(&written, &one_of_each, Gaps::Refuse).unwrap(), &written);
}

#[test]
fn any_volume_finds_its_siblings_beside_it_whatever_they_are_called() {
    let written = seven_chunks();
    let volumes = split_into(&written, "volumes", 2);
    let folder = written.folder.path().join("volumes");
    // Others may lie there too.
    for other in split_into(&written_small(), "x", 1) {
        fs::copy(&other, folder.join(other.file_name().unwrap())).unwrap();
    }
    fs::write(folder.join("README"), "discs 1 to 4").unwrap();
    for (path, name) in volumes.iter().zip(["d", "c", "b", "a"]) {
        fs::rename(path, folder.join(name)).unwrap();
    }
    for name in ["a", "c"] {
        let bundle = open(&written, &[folder.join(name)], Gaps::Refuse).unwrap();
        assert_same(&bundle, &written);
    }
}

#[test]
fn a_folder_stands_for_every_bundle_in_it() {
    let (written, other) = (seven_chunks(), written_small());
    let folder = written.folder.path().join("both");
    split_into(&written, "both", 3);
    fs::copy(&other.path, folder.join("other")).unwrap();
    let paths = [folder.clone()];
    let bundles = Bundle::open_all(&paths, Acceptance::AnySigner, Gaps::Refuse).unwrap();
    assert_eq!(bundles.len(), 2);
    let error = Bundle::open_one(&paths, Acceptance::AnySigner, Gaps::Refuse).unwrap_err();
    assert!(matches!(error, BundleError::Several { .. }), "{error:?}");
    let empty = written.folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    fs::write(empty.join("letter"), "dear").unwrap();
    fs::write(empty.join("a.bottari.tar.zst.001of002.partial"), "").unwrap();
    let error = Bundle::open(&empty, Acceptance::AnySigner).unwrap_err();
    assert!(matches!(error, BundleError::Empty { .. }), "{error:?}");
}

#[test]
fn beside_the_whole_bundle_volumes_are_checked_and_not_needed() {
    let written = seven_chunks();
    let volumes = split_into(&written, "both", 2);
    let folder = [written.folder.path().join("both")];
    fs::copy(&written.path, folder[0].join("whole")).unwrap();
    fs::remove_file(&volumes[1]).unwrap();
    let bundle = open(&written, &folder, Gaps::Refuse).unwrap();
    assert!(bundle.volumes().is_none());
    let trust = written.key.trust();
    let both = Bundle::open_all(&folder, Acceptance::Trusted(&trust), Gaps::Tell).unwrap();
    let verified: Vec<_> = both.iter().map(|one| one.verify(2, &Silent).is_ok()).collect();
    assert_eq!(verified, [false, true]);
}

#[test]
fn volumes_that_are_there_twice_and_volumes_of_two_cuts_fit_together() {
    let written = seven_chunks();
    let (by_two, by_three) = (split_into(&written, "two", 2), split_into(&written, "three", 3));
    let copies = split_into(&written, "again", 2);
    let twice = [&by_two[..], &copies[..2]].concat();
    assert_same(&open(&written, &twice, Gaps::Refuse).unwrap(), &written);
    // Chunks 0 to 3 of one cut, and 3 to 6 of the other.
    fs::remove_file(&by_two[2]).unwrap();
    fs::remove_file(&by_two[3]).unwrap();
    fs::remove_file(&by_three[0]).unwrap();
    let mixed = [&by_two[..2], &by_three[1..]].concat();
    assert_same(&open(&written, &mixed, Gaps::Refuse).unwrap(), &written);
}

#[test]
fn volumes_can_be_split_again() {
    let written = seven_chunks();
    let volumes = split_into(&written, "large", 4);
    let bundle = open(&written, &volumes, Gaps::Refuse).unwrap();
    let again = split_bundle(&bundle, &written.folder.path().join("small"), 1);
    for (path, same) in again.iter().zip(split_into(&written, "same", 1)) {
        assert_eq!(path.file_name(), same.file_name());
        assert!(fs::read(path).unwrap() == fs::read(same).unwrap());
    }
}

#[test]
fn every_range_of_a_blob_can_be_read_across_volumes() {
    let written = seven_chunks();
    let volumes = split_into(&written, "volumes", 1);
    let bundle = open(&written, &volumes, Gaps::Refuse).unwrap();
    let layer = bundle.manifest().blobs.iter().find(|blob| blob.size == 26_000_000).unwrap();
    assert_eq!(layer.encoding, Encoding::Stored);
    let content = noise(1, 26_000_000);
    for start in (0..26_000_000).step_by(1_700_000) {
        let end = (start + 6_000_000).min(26_000_000);
        let mut found = Vec::new();
        let range = start as u64..end as u64;
        bundle.read(&layer.digest, range).unwrap().read_to_end(&mut found).unwrap();
        assert!(found == content[start..end], "{start} to {end}");
    }
}

#[test]
fn sizes_that_cannot_be_are_refused_with_the_least_that_can() {
    let written = seven_chunks();
    let bundle = written.open().unwrap();
    let least = size_for(&bundle, 1);
    let error = Cut::new(&bundle, least - 1).unwrap_err();
    let header = least - CHUNK_SIZE;
    assert_eq!(error, SizeError::TooSmall { asked: least - 1, least, header });
    assert_eq!(error.exit_code(), ExitCode::Usage);
    assert_eq!(error.hint().unwrap(), "use `--volume-size 5MiB` or more");
    assert_eq!(Cut::new(&bundle, least).unwrap().count(), 7);
    assert_eq!(Cut::new(&bundle, u64::MAX).unwrap().count(), 1);
}

#[test]
fn a_damaged_bundle_or_an_interruption_leaves_no_volume() {
    let written = seven_chunks();
    let bundle = written.open().unwrap();
    let cut = Cut::new(&bundle, size_for(&bundle, 2)).unwrap();
    let folder = written.folder.path().join("volumes");
    fs::create_dir(&folder).unwrap();
    let options = SplitOptions { stop: &AtomicBool::new(true), ..OPTIONS };
    let stopped = split(&bundle, cut, &folder, options).unwrap_err();
    assert!(matches!(stopped, SplitError::Stopped), "{stopped:?}");
    let mut bytes = written.bytes();
    let last = bytes.len() - frame::stored_len(1024).unwrap() as usize;
    bytes[last] ^= 1;
    fs::write(&written.path, &bytes).unwrap();
    let damaged = split(&written.open().unwrap(), cut, &folder, OPTIONS).unwrap_err();
    assert_eq!(damaged.exit_code(), ExitCode::Untrusted);
    assert!(names(&folder).is_empty(), "{:?}", names(&folder));
}

#[test]
fn a_volume_that_cannot_get_its_name_takes_the_others_with_it() {
    let written = seven_chunks();
    let bundle = written.open().unwrap();
    let cut = Cut::new(&bundle, size_for(&bundle, 2)).unwrap();
    let folder = written.folder.path().join("volumes");
    let taken = folder.join("sample.bottari.tar.zst.003of004");
    fs::create_dir_all(taken.join("in the way")).unwrap();
    let error = split(&bundle, cut, &folder, OPTIONS).unwrap_err();
    assert!(matches!(&error, SplitError::Write { path, .. } if *path == taken), "{error:?}");
    assert_eq!(names(&folder), ["sample.bottari.tar.zst.003of004"]);
}
