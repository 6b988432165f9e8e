//! `verify` and `inspect`.

use crate::{fixture::World, process::run};
use bundles::CHUNK_SIZE;
use std::fs;

/// Replaces what differs on every run.
fn redacted(world: &World, text: &str) -> String {
    let key = world.key.public();
    let text = text
        .replace(&key.fingerprint().to_string(), "FINGERPRINT")
        .replace(&key.id().to_string(), "KEY");
    let lines = text.lines().map(|line| match line.split_once("checked    in ") {
        Some(_) => "checked    in TIME, SPEED".to_owned(),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn verify_says_what_was_checked_and_who_signed() {
    let world = World::new();
    let said = run(&world, ["verify", world.bundle.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    insta::assert_snapshot!(redacted(&world, &said.stdout));
    assert!(
        said.stderr_in(&world)
            .ends_with("bundle `/folder/demo.bottari.tar.zst` is intact and trusted\n")
    );
}

#[test]
fn verify_tells_programs_the_same() {
    let world = World::new();
    let said = run(&world, ["--json", "verify", world.bundle.to_str().unwrap()]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&json["release"], &json["serial"]), (&"demo".into(), &3.into()));
    assert_eq!(
        (&json["images"], &json["files"], &json["manifests"]),
        (&5.into(), &3.into(), &1.into())
    );
    assert_eq!(json["signed-by"][0]["key-id"], world.key.public().id().to_string());
    assert_eq!(json["size"], fs::metadata(&world.bundle).unwrap().len());
    for line in said.stderr.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn inspect_shows_every_component_and_reads_little() {
    let world = World::new();
    let digest = &world.release.big.layer().digest;
    let damaged = world.damaged(digest, |record| CHUNK_SIZE - record.offset % CHUNK_SIZE + 600);
    let said = run(&world, ["inspect", damaged.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    insta::assert_snapshot!(redacted(&world, &said.stdout));
    assert_eq!(run(&world, ["verify", damaged.to_str().unwrap()]).code, 40);
}

#[test]
fn inspect_gives_programs_everything() {
    let world = World::new();
    let said = run(&world, ["inspect", "--json", world.bundle.to_str().unwrap()]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let bundle = world.open();
    assert_eq!(json["manifest"], serde_json::to_value(bundle.manifest()).unwrap());
    assert_eq!(json["lockfile"]["images"].as_array().unwrap().len(), 5);
    assert_eq!(json["signatures"][0]["fingerprint"], world.key.public().fingerprint().to_string());
}
