//! Repositories of OS packages, served in place from bundles.

use crate::{
    client::{Answer, ask, get},
    fixture::{DEMO, Variant, World, release, write_bundle_with},
    process::Serving,
};
use bundles::{Repository, RepositoryContent, sha256};
use std::{collections::BTreeMap, ffi::OsStr, path::PathBuf};

const IN_RELEASE: &str = "/apt/debian-12/dists/bottari/InRelease";
const DEB: &str = "/apt/debian-12/pool/00/kubectl_1+b~2_amd64.deb";

fn index(content: &str) -> String {
    format!("Package: kubectl\nVersion: {content}\n").repeat(1000)
}

fn by_hash(content: &str) -> String {
    let digest = sha256(index(content).as_bytes());
    let hex = digest.hex();
    format!("/apt/debian-12/dists/bottari/main/binary-amd64/by-hash/SHA256/{hex}")
}

/// What `build` would put there, as far as a server can tell.
fn repository(package: &bundles::NameRecord, content: &str) -> Repository {
    let made = |text: String| RepositoryContent::Made {
        bytes: text.into_bytes(),
        media_type: "text/plain; charset=utf-8",
    };
    let place = by_hash(content).replace("/apt/debian-12/", "");
    let files = BTreeMap::from([
        ("dists/bottari/InRelease".to_owned(), made(format!("Suite: bottari {content}\n"))),
        (place, made(index(content))),
        (DEB.replace("/apt/debian-12/", ""), RepositoryContent::Carried(package.digest.clone())),
    ]);
    Repository { system: "debian-12".parse().unwrap(), files, maker: "1".into() }
}

/// A bundle with packages. The package is any blob that the release has.
fn bundle(world: &World, name: &str, variant: Variant) -> PathBuf {
    let release = release(variant);
    let kubectl = release.lockfile.files.iter().find(|file| file.name.as_str() == "kubectl");
    let kubectl = bundles::NameRecord {
        name: "kubectl".into(),
        kind: bundles::Kind::File,
        component: None,
        digest: kubectl.unwrap().digest.clone(),
        size: 0,
    };
    let repository = repository(&kubectl, &variant.serial.to_string());
    let path = world.path(name);
    write_bundle_with(&release, &[repository], &path, &[&world.key]);
    path
}

fn with_header(serving: &Serving, path: &str, header: (&str, &str)) -> Answer {
    ask(serving.address, "GET", path, &[header])
}

#[test]
fn files_of_a_repository_are_answered_like_all_others() {
    let world = World::new();
    let serving = Serving::with(&world, [bundle(&world, "packages", DEMO)]);
    let release = get(serving.address, IN_RELEASE);
    assert_eq!((release.status, release.text()), (200, "Suite: bottari 3\n"));
    assert_eq!(release.header("content-type"), Some("text/plain; charset=utf-8"));
    let etag = release.header("etag").unwrap();
    assert_eq!(with_header(&serving, IN_RELEASE, ("If-None-Match", etag)).status, 304);
    let head = ask(serving.address, "HEAD", IN_RELEASE, &[]);
    assert_eq!((head.status, head.promised(), head.body.len()), (200, 17, 0));
    let part = with_header(&serving, &by_hash("3"), ("Range", "bytes=9-15"));
    assert_eq!((part.status, part.text()), (206, "kubectl"));
    // However a client writes the signs of a version.
    for path in [DEB.to_owned(), DEB.replace('+', "%2B").replace('~', "%7e")] {
        let deb = ask(serving.address, "HEAD", &path, &[]);
        assert_eq!((deb.status, deb.promised()), (200, 9_000_000), "{path}");
    }
}

/// apt asks for the rest of a package with a date, and for nothing else.
#[test]
fn a_package_alone_has_a_day_which_is_always_the_same() {
    let world = World::new();
    let serving = Serving::with(&world, [bundle(&world, "packages", DEMO)]);
    let rest = |path: &str, day: &str| {
        let fields = [("Range", "bytes=10-19"), ("If-Range", day)];
        ask(serving.address, "GET", path, &fields).status
    };
    let day = "Fri, 01 Jan 2010 00:00:00 GMT";
    let head = ask(serving.address, "HEAD", DEB, &[]);
    assert_eq!(head.header("last-modified"), Some(day));
    assert_eq!((rest(DEB, day), rest(DEB, "Thu, 31 Dec 2009 00:00:00 GMT")), (206, 200));
    for path in [IN_RELEASE, &by_hash("3")] {
        let head = ask(serving.address, "HEAD", path, &[]);
        assert_eq!(head.header("last-modified"), None, "{path}");
        assert_eq!(rest(path, day), 200, "{path}");
    }
}

#[test]
fn what_is_there_is_listed_and_nothing_else_is_there() {
    let world = World::new();
    let serving = Serving::with(&world, [bundle(&world, "packages", DEMO)]);
    let list = get(serving.address, "/apt/");
    assert_eq!(list.text().lines().count(), 6, "{}", list.text());
    assert!(list.text().contains("\ndebian-12/dists/bottari/InRelease  17  sha256:"));
    assert_eq!(get(serving.address, "/apt").text(), list.text());
    for folder in ["debian-12/", "by-release/", "by-release/demo/debian-12/"] {
        let list = get(serving.address, &format!("/apt/{folder}"));
        assert_eq!(list.text().lines().count(), 3, "{}", list.text());
    }
    assert_eq!(get(serving.address, "/apt/debian-12/pool/").text().lines().count(), 1);
    for path in [
        "/apt/by-release",
        "/apt/by-release/demo",
        "/apt/by-release/demo/debian-12",
        "/apt/by-release/other/debian-12/dists/bottari/InRelease",
        "/apt/by-release/debian-12/dists/bottari/InRelease",
        "/apt/by-release/../debian-12/dists/bottari/InRelease",
        "/apt/by-release//debian-12/dists/bottari/InRelease",
        "/apt/debian-12",
        "/apt/debian-13/",
        "/apt/debian-13/dists/bottari/InRelease",
        "/apt/debian-12/dists/bottari/Release",
        "/apt/debian-12//dists/bottari/InRelease",
        "/apt/debian-12/dists/../dists/bottari/InRelease",
        "/apt/debian-12/pool/%2e%2e/dists/bottari/InRelease",
        "/apt/../files/calico/calico.yaml",
        "/apt/%2Fetc/passwd",
    ] {
        let answer = get(serving.address, path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.error_code(), "PACKAGE_UNKNOWN", "{path}");
    }
    let push = ask(serving.address, "PUT", IN_RELEASE, &[]);
    assert_eq!((push.status, push.header("allow")), (405, Some("GET, HEAD")));
}

#[test]
fn the_higher_serial_answers_for_a_system_and_an_update_under_way_goes_on() {
    let world = World::new();
    let older = bundle(&world, "older", DEMO);
    let newer = bundle(&world, "newer", Variant { serial: 4, ..DEMO });
    for order in [[&older, &newer], [&newer, &older]] {
        let mut serving = Serving::with(&world, order);
        let line = serving.wait_for("`/apt/debian-12/` in two bundles");
        assert!(line.contains("demo 1.4.0 (serial 4) is served, not demo 1.3.0 (serial 3)"));
        assert_eq!(get(serving.address, IN_RELEASE).text(), "Suite: bottari 4\n");
        for content in ["3", "4"] {
            let found = get(serving.address, &by_hash(content));
            assert!(found.text() == index(content), "an index is found by its digest");
        }
    }
}

#[test]
fn each_release_has_its_repository_to_itself_whoever_answers_for_the_system() {
    let world = World::new();
    let demo = bundle(&world, "demo", DEMO);
    let other = bundle(&world, "other", Variant { release: "other", serial: 9, ..DEMO });
    let newer = bundle(&world, "newer", Variant { serial: 4, ..DEMO });
    let serving = Serving::with(&world, [&demo, &other, &newer]);
    let at = |place: &str| {
        let path = IN_RELEASE.replace("/apt/", &format!("/apt/{place}"));
        get(serving.address, &path).text().to_owned()
    };
    assert_eq!(at(""), "Suite: bottari 4\n");
    assert_eq!(at("by-release/demo/"), "Suite: bottari 4\n");
    assert_eq!(at("by-release/other/"), "Suite: bottari 9\n");
    let index = |content, release: &str| {
        let path = by_hash(content).replace("/apt/", &format!("/apt/by-release/{release}/"));
        get(serving.address, &path).status
    };
    assert_eq!((index("3", "demo"), index("4", "demo"), index("9", "other")), (200, 200, 200));
    assert_eq!((index("3", "other"), index("9", "demo")), (404, 404));
    let deb = DEB.replace("/apt/", "/apt/by-release/other/");
    let head = ask(serving.address, "HEAD", &deb, &[]);
    assert_eq!((head.status, head.header("last-modified").is_some()), (200, true));
}

#[test]
fn one_repository_in_two_bundles_is_no_news() {
    let world = World::new();
    let (one, other) = (bundle(&world, "one", DEMO), bundle(&world, "other", DEMO));
    let mut serving = Serving::with(&world, [&one, &other]);
    serving.wait_for("is intact");
    assert_eq!(get(serving.address, IN_RELEASE).text(), "Suite: bottari 3\n");
}

#[test]
fn a_prefix_moves_no_package() {
    let world = World::new();
    let bundle = bundle(&world, "packages", DEMO);
    let arguments = [bundle.as_os_str(), OsStr::new("--prefix"), OsStr::new("k8s")];
    let serving = Serving::with(&world, arguments);
    assert_eq!(get(serving.address, IN_RELEASE).status, 200);
    assert_eq!(get(serving.address, "/k8s/apt/debian-12/dists/bottari/InRelease").status, 404);
}
