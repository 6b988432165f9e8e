//! The same lockfile and key give the same bytes, whatever the machine.

use crate::office::{Office, words};
use journeys::run::Program;
use std::{fs, os::unix::process::CommandExt, process::Command};

#[test]
fn a_bundle_is_the_same_whatever_the_machine() {
    let office = Office::with_bundle();
    let expected = office.read("demo.bundle");
    let build = "build releases/demo.lock --mirrors mirrors.yaml --key release.key -o other.bundle";
    let settings: [(&str, &[(&str, &str)]); 5] = [
        ("--jobs 1", &[]),
        ("--jobs 16", &[("BOTTARI_CACHE", "empty-cache")]),
        ("--offline", &[("TZ", "Asia/Seoul"), ("LC_ALL", "ko_KR.UTF-8"), ("LANG", "ko_KR.UTF-8")]),
        (
            "--jobs 3",
            &[("SOURCE_DATE_EPOCH", "1"), ("USER", "somebody"), ("HOSTNAME", "elsewhere")],
        ),
        ("--jobs 2 --quiet", &[("BOTTARI_CACHE", "another-cache")]),
    ];
    for (flags, variables) in settings {
        let line = format!("{build} {flags}");
        let mut command = office.sandbox.command(Program::Builder, &words(&line));
        command.envs(variables.iter().copied());
        assert!(command.status().unwrap().success(), "{line}");
        assert!(office.read("other.bundle") == expected, "{line} {variables:?}");
        fs::remove_file(office.path("other.bundle")).unwrap();
    }
}

/// Without documents the place of each blob is known before it is fetched.
fn without_documents() -> Office {
    let office = Office::open();
    let release = String::from_utf8(office.read("releases/demo.yaml")).unwrap();
    let without = release.replace("sbom: [cyclonedx, spdx]\n", "");
    assert_ne!(without, release);
    fs::write(office.path("releases/demo.yaml"), without).unwrap();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    office
}

#[test]
fn a_build_without_a_cache_gives_the_same_bytes_and_leaves_nothing_else() {
    for office in [without_documents(), Office::with_bundle()] {
        fs::create_dir(office.path("medium")).unwrap();
        let build = "build releases/demo.lock --mirrors mirrors.yaml --key release.key";
        office.builder(&format!("{build} --no-cache -o medium/one.bundle"));
        let left: Vec<_> = fs::read_dir(office.path("medium")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        office.builder(&format!("{build} -o two.bundle"));
        assert!(office.read("medium/one.bundle") == office.read("two.bundle"));
    }
}

#[test]
fn blobs_that_land_while_they_arrive_give_the_bytes_of_a_full_cache() {
    let office = without_documents();
    let build = "build releases/demo.lock --mirrors mirrors.yaml --key release.key";
    office.builder(&format!("{build} --cache empty --jobs 16 -o landed.bundle"));
    office.builder(&format!("{build} --cache empty --offline -o packed.bundle"));
    assert!(office.read("landed.bundle") == office.read("packed.bundle"));
    office.builder("verify landed.bundle --trust release.pub");
}

#[test]
fn neither_umask_nor_folder_shows_in_the_bytes() {
    let office = Office::with_bundle();
    fs::create_dir(office.path("deep")).unwrap();
    let builder = Program::Builder.path();
    let line = format!(
        "umask 077; cd deep; {} --quiet build ../releases/demo.lock --offline --cache ../cache --key ../release.key -o b",
        builder.display()
    );
    let status =
        Command::new("sh").arg0("sh").args(["-ec", &line]).current_dir(office.path(".")).status();
    assert!(status.unwrap().success());
    assert!(office.read("deep/b") == office.read("demo.bundle"));
}

#[test]
fn signing_elsewhere_gives_the_bytes_of_signing_at_once() {
    let office = Office::with_bundle();
    office.builder("build releases/demo.lock --offline --unsigned -o apart.bundle");
    assert!(office.read("apart.bundle") != office.read("demo.bundle"));
    office.builder("sign apart.bundle --key release.key");
    assert!(office.read("apart.bundle") == office.read("demo.bundle"));
}

#[test]
fn a_second_lock_asks_only_whether_anything_has_changed() {
    let office = Office::with_bundle();
    let first = office.read("releases/demo.lock");
    office.upstream.take_requests();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let moved: u64 = office.upstream.take_requests().iter().map(|request| request.body_bytes).sum();
    assert_eq!(moved, 0, "bytes of bodies");
    assert!(office.read("releases/demo.lock") == first);
}

#[test]
fn each_unique_blob_is_fetched_once() {
    let office = Office::open();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    office.builder(
        "build releases/demo.lock --mirrors mirrors.yaml --key release.key -o demo.bundle",
    );
    let mut blobs: Vec<_> = office
        .upstream
        .take_requests()
        .into_iter()
        .filter(|request| request.method == "GET" && request.body_bytes > 0)
        .filter_map(|request| {
            request.path.split_once("/blobs/").map(|(_, digest)| digest.to_owned())
        })
        .collect();
    blobs.sort();
    let all = blobs.len();
    blobs.dedup();
    assert!(all > 0);
    assert_eq!(blobs.len(), all, "a blob was fetched twice");
}
