//! OS packages in a report: every one with its digest, and what changed among them.

use crate::{
    markup::text,
    sample::{Desk, day, lock_with},
};
use builder::report::{Language, page, report};
use journeys::debs;
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

/// The lockfile with these packages of Debian 12, whose digests are of their texts.
fn with(packages: &[&str]) -> String {
    let made = UNIX_EPOCH + Duration::from_secs(1_783_764_997);
    let package = |text: &&str| {
        let (name, version) = text.split_once(' ').unwrap();
        let (version, _) = version.split_once('#').unwrap_or((version, ""));
        let source = format!("https://debian.example/{name}.deb");
        let digest = bundles::sha256(text.as_bytes()).to_string();
        debs::package((name, version, "amd64"), &source, 1000, &digest)
    };
    let packages: String = packages.iter().map(package).collect();
    lock_with("a text") + "systems:\n" + &debs::system("debian-12", "amd64", made) + &packages
}

fn told(before: &str, after: &str) -> (Value, String) {
    let desk = Desk::new();
    let (before, after) = (desk.open("before.lock", before), desk.open("after.lock", after));
    let report = report(&after, Some(&before), day("2026-11-21"));
    let page = page(&report, &[Language::English]);
    (serde_json::to_value(&report).unwrap(), text(&page))
}

#[test]
fn every_package_stands_there_with_its_base_and_who_vouches_for_it() {
    let lock = with(&["conntrack 1:1.4.7-1+b2", "socat 1.7.4.4-2"]);
    let (facts, page) = told(&lock, &lock);
    assert_eq!(facts["totals"]["packages"], 2);
    assert_eq!(facts["systems"][0]["packages"][1]["name"], "socat");
    for told in [
        "OS packages: 2",
        "debian-12",
        "minimal",
        "4D64FEC119C2029067D6E791F8D2585B8783D481",
        "1:1.4.7-1+b2",
        "https://debian.example/socat.deb",
        &bundles::sha256(b"socat 1.7.4.4-2").to_string(),
        "Nothing has changed since",
    ] {
        assert!(page.contains(told), "{told}");
    }
}

#[test]
fn a_release_without_packages_says_nothing_of_them() {
    let lock = lock_with("a text");
    let (facts, page) = told(&lock, &lock);
    assert_eq!((&facts["systems"], facts["changes"].get("packages")), (&json!([]), None));
    assert!(!page.contains("OS packages"));
}

#[test]
fn what_changed_among_packages_is_told_by_name() {
    let before = with(&["conntrack 1", "ebtables 2", "kmod 3", "socat 1.7.4.4-2"]);
    let after = with(&["conntrack 1#rebuilt", "ipset 7", "kmod 3", "socat 1.7.4.4-3"]);
    let (facts, page) = told(&before, &after);
    let changes = facts["changes"]["packages"].as_array().unwrap();
    let brief = |one: &Value| json!([one["name"], one["change"], one["before"], one["after"]]);
    assert_eq!(
        changes.iter().map(brief).collect::<Vec<_>>(),
        [
            json!(["conntrack", "other-bytes", ["1"], ["1"]]),
            json!(["ebtables", "gone", ["2"], []]),
            json!(["ipset", "new", [], ["7"]]),
            json!(["socat", "other-version", ["1.7.4.4-2"], ["1.7.4.4-3"]]),
        ]
    );
    for told in ["4 OS packages changed", "1.7.4.4-2 → 1.7.4.4-3", "debian-12 · amd64"] {
        assert!(page.contains(told), "{told}");
    }
}
