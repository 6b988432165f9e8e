//! Blobs that are laid into a bundle while they arrive.

use crate::{
    BlobSource, BundlePlan, Landing, WriteError,
    testing::{Blobs, draft_of, noise, options, sample},
};
use manifests::Digest;
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
        let Some(mut place) = landing.place(digest) else { continue };
        for piece in bytes.chunks(77_777) {
            place.append(piece).unwrap();
        }
        place.done(&crate::sha256(bytes)).unwrap();
        landed.push(digest.clone());
    }
    assert!(landed.len() > 4 && landed.len() < ground.blobs.0.len(), "all but the compressed one");
    let bundle = ground.finish(landing, &Without(&ground.blobs, &landed)).unwrap();
    assert!(bundle == written_at_once());
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
