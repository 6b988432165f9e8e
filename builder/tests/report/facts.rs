//! What a report says, as programs read it.

use crate::sample::{Desk, day, lock_with};
use builder::report::{Opened, report};
use serde_json::{Value, json};

fn facts(opened: &Opened, earlier: Option<&Opened>, on: &str) -> Value {
    serde_json::to_value(report(opened, earlier, day(on))).unwrap()
}

fn of(lock: &str, on: &str) -> Value {
    facts(&Desk::new().open("made-up.lock", lock), None, on)
}

fn since(before: &str, after: &str) -> Value {
    let desk = Desk::new();
    let (before, after) = (desk.open("before.lock", before), desk.open("after.lock", after));
    facts(&after, Some(&before), "2026-11-21")["changes"].clone()
}

#[test]
fn totals_count_each_blob_once() {
    let facts = of(&lock_with("a text"), "2026-11-21");
    assert_eq!(
        facts["totals"],
        json!({"components": 2, "images": 1, "files": 1, "manifests": 1, "charts": 1, "packages": 0, "blobs": 7, "bytes": 8358, "rules": 2})
    );
    assert_eq!(
        facts["provenance"],
        json!({"by-project": 1, "by-third-parties": 1, "first-seen": 2, "signed": 1})
    );
    assert_eq!(facts["components"][1]["bytes"], 300 + 500 + 400 + 10 + 5000);
    assert_eq!(facts["components"][0]["licence"], "a text");
    assert_eq!((&facts["signatures"], &facts["changes"]), (&Value::Null, &Value::Null));
}

#[test]
fn support_is_judged_on_the_day_that_is_given() {
    let kinds = |on: &str| -> Vec<(String, bool)> {
        let facts = of(&lock_with("a text"), on);
        let warnings = facts["warnings"].as_array().unwrap();
        let kind = |one: &Value| one["kind"].as_str().unwrap().to_owned();
        warnings.iter().map(|one| (kind(one), one["acknowledged"].is_string())).collect()
    };
    assert_eq!(kinds("2026-11-21"), [("retired".to_owned(), true)]);
    // What nobody acknowledged comes first.
    assert_eq!(
        kinds("2027-06-30"),
        [("end-of-support".to_owned(), false), ("retired".to_owned(), true)]
    );
}

#[test]
fn a_finding_says_until_when_and_with_what() {
    let skew = "- id: door-runtime\n  says: The door goes with 3.0.\n  source: https://door.example/\n  read: 2026-11-01\n  supports: {of: web-door, with: runtime, versions: {'1': 3.0}}\n";
    let lock = lock_with("a text").replace("version: v2", "version: v2.5");
    let (head, tail) = lock.split_once("- id: runtime-support").unwrap();
    let facts = of(&format!("{head}{skew}- id: runtime-support{tail}"), "2027-06-30");
    let warnings = facts["warnings"].as_array().unwrap();
    let of = |kind: &str| warnings.iter().find(|one| one["kind"] == kind).unwrap();
    assert_eq!(of("end-of-support")["until"], "2027-01-31");
    assert_eq!(of("retired")["until"], "2026-12-31");
    assert_eq!(of("version-skew")["with"], "runtime");
    assert_eq!(of("version-skew").get("until"), None);
}

#[test]
fn what_changed_is_told_by_component() {
    let before = lock_with("a text");
    assert_eq!(since(&before, &before)["components"], json!([]));
    let after = before
        .replace("version: v2", "version: v3")
        .replace("runtime-v2-amd64", "runtime-v3-amd64")
        .replace(&"11".repeat(32), &"aa".repeat(32))
        .replace("licence: MIT", "licence: BUSL-1.1")
        .replace(&"33".repeat(32), &"bb".repeat(32));
    let changes = since(&before, &after);
    assert_eq!(changes["bytes-new"], 2048 + 300);
    let [runtime, door] = changes["components"].as_array().unwrap().as_slice() else {
        panic!("{changes}")
    };
    assert_eq!((&runtime["before"], &runtime["after"]), (&json!(["v2"]), &json!(["v3"])));
    let [archive] = runtime["items"].as_array().unwrap().as_slice() else { panic!("{runtime}") };
    assert_eq!((&archive["change"], &archive["arch"]), (&json!("other-version"), &json!("amd64")));
    assert_eq!(archive["after"]["name"], "runtime-v3-amd64.tgz");
    assert_eq!(door["items"][0]["change"], "other-bytes");
    assert_eq!(
        (&door["licences-before"], &door["licences-after"]),
        (&json!(["MIT"]), &json!(["BUSL-1.1"]))
    );
}

#[test]
fn what_is_new_or_gone_is_told_with_its_one_side() {
    let whole = lock_with("a text");
    let (head, rest) = whole.split_once("- kind: chart\n").unwrap();
    let (_, tail) = rest.split_once("images:\n").unwrap();
    let fewer = format!("{head}images:\n{tail}");
    let changes =
        |before: &str, after: &str| since(before, after)["components"][0]["items"].clone();
    let new = changes(&fewer, &whole);
    assert_eq!((new[0]["change"].as_str(), new[0].get("before")), (Some("new"), None));
    let gone = changes(&whole, &fewer);
    assert_eq!((gone[0]["change"].as_str(), gone[0].get("after")), (Some("gone"), None));
    assert_eq!(gone[0]["before"]["name"], "web-door-1.0.1.tgz");
}
