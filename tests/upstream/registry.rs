use super::get;
use journeys::{
    fixtures::{images, media},
    stock,
    upstream::{Image, Upstream, blob_path, manifest_path, sha256, sha512, tags_path},
};
use manifests::{Algorithm, ImageRef};
use std::{path::Path, process::Command};

fn name(shape: &str) -> ImageRef {
    format!("registry.example.org/shapes/{shape}:1").parse().unwrap()
}

fn with_every_shape() -> (Upstream, Vec<(&'static str, Image)>) {
    let upstream = Upstream::start().unwrap();
    let shapes = images::every_shape();
    for (shape, image) in &shapes {
        upstream.put_image(&name(shape), image);
    }
    (upstream, shapes)
}

#[test]
fn manifests_are_found_by_tag_and_by_digest_with_their_media_type() {
    let (upstream, shapes) = with_every_shape();
    for (shape, image) in &shapes {
        let by_tag = get(&upstream, &manifest_path(&name(shape)), &[]);
        assert_eq!((by_tag.status, &by_tag.body[..]), (200, &image.root.bytes[..]), "{shape}");
        assert_eq!(by_tag.header("content-type"), Some(image.root.media_type.as_str()));
        for manifest in image.manifests() {
            let whole = format!("{}@{}", name(shape).name(), manifest.digest);
            let by_digest = get(&upstream, &manifest_path(&whole.parse().unwrap()), &[]);
            let digest = manifest.digest.to_string();
            assert_eq!(by_digest.header("docker-content-digest"), Some(digest.as_str()));
            assert_eq!(sha256(&by_digest.body), manifest.digest);
        }
    }
}

#[test]
fn a_client_that_does_not_accept_the_media_type_does_not_get_it() {
    let (upstream, _) = with_every_shape();
    let path = manifest_path(&name("multi-arch"));
    let status = |accept: &str| get(&upstream, &path, &[("Accept", accept)]).status;
    assert_eq!(status(&format!("{}, {};q=0.9", media::DOCKER_LIST, media::INDEX)), 200);
    assert_eq!(status("*/*"), 200);
    assert_eq!(status(media::MANIFEST), 404);
}

#[test]
fn blobs_answer_ranges_and_belong_to_their_repository() {
    let (upstream, shapes) = with_every_shape();
    let sha512 = &shapes.iter().find(|(shape, _)| *shape == "sha512").unwrap().1.blobs[1];
    assert_eq!(sha512.digest.algorithm(), Algorithm::Sha512);
    let part =
        get(&upstream, &blob_path(&name("sha512"), &sha512.digest), &[("Range", "bytes=1-")]);
    assert_eq!((part.status, &part.body[..]), (206, &sha512.bytes[1..]));
    let elsewhere = get(&upstream, &blob_path(&name("single"), &sha512.digest), &[]);
    assert_eq!(elsewhere.status, 404);
    assert!(String::from_utf8_lossy(&elsewhere.body).contains("BLOB_UNKNOWN"));
}

#[test]
fn every_blob_of_every_shape_is_served_and_has_its_digest() {
    let (upstream, shapes) = with_every_shape();
    for (shape, image) in &shapes {
        for blob in &image.blobs {
            let body = get(&upstream, &blob_path(&name(shape), &blob.digest), &[]).body;
            let digest = match blob.digest.algorithm() {
                Algorithm::Sha256 => sha256(&body),
                Algorithm::Sha512 => sha512(&body),
            };
            assert_eq!(digest, blob.digest, "{shape}");
        }
    }
}

#[test]
fn tags_are_listed() {
    let (upstream, _) = with_every_shape();
    let body = get(&upstream, &tags_path(&name("single")), &[]).body;
    let list: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(list["name"], "registry.example.org/shapes/single");
    assert_eq!(list["tags"], serde_json::json!(["1"]));
}

#[test]
fn images_that_share_a_base_name_the_same_blob() {
    let base = images::base_layer().blob.digest;
    for payload in [b"a", b"b"] {
        let image = images::on_shared_base(payload);
        assert_eq!(image.blobs.iter().filter(|blob| blob.digest == base).count(), 1);
    }
}

#[test]
fn a_foreign_layer_is_at_its_url_and_not_in_the_registry() {
    let upstream = Upstream::start().unwrap();
    let (image, foreign) = images::foreign_layer();
    upstream.put_image(&name("foreign"), &image);
    upstream.put_file(images::FOREIGN_URL, foreign.bytes.clone());
    assert!(String::from_utf8_lossy(&image.root.bytes).contains(images::FOREIGN_URL));
    let blob = get(&upstream, &blob_path(&name("foreign"), &foreign.digest), &[]);
    assert_eq!(blob.status, 404);
}

#[test]
fn skopeo_inspects_every_shape_and_copies_what_it_can_name() {
    let folder = tempfile::tempdir().unwrap();
    let Some(skopeo) = stock::tool("skopeo", folder.path()) else { return };
    let (upstream, shapes) = with_every_shape();
    for (shape, image) in &shapes {
        let source = format!("docker://{}/{}", upstream.address(), name(shape));
        let raw = skopeo_inspect(&skopeo, &source);
        assert_eq!(raw, image.root.bytes, "{shape}");
        // skopeo cannot write a blob that is named by its SHA-512.
        if image.blobs.iter().any(|blob| blob.digest.algorithm() == Algorithm::Sha512) {
            continue;
        }
        let copy = folder.path().join(shape);
        skopeo_copy(&skopeo, &source, &copy);
        for blob in &image.blobs {
            let bytes = std::fs::read(copy.join(blob.digest.hex())).unwrap();
            assert_eq!(bytes, blob.bytes, "{shape}");
        }
    }
}

fn skopeo_inspect(skopeo: &Command, source: &str) -> Vec<u8> {
    let mut command = again(skopeo);
    stock::succeed(command.args(["inspect", "--raw", "--tls-verify=false", source])).stdout
}

fn skopeo_copy(skopeo: &Command, source: &str, to: &Path) {
    let mut command = again(skopeo);
    command.args(["--insecure-policy", "copy", "--all", "--quiet", "--src-tls-verify=false"]);
    stock::succeed(command.arg(source).arg(format!("dir:{}", to.display())));
}

/// A fresh command with the same environment.
fn again(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.env_clear();
    copy.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    copy
}
