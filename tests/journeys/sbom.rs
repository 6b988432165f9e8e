//! The bill of materials, from the lockfile before a bundle is built and from
//! the bundle on its way.

use crate::office::Office;
use serde_json::Value;

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
fn a_bundle_of_somebody_else_is_not_listed() {
    let office = Office::with_bundle();
    office.builder("key generate -o other.key --no-password");
    let outcome = office.try_builder("sbom demo.bundle --trust other.pub --format spdx");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(40), ""));
}
