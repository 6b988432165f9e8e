//! Pushes as the specification describes them.

use super::{Pushed, Pushing, files};
use crate::{
    fixture::{Variant, World},
    image::noise,
    process::Serving,
};
use bundles::{INDEX_TYPE, MANIFEST_TYPE, digest, sha256};
use manifests::Algorithm;
use serde_json::json;
use std::fs;

const REPOSITORY: &str = "site.example.org/team/app";

#[test]
fn a_blob_arrives_in_every_way_and_by_either_algorithm() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    for (seed, algorithm) in [(1, Algorithm::Sha256), (2, Algorithm::Sha512)] {
        let bytes = noise(seed, 3_000_000);
        let digest = digest(&bytes, algorithm);
        let blob = format!("/v2/{REPOSITORY}/blobs/{digest}");
        let at_once = |pushing: &Pushing| {
            let path = format!("/v2/{REPOSITORY}/blobs/uploads/?digest={digest}");
            pushing.send("POST", &path, &[], &bytes)
        };
        let with_put = |pushing: &Pushing| {
            let upload = pushing.begin(REPOSITORY);
            pushing.send("PUT", &format!("{upload}?digest={digest}"), &[], &bytes)
        };
        let in_chunks = |pushing: &Pushing| {
            let mut upload = pushing.begin(REPOSITORY);
            for (from, to) in [(0, 1_048_576), (1_048_576, 1_048_577), (1_048_577, 2_900_000)] {
                let range = format!("{from}-{}", to - 1);
                let headers = [("Content-Range", range.as_str())];
                let patched = pushing.send("PATCH", &upload, &headers, &bytes[from..to]);
                assert_eq!(
                    (patched.status, patched.header("range")),
                    (202, Some(format!("0-{}", to - 1).as_str()))
                );
                upload = patched.header("location").unwrap().to_owned();
            }
            pushing.send("PUT", &format!("{upload}?digest={digest}"), &[], &bytes[2_900_000..])
        };
        for way in [&at_once as &dyn Fn(&Pushing) -> _, &with_put, &in_chunks] {
            let pushed = way(&pushing);
            assert_eq!(pushed.status, 201, "{}", pushed.text());
            assert_eq!(pushed.header("location"), Some(blob.as_str()));
            assert!(pushing.get(&blob).body == bytes);
            let part = pushing.send("GET", &blob, &[("Range", "bytes=1048570-1048580")], b"");
            assert!(part.status == 206 && part.body == bytes[1_048_570..=1_048_580]);
            assert_eq!(pushing.status("DELETE", &blob), 202);
            assert_eq!(pushing.status("HEAD", &blob), 404);
        }
    }
}

#[test]
fn a_chunk_out_of_order_is_refused_and_the_upload_says_where_to_go_on() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let upload = pushing.begin(REPOSITORY);
    let chunk = |range: &str, bytes: &[u8]| {
        pushing.send("PATCH", &upload, &[("Content-Range", range)], bytes)
    };
    assert_eq!(chunk("0-4", b"hello").status, 202);
    for (range, bytes, status) in [
        ("0-4", &b"hello"[..], 416),
        ("9-10", b"xx", 416),
        ("4-8", b"oworl", 416),
        ("5-9", b"wor", 400),
        ("9-5", b"xxxxx", 400),
        ("five", b"xxxxx", 400),
    ] {
        assert_eq!(chunk(range, bytes).status, status, "{range}");
    }
    let state = pushing.get(&upload);
    assert_eq!((state.status, state.header("range")), (204, Some("0-4")));
    let done = pushing.send("PUT", &format!("{upload}?digest={}", sha256(b"hello")), &[], b"");
    assert_eq!(done.status, 201);
    assert_eq!(pushing.status("GET", &upload), 404);
}

#[test]
fn bytes_of_another_digest_are_not_kept() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let wrong = format!("/v2/{REPOSITORY}/blobs/uploads/?digest={}", sha256(b"something else"));
    let refused = pushing.send("POST", &wrong, &[], b"hello");
    assert_eq!((refused.status, refused.error_code().as_str()), (400, "DIGEST_INVALID"));
    let other = Pushed::new(7, 10);
    let by_digest = pushing.push_manifest(REPOSITORY, &other.digest().to_string(), b"{}");
    assert_eq!((by_digest.status, by_digest.error_code().as_str()), (400, "DIGEST_INVALID"));
    assert!(files(&world.path("overlay/blobs")).is_empty());
    assert!(files(&world.path("overlay/uploads")).is_empty());
}

#[test]
fn a_cancelled_upload_leaves_nothing() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let upload = pushing.begin(REPOSITORY);
    assert_eq!(pushing.send("PATCH", &upload, &[], b"hello").status, 202);
    assert_eq!(pushing.status("DELETE", &upload), 204);
    assert_eq!(pushing.status("DELETE", &upload), 404);
    assert!(files(&world.path("overlay/uploads")).is_empty());
}

#[test]
fn a_blob_of_a_bundle_is_mounted_without_a_copy() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let bundle = world.open();
    let layer = bundle.manifest().blobs.iter().max_by_key(|blob| blob.size).unwrap();
    for from in ["", "&from=quay.io/app/server"] {
        let repository = format!("site.example.org/mounted{}", from.len());
        let blob = format!("/v2/{repository}/blobs/{}", layer.digest);
        assert_eq!(pushing.status("HEAD", &blob), 404);
        let path = format!("/v2/{repository}/blobs/uploads/?mount={}{from}", layer.digest);
        assert_eq!(pushing.status("POST", &path), 201);
        let got = pushing.get(&blob);
        assert_eq!((sha256(&got.body), got.body.len() as u64), (layer.digest.clone(), layer.size));
    }
    assert!(files(&world.path("overlay/blobs")).is_empty());
    let nowhere = format!("/v2/site.example.org/a/blobs/uploads/?mount={}", sha256(b"nowhere"));
    assert_eq!(pushing.status("POST", &nowhere), 202, "an upload instead");
}

#[test]
fn a_manifest_whose_blobs_are_missing_or_of_another_size_is_refused() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let image = Pushed::new(1, 1000);
    let refused = pushing.push_manifest(REPOSITORY, "v1", &image.manifest);
    assert_eq!((refused.status, refused.error_code().as_str()), (404, "MANIFEST_BLOB_UNKNOWN"));
    pushing.push(REPOSITORY, "v1", &image);
    let other = String::from_utf8(image.manifest.clone()).unwrap().replace(":1000", ":1001");
    let refused = pushing.push_manifest(REPOSITORY, "v2", other.as_bytes());
    assert_eq!((refused.status, refused.error_code().as_str()), (400, "MANIFEST_INVALID"));
    let large = vec![b' '; (4 << 20) + 1];
    assert_eq!(pushing.push_manifest(REPOSITORY, "v3", &large).status, 413);
    assert_eq!(pushing.get(&format!("/v2/{REPOSITORY}/tags/list")).json()["tags"], json!(["v1"]));
}

#[test]
fn lists_hold_what_bundles_and_pushes_have() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let (first, second) = (Pushed::new(1, 10), Pushed::new(2, 20));
    pushing.push("registry.k8s.io/pause", "site", &first);
    pushing.push(REPOSITORY, "b", &first);
    pushing.push(REPOSITORY, "a", &second);
    let tags = |path: &str| pushing.get(path).json()["tags"].clone();
    assert_eq!(tags("/v2/registry.k8s.io/pause/tags/list"), json!(["3.10", "signature", "site"]));
    assert_eq!(tags(&format!("/v2/{REPOSITORY}/tags/list?n=1")), json!(["a"]));
    assert_eq!(tags(&format!("/v2/{REPOSITORY}/tags/list?last=a")), json!(["b"]));
    let catalog = pushing.get("/v2/_catalog").json()["repositories"].to_string();
    assert!(catalog.contains(REPOSITORY) && catalog.contains("quay.io/app/server"), "{catalog}");
    assert_eq!(
        pushing.status("DELETE", &format!("/v2/{REPOSITORY}/manifests/{}", first.digest())),
        202
    );
    assert_eq!(tags(&format!("/v2/{REPOSITORY}/tags/list")), json!(["a"]));
    pushing.assert_whole("registry.k8s.io/pause", "site", &first);
}

#[test]
fn referrers_of_bundles_and_pushes_stand_in_one_list() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let subject = &world.release.pause.root;
    let list = format!("/v2/registry.k8s.io/pause/referrers/{}", subject.digest);
    assert_eq!(pushing.get(&list).json()["manifests"].as_array().unwrap().len(), 1);
    let described =
        json!({ "mediaType": MANIFEST_TYPE, "digest": subject.digest, "size": subject.size });
    let kind = "application/vnd.example.sbom.v1";
    let note = json!({ "subject": described, "artifactType": kind, "annotations": { "by": "us" } });
    let note = Pushed::of(b"{}", b"note", &note);
    for blob in &note.blobs {
        assert_eq!(pushing.push_blob("registry.k8s.io/pause", blob).status, 201);
    }
    let put =
        pushing.push_manifest("registry.k8s.io/pause", &note.digest().to_string(), &note.manifest);
    assert_eq!(put.header("oci-subject"), Some(subject.digest.to_string().as_str()));
    assert_eq!(pushing.get(&list).json()["manifests"].as_array().unwrap().len(), 2);
    let ours = pushing.get(&format!("{list}?artifactType={kind}"));
    assert_eq!(ours.header("oci-filters-applied"), Some("artifactType"));
    let mut expected = note.descriptor();
    expected["artifactType"] = json!(kind);
    expected["annotations"] = json!({ "by": "us" });
    assert_eq!(ours.json()["manifests"], json!([expected]));
    assert_eq!(
        pushing.status("DELETE", &format!("/v2/registry.k8s.io/pause/manifests/{}", note.digest())),
        202
    );
    assert_eq!(pushing.get(&list).json()["manifests"].as_array().unwrap().len(), 1);
    let unknown = pushing.get(&format!("/v2/nobody/referrers/{}", subject.digest));
    assert_eq!((unknown.status, unknown.json()["manifests"].clone()), (200, json!([])));
    assert_eq!(unknown.json()["mediaType"], INDEX_TYPE);
}

#[test]
fn referrers_that_do_not_fit_into_one_answer_come_page_by_page() {
    let world = World::new();
    let pushing = Pushing::start(&world);
    let subject = Pushed::new(1, 10);
    pushing.push(REPOSITORY, "v1", &subject);
    let long = "x".repeat(1_500_000);
    for number in 0..4 {
        let note = json!({ "subject": subject.descriptor(), "annotations": { "long": long, "number": number.to_string() } });
        pushing.push(REPOSITORY, &format!("note-{number}"), &Pushed::of(b"{}", b"note", &note));
    }
    let mut next = Some(format!("/v2/{REPOSITORY}/referrers/{}", subject.digest()));
    let mut sizes = Vec::new();
    while let Some(path) = next {
        let page = pushing.get(&path);
        sizes.push(page.json()["manifests"].as_array().unwrap().len());
        let link = page.header("link").map(str::to_owned);
        next = link.map(|link| link[1..link.find('>').unwrap()].to_owned());
    }
    assert_eq!(sizes, [2, 2]);
}

#[test]
fn what_is_pushed_behind_the_prefix_is_there_without_it_too() {
    let world = World::new();
    let pushing = Pushing::with(&world, &["--prefix", "mirror"]);
    let image = Pushed::new(1, 10);
    pushing.push(&format!("mirror/{REPOSITORY}"), "v1", &image);
    pushing.assert_whole(REPOSITORY, "v1", &image);
    pushing.assert_whole(&format!("mirror/{REPOSITORY}"), "v1", &image);
    pushing.push("docker.io/short", "v1", &image);
    pushing.assert_whole("mirror/docker.io/library/short", "v1", &image);
    for blob in &image.blobs {
        assert_eq!(pushing.push_blob("mirror/registry.k8s.io/pause", blob).status, 201);
    }
    let refused = pushing.push_manifest("mirror/registry.k8s.io/pause", "3.10", &image.manifest);
    assert_eq!((refused.status, refused.error_code().as_str()), (403, "DENIED"));
}

#[test]
fn images_whose_layers_left_with_a_bundle_are_named() {
    let world = World::new();
    fs::create_dir(world.path("bundles")).unwrap();
    let demo = world.path("bundles/demo.bottari.tar.zst");
    fs::rename(&world.bundle, &demo).unwrap();
    let other = Variant { release: "other", serial: 1, content: 2 };
    world.another("bundles/other.bottari.tar.zst", other);
    let serve = || Pushing::to(Serving::with(&world, ["bundles", "--writable", "overlay"]));
    let mut pushing = serve();
    let layer = world.release.pause.layer().digest.clone();
    let mounted = format!("/v2/{REPOSITORY}/blobs/uploads/?mount={layer}");
    assert_eq!(pushing.status("POST", &mounted), 201);
    fs::remove_file(&demo).unwrap();
    let told = pushing.serving.wait_for("not served here any more");
    assert!(told.contains(REPOSITORY), "{told}");
    pushing.serving.wait_for("is not served any more");
    assert_eq!(pushing.status("HEAD", &format!("/v2/{REPOSITORY}/blobs/{layer}")), 404);
    drop(pushing);
    assert_eq!(serve().serving.wait_for("not served here any more"), told);
}
