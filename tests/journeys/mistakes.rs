//! What a person reads when something is wrong. Every text is reviewed here.

use crate::office::Office;
use journeys::upstream::{Fault, file_path};
use std::fs;

#[test]
fn a_release_with_a_mistake_names_the_place() {
    let office = Office::open();
    let text = fs::read_to_string(&office.demo.release).unwrap();
    fs::write(&office.demo.release, text.replace("serial:", "sreial:")).unwrap();
    insta::assert_snapshot!(office.refusal("lock releases/demo.yaml --mirrors mirrors.yaml"), @"
    error: `releases/demo.yaml` line 3, column 1: unknown field `sreial`, expected one of release, version, serial, title, arches, compression-level, sbom, extra-names, profiles, components, systems, packages, exceptions, acknowledged, omitted
    exit code 20
    ");
}

#[test]
fn a_source_that_changed_after_it_was_locked_is_refused() {
    let office = Office::open();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let (url, _) = office.demo.files.iter().find(|(url, _)| url.ends_with("network.yaml")).unwrap();
    office.upstream.put_file(url, b"something else".to_vec());
    office.builder("--version");
    fs::remove_dir_all(office.path("cache")).unwrap();
    let refusal =
        office.refusal("-q build releases/demo.lock --mirrors mirrors.yaml --key release.key -o b");
    insta::assert_snapshot!(refusal, @"
    error: `network/network-v1.4.2.yaml` has changed at its source
      caused by: `http://127.0.0.1:[PORT]/files/download.example.org/network/v1.4.2/network.yaml`: expected 480 bytes, found 14 bytes
    hint: find out why upstream changed it; when the new bytes are right, run `bottari-builder lock RELEASE.yaml --update network`
    exit code 30
    ");
    assert!(!office.path("b").exists() && !office.path("b.partial").exists());
}

#[test]
fn an_offline_build_lists_what_the_cache_lacks() {
    let office = Office::open();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let refusal = office.refusal("build releases/demo.lock --offline --key release.key -o b");
    assert!(refusal.contains("exit code 30") && refusal.contains("toolbox"), "{refusal}");
}

#[test]
fn a_damaged_cache_is_found_and_heals_itself() {
    let office = Office::with_bundle();
    let expected = office.read("demo.bundle");
    let blob =
        fs::read_dir(office.path("cache/blobs/sha256")).unwrap().map(|entry| entry.unwrap().path());
    let biggest = blob.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let mut bytes = fs::read(&biggest).unwrap();
    bytes[1000] ^= 1;
    let mut permissions = fs::metadata(&biggest).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    fs::set_permissions(&biggest, permissions).unwrap();
    fs::write(&biggest, bytes).unwrap();
    let build = "-q build releases/demo.lock --mirrors mirrors.yaml --key release.key -o b";
    let refusal = office.refusal(build);
    assert!(
        refusal.contains("differs from the lockfile") && refusal.contains("exit code 30"),
        "{refusal}"
    );
    office.builder(build);
    assert!(office.read("b") == expected);
}

#[test]
fn a_build_that_was_cut_goes_on_where_it_stopped() {
    let office = Office::open();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    fs::remove_dir_all(office.path("cache")).unwrap();
    let (url, bytes) =
        office.demo.files.iter().find(|(url, _)| url.ends_with("amd64/node-agent")).unwrap();
    let half = bytes.len() as u64 / 2;
    office.upstream.inject(&file_path(url), 1, [Fault::CutAfter(half)]);
    office.upstream.take_requests();
    office.builder("build releases/demo.lock --mirrors mirrors.yaml --key release.key -o b");
    let resumed = office
        .upstream
        .take_requests()
        .into_iter()
        .find(|r| r.path == file_path(url) && r.range.is_some());
    assert_eq!(resumed.unwrap().range.unwrap(), format!("bytes={half}-"));
}

#[test]
fn bundles_nobody_should_trust_are_refused() {
    let office = Office::with_bundle();
    office.builder("key generate -o other.key --no-password");
    let no_key = office.refusal("verify demo.bundle");
    let mut bytes = office.read("demo.bundle");
    let middle = bytes.len() - 5000;
    bytes[middle] ^= 1;
    fs::write(office.path("damaged.bundle"), &bytes).unwrap();
    fs::write(office.path("cut.bundle"), &bytes[..bytes.len() - 1]).unwrap();
    fs::write(office.path("text.bundle"), "not a bundle").unwrap();
    for refusal in [
        no_key,
        office.refusal("verify demo.bundle --trust other.pub"),
        office.refusal("-q verify damaged.bundle --trust release.pub"),
        office.refusal("verify cut.bundle --trust release.pub"),
        office.refusal("verify text.bundle --trust release.pub"),
    ] {
        assert!(refusal.ends_with("exit code 40") && refusal.contains("hint: "), "{refusal}");
    }
}
