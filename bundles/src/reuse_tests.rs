//! A bundle that is made of an earlier one.

use crate::{
    BlobSource, BundlePlan, Reuse, WriteError, WriteOptions,
    testing::{
        Blobs, Written, draft_of, noise, options, release, sample, text, written, written_of,
    },
    write,
};
use manifests::{Digest, Failure, lockfile::Lockfile};
use std::{fs, io, io::Read, os::unix::fs::FileExt, path::Path, sync::Mutex};

/// A source that remembers what it was asked for.
#[derive(Default)]
struct Watched {
    blobs: Blobs,
    opened: Mutex<Vec<Digest>>,
}

impl BlobSource for Watched {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        self.opened.lock().unwrap().push(digest.clone());
        self.blobs.open(digest)
    }
}

impl Watched {
    fn of(blobs: &Blobs) -> Self {
        Self { blobs: blobs.clone(), ..Self::default() }
    }

    fn opened(self) -> Vec<Digest> {
        self.opened.into_inner().unwrap()
    }
}

/// What a build gives that knows no earlier bundle; nobody signs, because the
/// signatures of these tests differ each time.
fn anew(lockfile: &Lockfile, blobs: &Blobs) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anew");
    draft_of(&(lockfile.clone(), blobs.clone()), &path, 2).finish().unwrap();
    fs::read(path).unwrap()
}

/// Writes the bundle of a lockfile out of an earlier one.
fn rewrite(
    lockfile: &Lockfile,
    source: &dyn BlobSource,
    earlier: &Written,
    path: &Path,
) -> Result<(), WriteError> {
    let reuse = Reuse::new(earlier.open().unwrap()).unwrap();
    let options = WriteOptions { reuse: Some(&reuse), ..options(3) };
    let plan = BundlePlan::new(lockfile, &lockfile.render(), &[]).unwrap();
    write(&plan, source, path, options)?.finish().map(drop)
}

#[test]
fn the_same_lockfile_gives_the_same_bytes_without_reading_a_blob() {
    let earlier = written();
    let path = earlier.folder.path().join("again");
    let source = Watched::default();
    let (lockfile, blobs) = sample();
    rewrite(&lockfile, &source, &earlier, &path).unwrap();
    assert!(fs::read(path).unwrap() == anew(&lockfile, &blobs));
    assert_eq!(source.opened(), []);
}

#[test]
fn only_what_is_new_is_read_and_the_bytes_are_those_of_a_build_without() {
    let earlier = written();
    let (lockfile, blobs) = release(2_500_000, text(9_000_000), |_| ());
    let path = earlier.folder.path().join("next");
    let source = Watched::of(&blobs);
    rewrite(&lockfile, &source, &earlier, &path).unwrap();
    assert!(fs::read(path).unwrap() == anew(&lockfile, &blobs));
    let mut opened = source.opened();
    opened.sort();
    let layer = crate::sha256(&noise(1, 2_500_000));
    assert!(opened.contains(&layer) && opened.contains(&lockfile.files[0].digest), "{opened:?}");
    assert!(!opened.contains(&lockfile.files[1].digest), "the archive is in the earlier bundle");
}

#[test]
fn what_was_packed_at_another_level_is_packed_anew() {
    let (lockfile, blobs) = sample();
    let mut other = lockfile.clone();
    other.compression_level = 3;
    let earlier = written_of(&(other, blobs.clone()));
    let path = earlier.folder.path().join("next");
    let source = Watched::of(&blobs);
    rewrite(&lockfile, &source, &earlier, &path).unwrap();
    assert!(fs::read(path).unwrap() == anew(&lockfile, &blobs));
    assert_eq!(source.opened(), [lockfile.files[0].digest.clone()]);
}

#[test]
fn a_damaged_bundle_is_not_copied_from_and_nothing_is_left() {
    let earlier = written();
    let bundle = earlier.open().unwrap();
    let middle = earlier.payload_start() as u64 + bundle.manifest().payload_size / 2;
    let mut byte = [0];
    earlier.file().read_exact_at(&mut byte, middle).unwrap();
    earlier.file().write_all_at(&[byte[0] ^ 1], middle).unwrap();
    let path = earlier.folder.path().join("next");
    let source = Watched::of(&sample().1);
    let error = rewrite(&sample().0, &source, &earlier, &path).unwrap_err();
    assert!(matches!(error, WriteError::Reuse(_)), "{error}");
    assert!(error.hint().unwrap().contains("without `--reuse`"));
    earlier.nothing_else_is_there();
}
