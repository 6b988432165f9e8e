//! Stock tools open a bundle and take what they want out of it.

use crate::office::Office;
use journeys::stock;
use serde_json::Value;
use std::{fs, path::Path};

/// Unpacks with tar, as a security desk without our programs would.
fn unpacked() -> Office {
    let office = Office::with_bundle();
    fs::create_dir(office.path("out")).unwrap();
    let mut tar = stock::tool("tar", &office.path("home")).unwrap();
    stock::succeed(
        tar.args(["--zstd", "-xf", "demo.bundle", "-C", "out"]).current_dir(office.path(".")),
    );
    office
}

fn names(layout: &Path) -> Vec<String> {
    let index: Value =
        serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let name = |entry: &Value| {
        entry["annotations"]["org.opencontainers.image.ref.name"].as_str().map(str::to_owned)
    };
    index["manifests"].as_array().unwrap().iter().filter_map(name).collect()
}

#[test]
fn every_sum_holds_and_the_signature_is_minisigns() {
    let office = unpacked();
    let home = office.path("home");
    let mut sums = stock::tool("sha256sum", &home).unwrap();
    stock::succeed(
        sums.args(["--strict", "--quiet", "-c", "SHA256SUMS"]).current_dir(office.path("out")),
    );
    let signature = fs::read_dir(office.path("out/bottari.sigs")).unwrap().next().unwrap().unwrap();
    let Some(mut minisign) = stock::tool("minisign", &home) else { return };
    minisign
        .args(["-q", "-V", "-p", "../release.pub", "-m", "bottari.json", "-x"])
        .arg(signature.path());
    stock::succeed(minisign.current_dir(office.path("out")));
}

#[test]
fn skopeo_copies_every_image_and_every_file_out_of_the_layout() {
    let office = unpacked();
    let names = names(&office.path("out"));
    assert!(names.iter().any(|name| name.starts_with("files/")) && names.len() >= 10, "{names:?}");
    for (n, name) in names.iter().enumerate() {
        let Some(mut skopeo) = stock::tool("skopeo", &office.path("home")) else { return };
        skopeo.current_dir(office.path("."));
        // An index whose children were left out on purpose is copied by platform.
        skopeo.args(["--insecure-policy", "--override-arch", "amd64", "copy", "--quiet"]);
        skopeo.arg(format!("oci:out:{name}")).arg(format!("oci:copy-{n}:copy"));
        stock::succeed(&mut skopeo);
    }
}

#[test]
fn a_file_copied_by_skopeo_has_the_bytes_upstream_gave() {
    let office = unpacked();
    let Some(mut skopeo) = stock::tool("skopeo", &office.path("home")) else { return };
    let name = names(&office.path("out"))
        .into_iter()
        .find(|name| name.contains("/amd64/node-agent"))
        .unwrap();
    skopeo.current_dir(office.path(".")).args(["--insecure-policy", "copy", "--quiet"]);
    stock::succeed(skopeo.arg(format!("oci:out:{name}")).arg("dir:copied"));
    let (_, expected) =
        office.demo.files.iter().find(|(url, _)| url.ends_with("amd64/node-agent")).unwrap();
    let copied = fs::read_dir(office.path("copied")).unwrap();
    let same = |path: &Path| fs::read(path).unwrap() == expected[..];
    assert!(copied.into_iter().any(|file| same(&file.unwrap().path())));
}
