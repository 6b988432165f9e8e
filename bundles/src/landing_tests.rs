//! Blobs that are laid into a bundle while they arrive.

use crate::{
    BlobSource, BundlePlan, Landing, WriteError,
    testing::{Blobs, draft_of, noise, options, sample, text},
};
use manifests::{Digest, lockfile::LockedFile};
use std::{
    fs, io,
    io::Read,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A place for a bundle.
struct Ground {
    folder: TempDir,
    plan: BundlePlan,
    blobs: Blobs,
}

impl Ground {
    fn new() -> Self {
        let (lockfile, blobs) = sample();
        let plan = BundlePlan::new(&lockfile, &lockfile.render(), &[]).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), plan, blobs }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("bundle")
    }

    fn begin(&self) -> Landing<'_> {
        Landing::begin(&self.plan, &self.path()).unwrap()
    }

    fn finish(&self, landing: Landing<'_>, source: &dyn BlobSource) -> Result<Vec<u8>, WriteError> {
        landing.finish(source, options(2))?.finish()?;
        Ok(fs::read(self.path()).unwrap())
    }
}

/// Blobs that have landed must not be asked for.
struct Without<'a>(&'a Blobs, &'a [Digest]);

impl BlobSource for Without<'_> {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        assert!(!self.1.contains(digest), "{digest} has landed");
        self.0.open(digest)
    }
}

fn written_at_once() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path: &Path = &folder.path().join("b");
    draft_of(&sample(), path, 2).finish().unwrap();
    fs::read(path).unwrap()
}

#[test]
fn blobs_land_in_pieces_of_any_length_and_the_bytes_are_the_same() {
    let ground = Ground::new();
    let landing = ground.begin();
    let mut landed = Vec::new();
    for (digest, bytes) in &ground.blobs.0 {
        let mut place = landing.place(digest).unwrap();
        for piece in bytes.chunks(77_777) {
            place.append(piece).unwrap();
        }
        place.done(&crate::sha256(bytes)).unwrap();
        landed.push(digest.clone());
    }
    let bundle = ground.finish(landing, &Without(&ground.blobs, &landed)).unwrap();
    assert!(bundle == written_at_once());
}

#[test]
fn compressed_blobs_land_only_in_their_order() {
    let (mut lockfile, mut blobs) = sample();
    for seed in 1..6 {
        let bytes = text(9_000_000 + seed).split_off(5000);
        let (digest, size) = (crate::sha256(&bytes), bytes.len() as u64);
        let name = format!("text-{seed}").parse().unwrap();
        lockfile.files.push(LockedFile { name, size, digest, ..lockfile.files[0].clone() });
        blobs.0.insert(crate::sha256(&bytes), bytes);
    }
    let folder = tempfile::tempdir().unwrap();
    let plan = BundlePlan::new(&lockfile, &lockfile.render(), &[]).unwrap();
    let landing = Landing::begin(&plan, &folder.path().join("b")).unwrap();
    let order: Vec<_> = landing.in_order().collect();
    assert_eq!(order.len(), 6, "without the lockfile, which is ours");
    assert!(landing.place(order[1]).is_none());
    for digest in &order[..4] {
        let mut place = landing.place(digest).unwrap();
        place.append(&blobs.0[*digest]).unwrap();
        place.done(digest).unwrap();
    }
    landing.finish(&blobs, options(3)).unwrap().finish().unwrap();
    let at_once = folder.path().join("at-once");
    draft_of(&(lockfile, blobs), &at_once, 2).finish().unwrap();
    assert!(fs::read(folder.path().join("b")).unwrap() == fs::read(at_once).unwrap());
}

#[test]
fn a_blob_that_began_anew_lies_there_as_it_came_last() {
    let ground = Ground::new();
    let landing = ground.begin();
    let layer = noise(1, 9_000_000);
    let digest = crate::sha256(&layer);
    let mut place = landing.place(&digest).unwrap();
    place.append(&noise(7, 5_000_000)).unwrap();
    place.restart();
    place.append(&layer).unwrap();
    place.done(&digest).unwrap();
    let bundle = ground.finish(landing, &ground.blobs).unwrap();
    assert!(bundle == written_at_once());
}

#[test]
fn what_did_not_land_whole_is_brought_from_the_source() {
    let ground = Ground::new();
    let landing = ground.begin();
    let layer = noise(1, 9_000_000);
    let digest = crate::sha256(&layer);
    let mut short = landing.place(&digest).unwrap();
    short.append(&noise(7, 8_999_999)).unwrap();
    assert!(short.done(&digest).is_err());
    let mut long = landing.place(&digest).unwrap();
    assert!(long.append(&noise(7, 9_000_001)).is_err());
    drop(long);
    let bundle = ground.finish(landing, &ground.blobs).unwrap();
    assert!(bundle == written_at_once());
}

#[test]
fn a_landing_that_is_given_up_leaves_nothing() {
    let ground = Ground::new();
    let landing = ground.begin();
    let digest = crate::sha256(&noise(1, 9_000_000));
    landing.place(&digest).unwrap().append(b"some").unwrap();
    drop(landing);
    assert_eq!(fs::read_dir(ground.folder.path()).unwrap().count(), 0);
}

#[test]
fn wrong_bytes_that_packed_worse_leave_nothing_behind_the_right_ones() {
    let ground = Ground::new();
    let landing = ground.begin();
    let kubectl = text(17_000_000);
    let digest = crate::sha256(&kubectl);
    landing.place(&digest).unwrap().append(&noise(7, 17_000_000)).unwrap();
    let mut place = landing.place(&digest).unwrap();
    place.append(&kubectl).unwrap();
    place.done(&digest).unwrap();
    let bundle = ground.finish(landing, &ground.blobs).unwrap();
    assert!(bundle == written_at_once());
}

#[test]
fn only_a_file_is_replaced_by_a_bundle() {
    let ground = Ground::new();
    std::os::unix::net::UnixListener::bind(ground.path()).unwrap();
    assert!(Landing::begin(&ground.plan, &ground.path()).is_err());
    let absent = ground.folder.path().join("absent/");
    assert!(Landing::begin(&ground.plan, &absent).is_err());
    assert_eq!(fs::read_dir(ground.folder.path()).unwrap().count(), 1);
}
