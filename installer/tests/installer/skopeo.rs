//! Real clients: skopeo copies everything there is.

use crate::{fixture::World, process::Serving};
use std::{
    env,
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
};

/// Whether a program can be run here. Where `CI` is set it must be there, and
/// elsewhere it is said aloud when it is not.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        assert!(env::var_os("CI").is_none(), "`{program}` must be installed where CI is set");
        skipped(&format!("`{program}` is not installed, nothing is proved about it"));
    }
    found
}

/// Says that a test proves nothing here, past the capture of its output.
pub(crate) fn skipped(why: &str) {
    // A closed terminal is no reason to fail.
    let _said = writeln!(io::stderr(), "\nSKIPPED: {why}\n");
}

fn copy(source: &str, target: &Path, more: &[&str]) {
    let target = format!("oci:{}", target.display());
    let mut skopeo = Command::new("skopeo");
    skopeo.args(["--insecure-policy", "copy", "-q", "--src-tls-verify=false"]).args(more);
    let output = skopeo.args([source, &target]).output().unwrap();
    assert!(output.status.success(), "{source}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn skopeo_copies_every_name_by_tag_and_by_digest() {
    if !has("skopeo") {
        return;
    }
    let world = World::new();
    let serving = Serving::start(&world);
    let bundle = world.open();
    // Skopeo itself cannot copy blobs that SHA-512 names (1.22: "saved with digest
    // sha256:..."); that they are served is proved in `distribution`.
    let names = bundle.manifest().names.iter().filter(|record| !record.name.contains("tool-v1"));
    for (index, record) in names.enumerate() {
        let (repository, _) = record.name.rsplit_once(':').unwrap();
        let by_tag = format!("docker://{}/{}", serving.address, record.name);
        let by_digest = format!("docker://{}/{repository}@{}", serving.address, record.digest);
        copy(&by_tag, &world.path(&format!("tag-{index}")), &[]);
        copy(&by_digest, &world.path(&format!("digest-{index}")), &[]);
    }
}

#[test]
fn skopeo_copies_every_platform() {
    if !has("skopeo") {
        return;
    }
    let world = World::new();
    let serving = Serving::start(&world);
    let source = |name| format!("docker://{}/{name}", serving.address);
    copy(&source("quay.io/app/whole:v1"), &world.path("all"), &["--all"]);
    let copied = std::fs::read_dir(world.path("all/blobs/sha256")).unwrap().count();
    assert_eq!(copied, 7, "an index, and manifest, config and layer of two images");
    for arch in ["amd64", "arm64"] {
        let platform = ["--override-arch", arch];
        copy(&source("k-paas.example.org/app/server:v1"), &world.path(arch), &platform);
    }
}
