//! Several bundles at once, and bundles that are older than what was used here.

use crate::{
    client::get,
    fixture::{DEMO, Variant, World},
    process::{Serving, run},
};
use std::fs;

const YAML: &str = "/files/calico/calico.yaml";
const PAUSE: &str = "/v2/registry.k8s.io/pause/manifests/3.10";

#[test]
fn the_higher_serial_of_a_release_wins_in_any_order() {
    let world = World::new();
    let newer = world.another("newer", Variant { serial: 4, content: 2, ..DEMO });
    let expected = {
        let serving = Serving::with(&world, [&newer]);
        get(serving.address, PAUSE).body
    };
    for order in [[&world.bundle, &newer], [&newer, &world.bundle]] {
        let mut serving = Serving::with(&world, order);
        assert_eq!(get(serving.address, PAUSE).body, expected);
        assert!(get(serving.address, YAML).text().contains("'2'"));
        let line = serving.wait_for("in two bundles");
        assert!(
            line.contains("demo 1.4.0 (serial 4) is served, not demo 1.3.0 (serial 3)"),
            "{line}"
        );
        // What only the older one has is still there, by digest.
        let old = &world.release.pause.root.digest;
        assert_eq!(
            get(serving.address, &format!("/v2/registry.k8s.io/pause/manifests/{old}")).status,
            200
        );
    }
}

#[test]
fn of_two_releases_the_one_named_later_wins() {
    let world = World::new();
    let other = world.another("other", Variant { release: "other", serial: 1, content: 2 });
    let yaml = |order: [&std::path::PathBuf; 2]| {
        let serving = Serving::with(&world, order);
        get(serving.address, YAML).text().contains("'2'")
    };
    assert!(yaml([&world.bundle, &other]));
    assert!(!yaml([&other, &world.bundle]));
}

#[test]
fn an_older_serial_is_refused_once_a_newer_one_was_used() {
    let world = World::new();
    let newer = world.another("newer", Variant { serial: 4, content: 2, ..DEMO });
    let bundle = world.bundle.to_str().unwrap();
    let newer = newer.to_str().unwrap();
    assert_eq!(run(&world, ["verify", newer]).code, 0);
    assert!(!world.path("state").exists(), "looking is not using");
    assert_eq!(run(&world, ["verify", bundle]).code, 0);
    assert_eq!(run(&world, ["unpack", newer, "-o", "new"]).code, 0);
    let state = fs::read_to_string(world.path("state/serials.json")).unwrap();
    assert_eq!(state, "{\n  \"demo\": 4\n}\n");
    for arguments in [
        &["verify", bundle][..],
        &["unpack", bundle, "-o", "old"],
        &["serve", "--listen=127.0.0.1:0", bundle],
        &["verify", bundle, "--allow-rollback", "demo@4"],
        &["verify", bundle, "--allow-rollback", "other@3"],
    ] {
        let said = run(&world, arguments);
        assert_eq!(said.code, 40, "{arguments:?}");
        assert!(said.stderr.contains("older than serial 4 seen here"), "{}", said.stderr);
        assert!(said.stderr.contains("--allow-rollback demo@3"), "{}", said.stderr);
    }
    assert!(!world.path("old").exists());
    let allowed = ["unpack", bundle, "-o", "old", "--allow-rollback", "demo@3"];
    assert_eq!(run(&world, allowed).code, 0);
    let state = fs::read_to_string(world.path("state/serials.json")).unwrap();
    assert_eq!(state, "{\n  \"demo\": 4\n}\n", "the highest serial stays");
}

#[test]
fn serving_is_using() {
    let world = World::new();
    drop(Serving::start(&world));
    assert!(fs::read_to_string(world.path("state/serials.json")).unwrap().contains("\"demo\": 3"));
}
