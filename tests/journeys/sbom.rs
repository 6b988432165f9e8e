//! The bill of materials, from the lockfile before a bundle is built and from
//! the bundle on its way.

use crate::office::{Office, words};
use journeys::run::{Outcome, Program};
use serde_json::Value;

fn installer(office: &Office, line: &str) -> Outcome {
    office.sandbox.run(Program::Installer, &words(line))
}

#[test]
fn a_lockfile_and_its_bundle_have_the_same_bill_of_materials() {
    let office = Office::with_bundle();
    for format in ["cyclonedx", "spdx"] {
        let of_lock = office.try_builder(&format!(
            "sbom releases/demo.lock --offline --format {format} -o lock.json"
        ));
        let of_bundle =
            office.try_builder(&format!("sbom demo.bundle --trust release.pub --format {format}"));
        assert_eq!(of_lock.code, of_bundle.code, "{}", of_bundle.stderr);
        assert_eq!(String::from_utf8(office.read("lock.json")).unwrap(), of_bundle.stdout);
        let document: Value = serde_json::from_str(&of_bundle.stdout).unwrap();
        let names: Vec<_> =
            ["components", "packages"].iter().filter_map(|key| document[*key].as_array()).collect();
        assert!(names[0].len() > office.demo.files.len());
    }
}

#[test]
fn a_bundle_carries_the_documents_that_its_release_asks_for() {
    let office = Office::with_bundle();
    for format in ["cyclonedx", "spdx"] {
        let made = office.try_builder(&format!("sbom demo.bundle --format {format}"));
        let carried =
            installer(&office, &format!("sbom demo.bundle --trust release.pub --format {format}"));
        assert_eq!(carried.code, Some(0), "{}", carried.stderr);
        assert_eq!(carried.stdout, made.stdout);
    }
    let inspected = office.builder("inspect demo.bundle --json").stdout;
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    let encoder = inspected["manifest"]["encoder"].as_str().unwrap();
    assert!(encoder.contains(" sbom-"), "{encoder}");
}

#[test]
fn a_bundle_without_the_document_says_who_can_make_it() {
    let office = Office::open();
    let release = String::from_utf8(office.read("releases/demo.yaml")).unwrap();
    let only_one = release.replace("sbom: [cyclonedx, spdx]", "sbom: [spdx]");
    std::fs::write(office.path("releases/demo.yaml"), only_one).unwrap();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    office.builder(
        "build releases/demo.lock --mirrors mirrors.yaml --key release.key -o demo.bundle",
    );
    let outcome = installer(&office, "sbom demo.bundle --trust release.pub -o bom.json");
    assert_eq!(outcome.code, Some(20));
    insta::assert_snapshot!(outcome.stderr, @r"
    error: bundle `demo.bundle` carries no bill of materials in CycloneDX 1.6
    hint: `bottari-builder sbom demo.bundle --format cyclonedx` makes one of the bundle; a release that says `sbom: [cyclonedx]` brings it along
    ");
    assert!(!office.path("bom.json").exists());
}

#[test]
fn a_bundle_of_somebody_else_is_not_listed() {
    let office = Office::with_bundle();
    office.builder("key generate -o other.key --no-password");
    let outcome = office.try_builder("sbom demo.bundle --trust other.pub --format spdx");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(40), ""));
}
