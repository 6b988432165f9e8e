//! Everything that is locked is in the bundle and comes out of it again, under
//! every name, by tag and by digest.

use super::Works;
use journeys::{
    client,
    serving::Serving,
    stock,
    upstream::{sha256, sha512},
};
use manifests::{
    Arch, Digest, ImageRef,
    lockfile::{LockedImage, LockedManifest, Lockfile},
};
use std::net::SocketAddr;

/// Images that are copied with a stock tool too: a K-PaaS name, a moving tag, and
/// one that is known by its digest alone.
const SAMPLE: [&str; 3] = [
    "registry.k-paas.org/k8s/pause:3.10",
    "quay.io/ceph/ceph:v19",
    "gcr.io/knative-releases/knative.dev/serving/cmd/queue:kubeflow-1.7.0",
];

#[test]
fn everything_is_pulled_by_every_name_out_of_one_bundle() {
    let works = Works::open();
    let lockfile = works.bundle();
    works.builder(&["-q", "check", "kpaas.lock", "--offline"]);
    works.builder(&["verify", "kpaas.bundle", "--trust", "release.pub"]);

    let serving = Serving::start(&works.sandbox, "kpaas.bundle", "release.pub");
    assert!(lockfile.images.len() > 130, "{} images", lockfile.images.len());
    for image in &lockfile.images {
        pull(serving.address, image);
    }
    fetch_files(serving.address, &lockfile);
    for name in SAMPLE {
        copy(&works, serving.address, name);
    }
}

fn pull(address: SocketAddr, image: &LockedImage) {
    let carried: Vec<_> = image.manifests.iter().filter(|manifest| !manifest.omitted).collect();
    for arch in [Arch::Amd64, Arch::Arm64] {
        let is_there = carried.iter().any(|manifest| runs_on(manifest, arch));
        assert!(is_there, "{} for {arch}", image.name);
    }
    for name in image.names() {
        let tag = name.tag().unwrap();
        expect(address, &manifest(name, tag), &image.digest);
        expect(address, &manifest(name, &image.digest.to_string()), &image.digest);
        for manifest in &carried {
            pull_one(address, name, manifest);
        }
    }
}

fn pull_one(address: SocketAddr, name: &ImageRef, locked: &LockedManifest) {
    expect(address, &manifest(name, &locked.digest.to_string()), &locked.digest);
    let config = locked.config.iter().map(|config| &config.digest);
    for digest in config.chain(locked.layers.iter().map(|layer| &layer.digest)) {
        expect(address, &format!("/v2/{}/blobs/{digest}", name.name()), digest);
    }
}

fn manifest(name: &ImageRef, reference: &str) -> String {
    format!("/v2/{}/manifests/{reference}", name.name())
}

fn runs_on(manifest: &LockedManifest, arch: Arch) -> bool {
    manifest.platform.as_ref().is_some_and(|platform| platform.to_string().contains(arch.as_str()))
}

/// Every file by where its project keeps it.
fn fetch_files(address: SocketAddr, lockfile: &Lockfile) {
    for file in &lockfile.files {
        let place = file.source.as_str().trim_start_matches("https://");
        expect(address, &format!("/source/{place}"), &file.digest);
    }
}

/// The body of a path has this digest.
fn expect(address: SocketAddr, path: &str, digest: &Digest) {
    let answer = client::get(address, path, &[]).unwrap();
    assert_eq!(answer.status, 200, "{path}");
    let found = match digest.algorithm() {
        manifests::Algorithm::Sha256 => sha256(&answer.body),
        manifests::Algorithm::Sha512 => sha512(&answer.body),
    };
    assert_eq!(found, *digest, "{path}");
}

fn copy(works: &Works, address: SocketAddr, name: &str) {
    let Some(mut skopeo) = stock::tool("skopeo", &works.sandbox.path("home")) else { return };
    skopeo.current_dir(works.sandbox.path("."));
    skopeo.args(["--insecure-policy", "--override-arch", "arm64", "copy", "--quiet"]);
    skopeo.args(["--src-tls-verify=false", &format!("docker://{address}/{name}"), "dir:copied"]);
    stock::succeed(&mut skopeo);
}
