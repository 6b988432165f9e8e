//! A build that begins from an earlier bundle.

use crate::office::Office;
use journeys::fixtures::Options;
use serde_json::Value;
use std::{fs, os::unix::fs::MetadataExt};

const FROM_NOTHING: &str =
    "build releases/demo.lock --cache empty --offline --key release.key -o again.bundle";

fn flip(office: &Office, name: &str) {
    let mut bytes = office.read(name);
    let place = bytes.len() - 100_000;
    bytes[place] ^= 1;
    fs::write(office.path(name), bytes).unwrap();
}

#[test]
fn an_earlier_bundle_replaces_cache_and_network_and_gives_the_same_bytes() {
    let office = Office::with_bundle();
    let lacking = office.try_builder(FROM_NOTHING);
    assert_eq!(lacking.code, Some(30), "{}", lacking.stderr);
    office.builder(&format!("{FROM_NOTHING} --reuse demo.bundle"));
    assert!(office.read("again.bundle") == office.read("demo.bundle"));
}

#[test]
fn a_bundle_of_another_signer_is_reused_only_when_that_key_is_trusted() {
    let office = Office::with_bundle();
    office.builder("key generate -o other.key --no-password");
    let build = "build releases/demo.lock --offline --key other.key -o other.bundle";
    let refusal = office.refusal(&format!("{build} --reuse demo.bundle"));
    assert!(refusal.ends_with("exit code 40"), "{refusal}");
    office.builder(&format!("{build} --reuse demo.bundle --trust release.pub"));
    office.builder("verify other.bundle --trust other.pub");
}

#[test]
fn a_damaged_earlier_bundle_is_refused_by_name_and_leaves_the_old_result() {
    let office = Office::with_bundle();
    flip(&office, "demo.bundle");
    fs::write(office.path("again.bundle"), "as it was").unwrap();
    let refusal = office.refusal(&format!("{FROM_NOTHING} --reuse demo.bundle"));
    assert!(refusal.contains("demo.bundle") && refusal.ends_with("exit code 40"), "{refusal}");
    assert!(refusal.contains("without `--reuse`"), "{refusal}");
    assert_eq!(office.read("again.bundle"), b"as it was");
}

#[test]
fn a_bundle_that_would_come_out_the_same_is_checked_and_left_alone() {
    let office = Office::with_bundle();
    let inode = || fs::metadata(office.path("demo.bundle")).unwrap().ino();
    let (before, bytes) = (inode(), office.read("demo.bundle"));
    let build = "build releases/demo.lock --offline -o demo.bundle --json --key";
    let told = |key: &str| -> Value {
        serde_json::from_str(&office.builder(&format!("{build} {key}")).stdout).unwrap()
    };
    assert_eq!(told("release.key")["unchanged"], true);
    assert_eq!(inode(), before);
    office.builder("key generate -o other.key --no-password");
    assert_eq!(told("other.key")["unchanged"], false, "it bears another signature");
    office.builder("verify demo.bundle --trust other.pub");
    office.builder("sign demo.bundle --key release.key");
    assert_eq!(told("release.key")["unchanged"], false, "it bore one signature more");
    assert!(office.read("demo.bundle") == bytes);
}

#[test]
fn a_damaged_bundle_that_is_replaced_does_no_harm() {
    let office = Office::with_bundle();
    let whole = office.read("demo.bundle");
    flip(&office, "demo.bundle");
    office.builder("build releases/demo.lock --offline --key release.key -o demo.bundle");
    assert!(office.read("demo.bundle") == whole);
}

#[test]
fn a_damaged_bundle_that_is_replaced_does_no_harm_when_only_the_bundle_is_kept() {
    let office = Office::with_bundle_of(&Options { size_mib: 40, ..Options::default() });
    // Without documents blobs land while they arrive, and are nowhere else.
    let release = fs::read_to_string(office.path("releases/demo.yaml")).unwrap();
    let release = release.replace("sbom: [cyclonedx, spdx]\n", "");
    fs::write(office.path("releases/demo.yaml"), release).unwrap();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let build = "build releases/demo.lock --mirrors mirrors.yaml --no-cache --key release.key";
    office.builder(&format!("{build} -o demo.bundle"));
    let whole = office.read("demo.bundle");
    let mut damaged = whole.clone();
    damaged[1 << 20] ^= 1;
    fs::write(office.path("demo.bundle"), damaged).unwrap();
    office.builder(&format!("{build} -o demo.bundle"));
    assert!(office.read("demo.bundle") == whole);
}

#[test]
fn a_volume_is_not_taken_for_the_bundle_that_is_replaced() {
    let office = Office::with_bundle();
    let whole = office.read("demo.bundle");
    office.builder("split demo.bundle --volume-size 1GiB -o volumes");
    let volume = "volumes/demo.bundle.001of001";
    office.builder(&format!("build releases/demo.lock --offline --key release.key -o {volume}"));
    assert!(office.read(volume) == whole);
}
