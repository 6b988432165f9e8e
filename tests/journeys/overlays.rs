//! A site's own things on top of a release, from the lock to the bundle.

use crate::office::Office;
use std::fs;

const LOCK: &str =
    "lock releases/demo.yaml --mirrors mirrors.yaml --overlay site/overlays/site.yaml";

/// An office of a site that has these lines in its overlay.
fn office(lines: &str) -> Office {
    let office = Office::open();
    fs::create_dir_all(office.path("site/overlays")).unwrap();
    let text = format!("overlay: site\nfor: demo\ntitle: what this site adds\n{lines}");
    fs::write(office.path("site/overlays/site.yaml"), text).unwrap();
    office
}

#[test]
fn a_component_of_the_site_is_in_the_bundle_and_the_overlay_in_the_lockfile() {
    let office = office("components: [{name: notes, version: v1}]\n");
    let definition = "component: notes\ntitle: t\nhomepage: https://site.example\nlicence: MIT\nversions:\n  v1:\n    files:\n    - {name: notes.txt, url: 'https://download.example.org/site/notes.txt'}\n";
    fs::create_dir_all(office.path("site/components/notes")).unwrap();
    fs::write(office.path("site/components/notes/component.yaml"), definition).unwrap();
    office.upstream.put_file("https://download.example.org/site/notes.txt", b"notes".to_vec());
    let outcome = office.builder(LOCK);
    assert!(outcome.stderr.contains("with overlay `site` (what this site adds)"));
    let lockfile = fs::read_to_string(office.path("releases/demo.lock")).unwrap();
    assert!(lockfile.contains("overlays:\n- name: site\n  title: what this site adds\n"));
    office.builder("build releases/demo.lock --mirrors mirrors.yaml --unsigned -o b");
    let listed = office.builder("inspect b").stdout;
    assert!(listed.contains("\noverlays   site  what this site adds\n"), "{listed}");
    assert!(listed.contains("notes.txt"), "{listed}");
}

#[test]
fn a_digest_that_no_longer_agrees_is_refused_until_the_site_says_why() {
    let office = office("unpinned: [{component: node-tools, reason: built here}]\n");
    let url = "https://download.example.org/node-tools/v1.33.5/guide.txt";
    office.upstream.put_file(url, b"another guide".to_vec());
    let refusal = office.refusal("-q lock releases/demo.yaml --mirrors mirrors.yaml");
    assert!(refusal.contains("`node-tools/guide-v1.33.5.txt` is not what"), "{refusal}");
    let outcome = office.builder(LOCK);
    assert!(
        outcome.stderr.contains(
            "overlay `site` takes the published digests of `node-tools` away: built here"
        ),
        "{}",
        outcome.stderr
    );
    let lockfile = fs::read_to_string(office.path("releases/demo.lock")).unwrap();
    assert!(lockfile.contains("  - component: node-tools\n    reason: built here\n"), "{lockfile}");
}

#[test]
fn a_part_of_the_lock_cannot_be_renewed_with_other_overlays() {
    let office = office("extra-names: [quay.io]\n");
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let refusal = office.refusal(&format!("{LOCK} --update network"));
    insta::assert_snapshot!(refusal, @"
    error: the lockfile differs from the release: it was locked with other overlays
    hint: lock the whole release: run `bottari-builder lock` without --update
    exit code 20
    ");
}

#[test]
fn an_overlay_with_a_mistake_names_the_place() {
    let office = office("components: [{name: network, version: v9}]\n");
    insta::assert_snapshot!(office.refusal(LOCK), @"
    error: `site/overlays/site.yaml`: components: `network` has no version v9; it has: v1.4.2
    exit code 20
    ");
}
