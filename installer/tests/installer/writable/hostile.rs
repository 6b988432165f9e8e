//! Those who want more than they may: bundles stay as they are, nothing is written
//! outside the folder, nothing damaged is sent.

use super::{Pushed, Pushing, files};
use crate::{client::get, fixture::World, image::noise, process::run};
use bundles::sha256;
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::symlink,
    time::{Duration, Instant},
};

const REPOSITORY: &str = "site.example.org/app";

#[test]
fn what_a_bundle_holds_cannot_be_replaced_or_deleted() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let root = world.release.pause.root.digest.clone();
    let pause = pushing.get("/v2/registry.k8s.io/pause/manifests/3.10").body;
    assert_eq!(sha256(&pause), root);
    let evil = Pushed::new(1, 10);
    for (repository, tag) in [
        ("registry.k8s.io/pause", "3.10"),
        ("docker.io/library/nginx", "1.27"),
        ("docker.io/nginx", "1.27"),
        ("k-paas.example.org/app/server", "v1"),
    ] {
        for blob in &evil.blobs {
            assert_eq!(pushing.push_blob(repository, blob).status, 201);
        }
        let refused = pushing.push_manifest(repository, tag, &evil.manifest);
        assert_eq!(
            (refused.status, refused.error_code().as_str()),
            (403, "DENIED"),
            "{repository}"
        );
        let by_digest = format!("{}?tag={tag}", evil.digest());
        assert_eq!(pushing.push_manifest(repository, &by_digest, &evil.manifest).status, 403);
        let tag = format!("/v2/{repository}/manifests/{tag}");
        assert_eq!(pushing.status("DELETE", &tag), 405);
        assert_ne!(pushing.get(&tag).body, evil.manifest);
    }
    let same = pushing.push_manifest("registry.k8s.io/pause", "3.10", &pause);
    assert_eq!(same.status, 201, "{}", same.text());
    let layer = world.open().manifest().blobs[0].digest.clone();
    for path in [format!("manifests/{root}"), format!("blobs/{layer}")] {
        let refused =
            pushing.send("DELETE", &format!("/v2/registry.k8s.io/pause/{path}"), &[], b"");
        assert_eq!((refused.status, refused.error_code().as_str()), (405, "DENIED"), "{path}");
    }
    assert_eq!(pushing.get("/v2/registry.k8s.io/pause/manifests/3.10").body, pause);
}

#[test]
fn a_name_that_a_bundle_brings_later_is_the_bundles() {
    let world = World::new();
    let evil = Pushed::new(1, 10);
    let first = world.path("first.bottari.tar.zst");
    fs::rename(&world.bundle, &first).unwrap();
    let other =
        world.another("other", crate::fixture::Variant { release: "other", serial: 1, content: 9 });
    let arguments = [other.to_str().unwrap(), "--writable", "overlay"];
    let pushing = Pushing::to(crate::process::Serving::with(&world, arguments));
    pushing.push("registry.k8s.io/pause", "3.11", &evil);
    drop(pushing);
    // As if a bundle with this tag came: the tag is written behind the server's back.
    let tags = world.path("overlay/repositories/registry.k8s.io+pause/tags");
    fs::rename(tags.join("3.11"), tags.join("3.10")).unwrap();
    fs::rename(&first, &world.bundle).unwrap();
    let mut pushing = Pushing::start(&world);
    pushing.serving.wait_for("the bundle's image is served");
    let found = pushing.get("/v2/registry.k8s.io/pause/manifests/3.10").body;
    assert_eq!(sha256(&found), world.release.pause.root.digest);
}

#[test]
fn no_name_writes_outside_the_folder() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let image = Pushed::new(1, 10);
    pushing.push(REPOSITORY, "v1", &image);
    let outside = || -> Vec<_> {
        let all = files(world.folder.path());
        all.into_iter().filter(|path| !path.starts_with(world.path("overlay"))).collect()
    };
    let (before, inside) = (outside(), files(&world.path("overlay")));
    let digest = sha256(b"x");
    let upload = "0".repeat(32);
    for path in [
        "/v2/../../etc/blobs/uploads/".to_owned(),
        "/v2/a/../../b/blobs/uploads/".into(),
        "/v2/a/%2e%2e/b/blobs/uploads/".into(),
        "/v2/a%2f..%2fb/blobs/uploads/".into(),
        "/v2/a%00/blobs/uploads/".into(),
        "/v2/a+b/blobs/uploads/".into(),
        format!("/v2/{REPOSITORY}/blobs/uploads/../../../../x"),
        format!("/v2/{REPOSITORY}/blobs/uploads/%2e%2e%2fx"),
        format!("/v2/{REPOSITORY}/blobs/uploads/{upload}"),
        format!("/v2/{REPOSITORY}/blobs/uploads/?digest=sha256:../../../etc/passwd"),
        format!("/v2/{REPOSITORY}/blobs/uploads/?mount=../../x&from={REPOSITORY}"),
        format!("/v2/{REPOSITORY}/manifests/../../../x"),
        format!("/v2/{REPOSITORY}/manifests/%2e%2e%2f%2e%2e%2fx"),
        format!("/v2/{REPOSITORY}/manifests/..%00"),
        format!("/v2/{REPOSITORY}/manifests/.hidden"),
        format!("/v2/{REPOSITORY}/manifests/sha256:../../x"),
        format!("/v2/{REPOSITORY}/manifests/{digest}?tag=../../x"),
        format!("/v2/{REPOSITORY}/blobs/sha256:%2e%2e"),
        "/files/../overlay/x".into(),
        "/v2/_catalog".into(),
    ] {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let headers = [("Content-Type", bundles::MANIFEST_TYPE)];
            let answer = pushing.send(method, &path, &headers, &image.manifest);
            assert!((400..500).contains(&answer.status), "{method} {path}: {}", answer.status);
        }
    }
    assert_eq!(outside(), before);
    assert_eq!(files(&world.path("overlay")), inside);
    let from = format!("/v2/site.example.org/b/blobs/uploads/?mount={digest}&from=../../etc");
    assert_eq!(pushing.status("POST", &from), 202, "an upload instead");
}

#[test]
fn a_symbolic_link_in_the_folder_is_not_followed() {
    let world = World::new();
    fs::create_dir(world.path("elsewhere")).unwrap();
    let pushing = Pushing::start(&world);
    pushing.push(REPOSITORY, "v1", &Pushed::new(1, 10));
    let folder = world.path("overlay/repositories/site.example.org+linked");
    symlink(world.path("elsewhere"), folder).unwrap();
    let pushed = pushing.push_blob("site.example.org/linked", b"hello");
    assert_eq!(pushed.status, 500, "{}", pushed.text());
    assert!(!pushed.text().contains("overlay"), "{}", pushed.text());
    let digest = sha256(b"secret");
    let blobs = world.path("overlay/blobs/sha256").join(&digest.hex()[..2]);
    fs::create_dir_all(&blobs).unwrap();
    symlink("/etc/passwd", blobs.join(digest.hex())).unwrap();
    let mounted =
        pushing.status("POST", &format!("/v2/{REPOSITORY}/blobs/uploads/?mount={digest}"));
    assert_eq!(mounted, 500);
    assert!(files(&world.path("elsewhere")).is_empty());
}

#[test]
fn damaged_bytes_are_never_sent_and_a_new_push_heals_them() {
    let world = World::new();
    let mut pushing = Pushing::start(&world);
    let layer = noise(3, 5_000_000);
    let image = Pushed::of(b"{}", &layer, &serde_json::json!({}));
    pushing.push(REPOSITORY, "v1", &image);
    let digest = sha256(&layer);
    let path = world.path("overlay/blobs/sha256").join(&digest.hex()[..2]).join(digest.hex());
    let mut bytes = layer.clone();
    bytes[3_500_000] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let blob = format!("/v2/{REPOSITORY}/blobs/{digest}");
    let got = get(pushing.address(), &blob);
    assert_eq!((got.status, got.promised()), (200, layer.len()));
    assert!(got.body.len() <= 3 << 20 && layer.starts_with(&got.body), "{} bytes", got.body.len());
    let part = |range| pushing.send("GET", &blob, &[("Range", range)], b"");
    assert!(part("bytes=0-9").body == layer[..10]);
    let damaged = part("bytes=3500000-3500001");
    assert_eq!((damaged.status, damaged.error_code().as_str()), (500, "DAMAGED"));
    pushing.serving.wait_for("is damaged at byte 3145728");
    assert_eq!(pushing.status("GET", "/healthz"), 503);
    assert_eq!(pushing.push_blob(REPOSITORY, &layer).status, 201);
    pushing.assert_whole(REPOSITORY, "v1", &image);
}

#[test]
fn a_client_that_sends_far_too_much_still_hears_why_it_is_refused() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let much = vec![b'x'; 50 << 20];
    let refused = pushing.push_manifest(REPOSITORY, "v1", &much);
    assert_eq!((refused.status, refused.error_code().as_str()), (413, "SIZE_INVALID"));
    let upload = format!("/v2/{REPOSITORY}/blobs/uploads/{}", "0".repeat(32));
    let refused = pushing.send("PATCH", &upload, &[], &much);
    assert_eq!((refused.status, refused.error_code().as_str()), (404, "BLOB_UPLOAD_UNKNOWN"));
}

#[test]
fn whoever_announces_a_manifest_and_sends_none_keeps_nobody_waiting() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let head = format!(
        "PUT /v2/{REPOSITORY}/manifests/slow HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    );
    let slow = || {
        let mut stream = TcpStream::connect(pushing.address()).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        // The server asks for the body now: it has begun to wait for it.
        let mut asked = [0; 25];
        stream.read_exact(&mut asked).unwrap();
        assert!(asked.starts_with(b"HTTP/1.1 100"));
        stream
    };
    let _slow: Vec<_> = (0..4).map(|_| slow()).collect();
    let begun = Instant::now();
    pushing.push(REPOSITORY, "v1", &Pushed::new(1, 10));
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn a_registry_for_everybody_is_not_opened_by_accident() {
    let world = World::new();
    let bundle = world.bundle.to_str().unwrap();
    let serve = |more: &[&str]| {
        let said = run(&world, [&["serve", bundle], more].concat());
        format!("{}exit code {}", said.stderr_in(&world), said.code)
    };
    fs::create_dir(world.path("full")).unwrap();
    fs::write(world.path("full/letter"), "dear").unwrap();
    let _pushing = Pushing::start(&world);
    let told = [
        serve(&["--writable", "new", "--listen", "0.0.0.0:0"]),
        serve(&["--writable", "full", "--listen", "127.0.0.1:0"]),
        serve(&["--writable", "overlay", "--listen", "127.0.0.1:0"]),
        serve(&["--writable", "new", "--quota", "much"]),
        serve(&["--quota", "1GiB"]),
    ];
    assert!(!world.path("new").exists());
    insta::assert_snapshot!(told.join("\n\n"), @"
    error: `--writable` without users would let everybody who reaches 0.0.0.0:0 push images
    hint: name who may push with `--users FILE`; or listen on 127.0.0.1; or, where everybody in this network may push, say so with `--anonymous-push`
    exit code 20

    error: `full` is not empty and no overlay of this program
    hint: name a folder that is new or empty
    exit code 20

    error: another server already keeps its images in `overlay`
    hint: `fuser overlay/serving.lock` tells which process; one server may serve any number of bundles
    exit code 50

    error: invalid value 'much' for '--quota <SIZE>': `much` is no size: expected a whole number with KiB, MiB, GiB, TiB, KB, MB, GB or TB, such as `4480MiB`

    For more information, try '--help'.
    exit code 2

    error: the following required arguments were not provided:
      --writable <DIR>

    Usage: bottari-installer serve --writable <DIR> --quota <SIZE> --state-dir <DIR> <BUNDLE>...

    For more information, try '--help'.
    exit code 2
    ");
}
