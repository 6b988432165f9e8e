//! Several bundles at once, and bundles that are older than what was used here.

use crate::{
    client::get,
    fixture::{DEMO, Variant, World, release, write_bundle},
    process::{Serving, run},
};
use std::{fs, path::PathBuf};

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

/// A bundle of a site's own things, under names that the demo does not have.
fn of_a_site(world: &World) -> PathBuf {
    let mut site = release(Variant { release: "site", serial: 1, content: 3 });
    let portal = "registry.site.example/web-portal:v2.0.0";
    site.lockfile.images = vec![site.pause.named("web-portal", portal)];
    site.lockfile.files.truncate(1);
    let manifest = &mut site.lockfile.files[0];
    manifest.component = "web-portal".parse().unwrap();
    manifest.name = "web-portal.yaml".parse().unwrap();
    manifest.source = "https://portal.site.example/web-portal.yaml".parse().unwrap();
    (site.lockfile.decisions, site.lockfile.omitted) = (Vec::new(), Vec::new());
    let path = world.path("site");
    write_bundle(&site, &path, &[&world.key]);
    path
}

#[test]
fn a_second_bundle_is_served_with_its_own_names_beside_the_first() {
    let world = World::new();
    let site = of_a_site(&world);
    let of_the_demo = [PAUSE, YAML, "/v2/docker.io/library/nginx/manifests/1.27"];
    let of_the_site = [
        "/v2/registry.site.example/web-portal/manifests/v2.0.0",
        "/files/web-portal/web-portal.yaml",
        "/source/portal.site.example/web-portal.yaml",
    ];
    let alone = |bundle: &PathBuf, paths: [&str; 3], others: [&str; 3]| {
        let serving = Serving::with(&world, [bundle]);
        for path in others {
            assert_eq!(get(serving.address, path).status, 404, "{path}");
        }
        paths.map(|path| (path.to_owned(), get(serving.address, path).body))
    };
    let expected =
        [alone(&world.bundle, of_the_demo, of_the_site), alone(&site, of_the_site, of_the_demo)];
    for order in [[&world.bundle, &site], [&site, &world.bundle]] {
        let serving = Serving::with(&world, order);
        for (path, body) in expected.iter().flatten() {
            let answer = get(serving.address, path);
            assert_eq!((answer.status, &answer.body), (200, body), "{path}");
        }
        let catalog = get(serving.address, "/v2/_catalog");
        for name in ["registry.k8s.io/pause", "registry.site.example/web-portal"] {
            assert!(catalog.text().contains(name), "{}", catalog.text());
        }
    }
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
