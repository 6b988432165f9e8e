//! Bundles whose table of contents is fine and signed, and whose blobs are not
//! what it says. Whoever takes a blob out finds it.

use crate::{
    BundleManifest, Encoding, Kind,
    attack::{Hostile, table, told},
    format::frame,
    testing::{noise, sha512, small_sample, written_small},
};
use insta::assert_snapshot;
use manifests::{Digest, event::Silent};

fn hostile() -> Hostile {
    Hostile(written_small())
}

/// Where the content of a stored blob lies in the payload.
fn content(manifest: &BundleManifest, digest: &Digest) -> usize {
    let blob = manifest.blobs.iter().find(|blob| blob.digest == *digest).unwrap();
    (blob.offset + frame::stored_offset(blob.prefix_len())) as usize
}

#[test]
fn a_blob_with_the_bytes_of_another_is_not_copied() {
    let hostile = hostile();
    let layer = crate::sha256(&noise(1, 3000));
    let path = hostile.repacked(|m, payload| payload[content(m, &layer)] ^= 1);
    let bundle = hostile.open(&path);
    bundle.verify(1, &Silent).unwrap(); // these are the bytes that were signed
    let mut out = Vec::new();
    let error = bundle.copy(&layer, &mut out).unwrap_err();
    assert_snapshot!(told(&error, &path), @"the manifest of bundle `BUNDLE` is wrong: blob sha256:HASH has the bytes of sha256:HASH");
    assert!(error.to_string().contains(&format!("blob {layer} has")), "{error}");
}

#[test]
fn a_manifest_with_the_bytes_of_another_is_found_by_verify() {
    let hostile = hostile();
    let index =
        hostile.manifest().names.iter().find(|n| n.kind == Kind::Image).unwrap().digest.clone();
    let path = hostile.repacked(|m, payload| payload[content(m, &index)] ^= 1);
    let error = hostile.open(&path).verify(1, &Silent).unwrap_err();
    assert_snapshot!(told(&error, &path), @"the manifest of bundle `BUNDLE` is wrong: blob sha256:HASH has the bytes of sha256:HASH");
}

#[test]
fn a_sha256_that_is_not_that_of_the_bytes_is_found_when_they_are_copied() {
    let hostile = hostile();
    let digest = sha512(&noise(2, 70_000));
    let path = hostile.changed(|m| {
        let blob = m.blobs.iter_mut().find(|blob| blob.digest == digest).unwrap();
        blob.sha256 = Some(Digest::from_sha256(&[7; 32]));
    });
    let error = hostile.open(&path).bytes(&digest, u64::MAX).unwrap_err();
    assert_snapshot!(told(&error, &path), @"the manifest of bundle `BUNDLE` is wrong: blob sha512:HASH has another SHA-256: sha256:HASH");
}

#[test]
fn the_bomb_of_the_next_test_is_one() {
    let bomb = bomb();
    let mut plain = zstd::stream::Decoder::new(&bomb[..]).unwrap();
    assert_eq!(std::io::copy(&mut plain, &mut std::io::sink()).unwrap(), 250 << 20);
    assert!(bomb.len() < 9000);
}

#[test]
fn a_frame_gives_exactly_the_bytes_it_stands_for() {
    let hostile = hostile();
    let kubectl = small_sample().0.files[0].digest.clone();
    let bad: [(&str, Vec<u8>); 5] = [
        ("fewer", zstd::bulk::compress(b"short", 1).unwrap()),
        ("a byte less", zstd::bulk::compress(&vec![0; 9727], 1).unwrap()),
        ("a byte more", zstd::bulk::compress(&vec![0; 9729], 1).unwrap()),
        ("a bomb", bomb()),
        ("no zstd", noise(3, 600)),
    ];
    let lines = bad.map(|(case, frame)| {
        let path = hostile.repacked(|m, payload| replace_frame(m, payload, &frame));
        let error = hostile.open(&path).bytes(&kubectl, u64::MAX).unwrap_err();
        (case, told(&error, &path))
    });
    assert_snapshot!(table(lines), @r#"
    fewer: the manifest of BUNDLE is wrong: frame 0 of blob sha256:HASH does not hold its 9728 bytes
    a byte less: the manifest of BUNDLE is wrong: frame 0 of blob sha256:HASH does not hold its 9728 bytes
    a byte more: the manifest of BUNDLE is wrong: frame 0 of blob sha256:HASH does not hold its 9728 bytes
    a bomb: the manifest of BUNDLE is wrong: frame 0 of blob sha256:HASH does not hold its 9728 bytes
    no zstd: the manifest of BUNDLE is wrong: frame 0 of blob sha256:HASH does not hold its 9728 bytes
    "#);
}

/// A frame of 8 KB that is 250 MiB of zeros and says so: as many blocks of one
/// repeated byte as fit into what this frame may take.
fn bomb() -> Vec<u8> {
    const BLOCKS: u32 = 2000;
    const BLOCK: u32 = 128 * 1024;
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x38]; // 4 bytes of content size
    frame.extend_from_slice(&(BLOCKS * BLOCK).to_le_bytes());
    for block in 1..=BLOCKS {
        let header = u32::from(block == BLOCKS) | 1 << 1 | BLOCK << 3;
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

/// Puts another frame in the place of the last blob's only one.
fn replace_frame(manifest: &mut BundleManifest, payload: &mut Vec<u8>, frame: &[u8]) {
    let blob = manifest.blobs.last_mut().unwrap();
    assert_eq!((blob.encoding, blob.frames.len()), (Encoding::Zstd, 1));
    let old = blob.offset as usize..(blob.offset + blob.frames[0]) as usize;
    payload.splice(old, frame.iter().copied());
    blob.frames[0] = frame.len() as u64;
}
