//! A bundle that is damaged, or changes while it is served: no client ever gets
//! a reply of full length with a wrong byte in it.

use crate::{
    client::{ask, get},
    fixture::World,
    process::Serving,
};
use bundles::CHUNK_SIZE;
use std::{fs, os::unix::fs::FileExt};

/// A place in the second chunk of a blob.
fn in_second_chunk(record: &bundles::BlobRecord) -> u64 {
    CHUNK_SIZE - record.offset % CHUNK_SIZE + 1_000_000
}

#[test]
fn damage_is_found_named_and_never_sent() {
    let world = World::new();
    let digest = &world.release.big.layer().digest;
    let damaged = world.damaged(digest, in_second_chunk);
    let mut serving = Serving::with(&world, [&damaged]);
    let line = serving.wait_for("is damaged");
    assert!(line.starts_with("warning: ") && line.contains("app/quay.io/app/"), "{line}");
    let health = get(serving.address, "/healthz");
    assert_eq!((health.status, &health.json()["status"]), (503, &"damaged".into()));
    assert!(!health.text().contains(world.folder.path().to_str().unwrap()));
    let path = format!("/v2/quay.io/app/server/blobs/{digest}");
    let cut = get(serving.address, &path);
    assert_eq!(cut.status, 200);
    assert!(cut.body.len() < cut.promised(), "all {} bytes came", cut.body.len());
    let mut whole = Vec::new();
    world.open().copy(digest, &mut whole).unwrap().unwrap();
    assert!(!cut.body.is_empty() && whole.starts_with(&cut.body));
    // What lies elsewhere is as good as ever.
    assert!(get(serving.address, "/v2/registry.k8s.io/pause/manifests/3.10").status == 200);
    let first = ask(serving.address, "GET", &path, &[("Range", "bytes=0-99")]);
    assert!(first.body == whole[..100]);
}

#[test]
fn damage_in_the_first_chunk_is_an_error_and_not_a_reply() {
    let world = World::new();
    let digest = &world.release.big.layer().digest;
    let damaged = world.damaged(digest, |_| 600);
    let serving = Serving::with(&world, [&damaged]);
    let answer = get(serving.address, &format!("/v2/quay.io/app/server/blobs/{digest}"));
    assert_eq!((answer.status, answer.error_code().as_str()), (500, "DAMAGED"));
    assert!(!answer.text().contains(world.folder.path().to_str().unwrap()));
}

#[test]
fn a_file_that_changes_while_it_is_served_is_noticed() {
    let world = World::new();
    let mut serving = Serving::start(&world);
    serving.wait_for("is intact");
    let digest = &world.release.big.layer().digest;
    let bundle = world.open();
    let start = bundle.file_size() - bundle.manifest().payload_size;
    let record = bundle.blob(digest).unwrap();
    let file = fs::File::options().write(true).open(&world.bundle).unwrap();
    file.write_all_at(b"changed", start + record.offset + in_second_chunk(record)).unwrap();
    let cut = get(serving.address, &format!("/v2/quay.io/app/server/blobs/{digest}"));
    assert!(cut.body.len() < cut.promised());
    serving.wait_for("is damaged");
    assert_eq!(get(serving.address, "/healthz").status, 503);
}
