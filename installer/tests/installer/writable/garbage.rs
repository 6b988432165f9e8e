//! What nothing needs goes, and nothing else.

use super::{Pushed, Pushing, files};
use crate::{fixture::World, process::run};
use bundles::{INDEX_TYPE, sha256};
use serde_json::{Value, json};
use std::{
    fs, thread,
    time::{Duration, Instant, SystemTime},
};

const REPOSITORY: &str = "site.example.org/app";

fn collect(world: &World, more: &[&str]) -> Value {
    let arguments = [&["--json", "gc", "overlay", "--older-than", "0"], more].concat();
    let said = run(world, arguments);
    assert_eq!(said.code, 0, "{}", said.stderr);
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn a_dry_run_lists_exactly_what_the_real_one_removes() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let (old, new) = (Pushed::new(1, 100_000), Pushed::new(2, 100_000));
    pushing.push(REPOSITORY, "latest", &old);
    pushing.push(REPOSITORY, "latest", &new);
    pushing.push_blob(REPOSITORY, b"nobody needs that");
    let upload = pushing.begin(REPOSITORY);
    pushing.send("PATCH", &upload, &[], b"half");
    let before = files(&world.path("overlay"));
    let careful = collect(&world, &["--dry-run"]);
    assert_eq!(careful["freed-bytes"].as_u64(), Some(17 + 4), "the blob and the upload");
    let listed = collect(&world, &["--dry-run", "--untagged"]);
    assert_eq!(files(&world.path("overlay")), before);
    let removed = collect(&world, &["--untagged"]);
    assert_eq!(listed["removed"], removed["removed"]);
    assert_eq!(listed["freed-bytes"], removed["freed-bytes"]);
    assert!(removed["freed-bytes"].as_u64().unwrap() > 100_000);
    pushing.assert_whole(REPOSITORY, "latest", &new);
    for gone in [&old.manifest, &old.blobs[0], &old.blobs[1]] {
        let names: Vec<_> =
            files(&world.path("overlay")).iter().map(|path| path.display().to_string()).collect();
        let hex = sha256(gone).hex().to_owned();
        assert!(!names.iter().any(|name| name.contains(&hex)), "{hex} is still there");
    }
    let again = collect(&world, &["--untagged"]);
    assert_eq!((&again["removed"], &again["freed-bytes"]), (&json!([]), &json!(0)));
}

#[test]
fn what_an_index_lists_and_what_refers_to_a_tagged_image_stays() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let (child, subject) = (Pushed::new(1, 10), Pushed::new(2, 20));
    pushing.push(REPOSITORY, &child.digest().to_string(), &child);
    pushing.push(REPOSITORY, "v1", &subject);
    let note = Pushed::of(b"{}", b"signature", &json!({ "subject": subject.descriptor() }));
    pushing.push(REPOSITORY, &note.digest().to_string(), &note);
    let index =
        json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [child.descriptor()] });
    let path = format!("/v2/{REPOSITORY}/manifests/all");
    let headers = [("Content-Type", INDEX_TYPE)];
    assert_eq!(pushing.send("PUT", &path, &headers, index.to_string().as_bytes()).status, 201);
    assert_eq!(collect(&world, &["--untagged"])["removed"], json!([]));
    pushing.assert_whole(REPOSITORY, &child.digest().to_string(), &child);
    pushing.assert_whole(REPOSITORY, &note.digest().to_string(), &note);
    assert_eq!(pushing.status("DELETE", &format!("/v2/{REPOSITORY}/manifests/v1")), 202);
    let gone = collect(&world, &["--untagged"])["removed"].to_string();
    for digest in [subject.digest(), note.digest()] {
        assert!(gone.contains(&digest.to_string()), "{gone}");
    }
    assert!(!gone.contains(&child.digest().to_string()), "{gone}");
}

#[test]
fn what_is_young_stays_and_a_repository_that_is_empty_goes() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    pushing.push_blob(REPOSITORY, b"a push may be under way");
    let said = run(&world, ["gc", "overlay"]);
    assert_eq!(said.code, 0);
    assert!(
        said.stderr.contains("nothing to remove that is 24 h old; 1 blob stays"),
        "{}",
        said.stderr
    );
    collect(&world, &[]);
    assert!(files(&world.path("overlay/blobs")).is_empty());
    assert_eq!(pushing.status("GET", &format!("/v2/{REPOSITORY}/tags/list")), 404);
    let other = run(&world, ["gc", "trust"]);
    assert_eq!(other.code, 20, "{}", other.stderr);
    assert!(other.stderr.contains("no overlay of this program"), "{}", other.stderr);
}

#[test]
fn nothing_goes_when_a_manifest_cannot_be_read() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let image = Pushed::new(1, 10);
    pushing.push(REPOSITORY, "v1", &image);
    let hex = image.digest().hex().to_owned();
    let path =
        files(&world.path("overlay/blobs")).into_iter().find(|path| path.ends_with(&hex)).unwrap();
    std::fs::write(&path, image.manifest.to_ascii_uppercase()).unwrap();
    let before = files(&world.path("overlay"));
    let said = run(&world, ["gc", "overlay", "--older-than", "0", "--untagged"]);
    assert_eq!(said.code, 40, "{}", said.stderr);
    assert!(said.stderr.contains("push the image again"), "{}", said.stderr);
    assert_eq!(files(&world.path("overlay")), before);
}

#[test]
fn nothing_goes_when_a_tag_cannot_be_read() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let image = Pushed::new(1, 10);
    pushing.push(REPOSITORY, "v1", &image);
    let tag = world.path("overlay/repositories/site.example.org+app/tags/v1");
    for wrong in ["", "sha256:12"] {
        fs::write(&tag, wrong).unwrap();
        let before = files(&world.path("overlay"));
        let said = run(&world, ["gc", "overlay", "--older-than", "0", "--untagged"]);
        assert_eq!(said.code, 40, "{}", said.stderr);
        assert!(said.stderr.contains("its tag `v1` cannot be read"), "{}", said.stderr);
        assert_eq!(files(&world.path("overlay")), before);
    }
    pushing.push(REPOSITORY, "v1", &image);
    collect(&world, &["--untagged"]);
    pushing.assert_whole(REPOSITORY, "v1", &image);
}

#[test]
fn an_upload_becomes_a_blob_only_while_nothing_is_collected() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let upload = pushing.begin(REPOSITORY);
    assert_eq!(pushing.send("PATCH", &upload, &[], b"long on its way").status, 202);
    let collecting = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(world.path("overlay/changes.lock"))
        .unwrap();
    collecting.lock().unwrap();
    let registry = *pushing;
    thread::scope(|scope| {
        let path = format!("{upload}?digest={}", sha256(b"long on its way"));
        let pushed = scope.spawn(move || registry.send("PUT", &path, &[], b"").status);
        let end = Instant::now() + Duration::from_millis(300);
        while Instant::now() < end {
            assert!(files(&world.path("overlay/blobs")).is_empty(), "the collector would take it");
            thread::yield_now();
        }
        collecting.unlock().unwrap();
        assert_eq!(pushed.join().unwrap(), 201);
    });
    assert_eq!(files(&world.path("overlay/blobs")).len(), 2, "the bytes and their hashes");
}

/// Makes everything look as if it had lain there for days.
fn age(world: &World) {
    let old = SystemTime::now() - Duration::from_hours(72);
    for path in files(&world.path("overlay")) {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(old).unwrap();
    }
}

#[test]
fn beside_pushes_nothing_goes_that_one_of_them_needs() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let images: Vec<_> = (1..30).map(|seed| Pushed::new(seed, 20_000)).collect();
    let registry = *pushing;
    let collected = thread::scope(|scope| {
        let collector = scope.spawn(|| {
            let mut removed = 0;
            for _round in 0..10 {
                let said = run(&world, ["--json", "gc", "overlay", "--untagged"]);
                assert_eq!(said.code, 0, "{}", said.stderr);
                let garbage: Value = serde_json::from_str(&said.stdout).unwrap();
                removed += garbage["removed"].as_array().unwrap().len();
            }
            removed
        });
        for (number, image) in images.iter().enumerate() {
            registry.push(REPOSITORY, "latest", image);
            registry.push(REPOSITORY, &format!("v{number}"), image);
            if number % 3 == 0 {
                age(&world);
            }
        }
        collector.join().unwrap()
    });
    for (number, image) in images.iter().enumerate() {
        pushing.assert_whole(REPOSITORY, &format!("v{number}"), image);
    }
    assert_eq!(collected, 0, "every image has a tag");
}

#[test]
fn a_manifest_whose_blobs_were_collected_meanwhile_is_refused() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let image = Pushed::new(1, 1000);
    for blob in &image.blobs {
        assert_eq!(pushing.push_blob(REPOSITORY, blob).status, 201);
    }
    age(&world);
    let gc = run(&world, ["gc", "overlay"]);
    assert!(gc.stderr.contains("freed"), "{}", gc.stderr);
    let refused = pushing.push_manifest(REPOSITORY, "v1", &image.manifest);
    assert_eq!(refused.error_code(), "MANIFEST_BLOB_UNKNOWN");
    pushing.push(REPOSITORY, "v1", &image);
    pushing.assert_whole(REPOSITORY, "v1", &image);
}
