//! `check` as a release engineer meets it: a table when all is there, the place
//! and the closest name when something is not, and no bundle without it.

use crate::office::Office;
use journeys::fixtures::images;
use std::fs;

const LOCK: &str = "lock releases/demo.yaml --mirrors mirrors.yaml";
const CHECK: &str = "check releases/demo.lock --mirrors mirrors.yaml";

/// Changes a file of the demo.
fn change(office: &Office, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(office.path(path)).unwrap();
    assert!(text.contains(from), "{path}");
    fs::write(office.path(path), text.replace(from, to)).unwrap();
}

/// The demo without one of the two images that its network names.
fn incomplete() -> Office {
    let office = Office::open();
    let watch = "    - name: registry.example.org/network/watch:v1.4.2\n      roles: [control-plane, worker]\n";
    change(&office, "components/network/component.yaml", watch, "");
    office.builder(LOCK);
    office
}

#[test]
fn a_complete_lockfile_is_told_in_one_line_for_each_component() {
    let office = Office::open();
    office.builder(LOCK);
    insta::assert_snapshot!(office.builder(CHECK).stdout);
}

#[test]
fn json_tells_the_same_to_programs() {
    let office = Office::open();
    office.builder(LOCK);
    let outcome = office.builder(&format!("--json {CHECK}"));
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["complete"], true);
    let rows = report["components"].as_array().unwrap();
    let network = rows.iter().find(|row| row["component"] == "network").unwrap();
    assert_eq!((&network["found"], &network["locked"]), (&2.into(), &2.into()));
}

#[test]
fn a_missing_image_is_named_with_its_place_and_there_is_no_bundle() {
    let office = incomplete();
    insta::assert_snapshot!(office.refusal(&format!("-q {CHECK}")));
    let requests = office.upstream.requests().len();
    let refusal =
        office.refusal("-q build releases/demo.lock --mirrors mirrors.yaml --unsigned -o b");
    assert!(refusal.contains("network/watch:v1.4.2") && refusal.ends_with("exit code 20"));
    assert!(!office.path("b").exists());
    assert_eq!(office.upstream.requests().len(), requests, "nothing was fetched in vain");
}

#[test]
fn a_stray_image_is_named_and_there_is_no_bundle() {
    let office = Office::open();
    let (stray, image) = ("registry.example.org/stray:v1", images::multi_arch(b"stray"));
    office.upstream.put_image(&stray.parse().unwrap(), &image);
    let definition = "components/network/component.yaml";
    let images = "    images:\n";
    change(&office, definition, images, &format!("{images}    - name: {stray}\n"));
    office.builder(LOCK);
    for command in [CHECK, "build releases/demo.lock --mirrors mirrors.yaml --unsigned -o b"] {
        let refusal = office.refusal(&format!("-q {command}"));
        assert!(refusal.contains(stray), "{command}: {refusal}");
        assert!(refusal.ends_with("exit code 20"), "{command}: {refusal}");
    }
    assert!(!office.path("b").exists());
}

#[test]
fn an_exception_of_the_release_lets_it_pass_with_its_reason() {
    let office = incomplete();
    let exception = "exceptions:\n- reference: registry.example.org/network/watch:v1.4.2\n  reason: the demo watches nothing\ncomponents:";
    change(&office, "releases/demo.yaml", "components:", exception);
    office.builder(LOCK);
    let outcome = office.builder(CHECK);
    assert!(outcome.stdout.ends_with(
        "let pass: registry.example.org/network/watch:v1.4.2 (the demo watches nothing)\n"
    ));
    office.builder("build releases/demo.lock --mirrors mirrors.yaml --unsigned -o b");
}

#[test]
fn offline_asks_nobody_and_wants_the_manifests_alone() {
    let office = Office::open();
    office.builder(LOCK);
    office.builder("check releases/demo.lock --offline");
    fs::remove_dir_all(office.path("cache")).unwrap();
    let refusal = office.refusal("check releases/demo.lock --offline");
    assert!(refusal.contains("lacks 1 of the lockfile's blobs"), "{refusal}");
    assert!(refusal.ends_with("exit code 30"), "{refusal}");
    office.builder(CHECK);
}
