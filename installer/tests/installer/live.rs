//! Bundles that come and go while the registry runs.

use crate::{
    client::{connect, get, read},
    fixture::{DEMO, Variant, World},
    process::Serving,
};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

const PAUSE: &str = "/v2/registry.k8s.io/pause/manifests/3.10";
const YAML: &str = "/files/calico/calico.yaml";
const NEWER: Variant = Variant { serial: 4, content: 2, ..DEMO };

/// A folder with the demo bundle in it, served.
fn serve(world: &World) -> (PathBuf, Serving) {
    let folder = world.path("bundles");
    fs::create_dir(&folder).unwrap();
    fs::rename(&world.bundle, folder.join("demo.bottari.tar.zst")).unwrap();
    let mut serving = Serving::with(world, [&folder]);
    serving.wait_for("is intact");
    (folder, serving)
}

#[test]
fn a_bundle_that_comes_is_verified_and_served_and_the_old_one_can_go() {
    let world = World::new();
    let newer = world.another("newer", NEWER);
    let (folder, mut serving) = serve(&world);
    let old = get(serving.address, PAUSE).header("docker-content-digest").unwrap().to_owned();
    assert!(get(serving.address, YAML).text().contains("'1'"));

    fs::rename(newer, folder.join("newer.bottari.tar.zst")).unwrap();
    let line = serving.wait_for("demo 1.4.0 (serial 4) is served from now on");
    assert!(line.contains("every byte of it is intact"), "{line}");
    assert!(serving.wait_for("in two bundles").contains("demo 1.4.0 (serial 4) is served, not"));
    let new = get(serving.address, PAUSE).header("docker-content-digest").unwrap().to_owned();
    assert_ne!(new, old);
    assert!(get(serving.address, YAML).text().contains("'2'"));
    let by_digest = |digest: &str| {
        get(serving.address, &format!("/v2/registry.k8s.io/pause/manifests/{digest}")).status
    };
    assert_eq!((by_digest(&old), by_digest(&new)), (200, 200));
    let metrics = get(serving.address, "/metrics");
    assert!(metrics.text().contains("bottari_bundle_intact{release=\"demo\",version=\"1.4.0\""));

    fs::remove_file(folder.join("demo.bottari.tar.zst")).unwrap();
    serving.wait_for("demo 1.3.0 (serial 3) is not served any more");
    let by_digest = |digest: &str| {
        get(serving.address, &format!("/v2/registry.k8s.io/pause/manifests/{digest}")).status
    };
    assert_eq!((by_digest(&old), by_digest(&new)), (404, 200));
    let state = fs::read_to_string(world.path("state/serials.json")).unwrap();
    assert!(state.contains("\"demo\": 4"), "{state}");
}

#[test]
fn what_is_being_read_of_a_bundle_that_goes_is_read_to_its_end() {
    let world = World::new();
    let newer = world.another("newer", Variant { release: "other", serial: 1, content: 2 });
    let (folder, mut serving) = serve(&world);
    fs::rename(newer, folder.join("newer.bottari.tar.zst")).unwrap();
    serving.wait_for("other 1.1.0 (serial 1) is served from now on");
    let mut stream = connect(serving.address);
    let path = "/files/kubernetes/amd64/kubectl";
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    stream.peek(&mut [0]).unwrap();
    fs::remove_file(folder.join("demo.bottari.tar.zst")).unwrap();
    serving.wait_for("demo 1.3.0 (serial 3) is not served any more");
    let answer = read(stream);
    assert_eq!((answer.status, answer.body.len()), (200, answer.promised()));
}

#[test]
fn a_bundle_that_is_damaged_or_half_there_is_told_and_not_served() {
    let world = World::new();
    let newer = world.another("newer", NEWER);
    let (folder, mut serving) = serve(&world);
    let old = get(serving.address, PAUSE).body;
    let mut bytes = fs::read(&newer).unwrap();
    let last = bytes.len() - 2_000_000;
    bytes[last] ^= 1;
    let place = folder.join("newer.bottari.tar.zst");
    fs::write(&place, &bytes).unwrap();
    serving.signal("HUP");
    let line = serving.wait_for("1 bundle from before stay served");
    assert!(line.contains("newer.bottari.tar.zst` is damaged"), "{line}");
    fs::write(&place, &bytes[..last]).unwrap();
    serving.wait_for("newer.bottari.tar.zst` is");
    assert!(get(serving.address, PAUSE).body == old);
    assert_eq!(get(serving.address, "/healthz").status, 200);
    let state = fs::read_to_string(world.path("state/serials.json")).unwrap();
    assert!(state.contains("\"demo\": 3"), "what is not served was not used: {state}");
    fs::rename(newer, &place).unwrap();
    serving.wait_for("demo 1.4.0 (serial 4) is served from now on");
}

#[test]
fn the_last_bundle_stays_and_a_rollback_is_refused() {
    let world = World::new();
    let newer = world.another("newer", NEWER);
    let (folder, mut serving) = serve(&world);
    let place = folder.join("newer.bottari.tar.zst");
    fs::rename(newer, &place).unwrap();
    serving.wait_for("demo 1.4.0 (serial 4) is served from now on");
    let new = get(serving.address, PAUSE).body;
    fs::remove_file(&place).unwrap();
    let line = serving.wait_for("2 bundles from before stay served");
    assert!(line.contains("older than serial 4 seen here"), "{line}");
    fs::remove_file(folder.join("demo.bottari.tar.zst")).unwrap();
    serving.signal("HUP");
    assert!(get(serving.address, PAUSE).body == new);
}

/// A bundle's bytes, with one of them wrong far behind its names.
fn damaged(bundle: &Path) -> Vec<u8> {
    let mut bytes = fs::read(bundle).unwrap();
    let last = bytes.len() - 2_000_000;
    bytes[last] ^= 1;
    bytes
}

#[test]
fn a_damaged_copy_over_a_good_bundle_takes_no_name_away() {
    let world = World::new();
    let other = world.another("other", Variant { release: "other", serial: 1, content: 2 });
    let copy = world.path("copy");
    fs::write(&copy, damaged(&world.bundle)).unwrap();
    let folder = world.path("bundles");
    fs::create_dir(&folder).unwrap();
    fs::rename(other, folder.join("a.bottari.tar.zst")).unwrap();
    let place = folder.join("demo.bottari.tar.zst");
    fs::rename(&world.bundle, &place).unwrap();
    let mut serving = Serving::with(&world, [&folder]);
    serving.wait_for("demo.bottari.tar.zst` is intact");
    let before = (get(serving.address, PAUSE).body, get(serving.address, YAML).body);
    fs::rename(copy, &place).unwrap();
    serving.signal("HUP");
    let line = serving.wait_for("2 bundles from before stay served");
    assert!(line.contains("is damaged"), "{line}");
    assert!((get(serving.address, PAUSE).body, get(serving.address, YAML).body) == before);
}

#[test]
fn an_old_bundle_is_not_served_in_place_of_a_damaged_new_one() {
    let world = World::new();
    let newer = world.another("newer", NEWER);
    let (folder, place) = (world.path("bundles"), world.path("bundles/newer.bottari.tar.zst"));
    fs::create_dir(&folder).unwrap();
    let bytes = damaged(&newer);
    fs::rename(newer, &place).unwrap();
    let mut serving = Serving::with(&world, [&folder]);
    serving.wait_for("is intact");
    let new = get(serving.address, PAUSE).body;
    let copy = world.path("copy");
    fs::write(&copy, bytes).unwrap();
    fs::rename(&world.bundle, folder.join("demo.bottari.tar.zst")).unwrap();
    fs::rename(copy, &place).unwrap();
    serving.signal("HUP");
    serving.wait_for("1 bundle from before stay served");
    assert!(get(serving.address, PAUSE).body == new);
}
