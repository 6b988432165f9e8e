//! Bundles that come and go beside what was pushed.

use super::{Pushed, Pushing};
use crate::{
    fixture::{DEMO, Release, Variant, World, release, write_bundle},
    process::Serving,
};
use bundles::sha256;
use std::{fs, os::unix::fs::MetadataExt};

const PAUSE: &str = "/v2/registry.k8s.io/pause/manifests/3.10";

/// A bundle that does not have `registry.k8s.io/pause:3.10`, or has it.
fn put(world: &World, name: &str, release: &Release) {
    // The bundle comes in one moment.
    let path = world.path("coming.bottari.tar.zst");
    write_bundle(release, &path, &[&world.key]);
    fs::rename(path, world.path("bundles").join(name)).unwrap();
}

#[test]
fn a_push_that_a_bundle_hid_is_told_when_it_shows_again_and_can_be_deleted() {
    let world = World::new();
    fs::create_dir(world.path("bundles")).unwrap();
    let mut other = release(Variant { release: "other", serial: 1, content: 9 });
    other.lockfile.images.retain(|image| !image.name.to_string().contains("/pause:"));
    put(&world, "other.bottari.tar.zst", &other);
    let arguments = ["bundles", "--writable", "overlay"];
    let mut pushing = Pushing::to(Serving::with(&world, arguments));
    let image = Pushed::new(1, 10);
    pushing.push("registry.k8s.io/pause", "3.10", &image);

    put(&world, "demo.bottari.tar.zst", &release(DEMO));
    pushing.serving.wait_for("the bundle's image is served");
    pushing.serving.wait_for("demo 1.3.0 (serial 3) is served from now on");
    assert_eq!(sha256(&pushing.get(PAUSE).body), world.release.pause.root.digest);
    let refused = pushing.push_manifest("registry.k8s.io/pause", "3.10", &image.manifest);
    assert_eq!((refused.status, refused.error_code().as_str()), (403, "DENIED"));

    fs::remove_file(world.path("bundles/demo.bottari.tar.zst")).unwrap();
    let told = pushing.serving.wait_for("what was pushed earlier is served instead");
    assert!(told.contains("`registry.k8s.io/pause:3.10`"), "{told}");
    pushing.assert_whole("registry.k8s.io/pause", "3.10", &image);
}

#[test]
fn a_push_behind_a_bundles_tag_is_deleted_and_the_bundles_stays() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let image = Pushed::new(1, 10);
    pushing.push("registry.k8s.io/pause", "3.11", &image);
    let tags = world.path("overlay/repositories/registry.k8s.io+pause/tags");
    fs::rename(tags.join("3.11"), tags.join("3.10")).unwrap();
    assert_eq!(pushing.status("DELETE", PAUSE), 202);
    assert!(!tags.join("3.10").exists());
    assert_eq!(pushing.status("DELETE", PAUSE), 405);
    assert_eq!(sha256(&pushing.get(PAUSE).body), world.release.pause.root.digest);
}

#[test]
fn a_bundles_repository_that_begins_as_the_prefix_does_is_the_bundles() {
    let world = World::new();
    let pushing = Pushing::with(&world, &["--prefix", "registry.k8s.io"]);
    let image = Pushed::new(1, 10);
    for blob in &image.blobs {
        assert_eq!(pushing.push_blob("registry.k8s.io/pause", blob).status, 201);
    }
    let refused = pushing.push_manifest("registry.k8s.io/pause", "3.10", &image.manifest);
    assert_eq!((refused.status, refused.error_code().as_str()), (403, "DENIED"));
    assert_eq!(pushing.status("DELETE", PAUSE), 405);
}

#[test]
fn a_folder_that_is_made_is_for_the_server_alone() {
    let world = World::new();
    let _pushing = Pushing::start(&world);
    assert_eq!(fs::metadata(world.path("overlay")).unwrap().mode() & 0o777, 0o700);
}
