//! The repository that goes into a bundle, before stock apt and before us.

use crate::small::{INDEXED, Small};
use builder::{
    apt::AptError,
    debian::{Expected, InRelease, read_index},
};
use journeys::{debs::deb, private_apt::PrivateApt, stock::succeed};
use manifests::Failure;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

type Files = BTreeMap<String, Vec<u8>>;

/// What a host wants.
#[derive(Clone, Copy)]
struct Asked<'a> {
    arch: &'a str,
    package: &'a str,
}

const TOOL: Asked<'_> = Asked { arch: "amd64", package: "demo-tool" };

fn lay(files: &Files, folder: &Path) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// What stock apt says to these files, read from a folder.
fn apt(files: &Files, key: &[u8], asked: Asked<'_>) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().unwrap();
    lay(files, &folder.path().join("repository"));
    fs::write(folder.path().join("key.asc"), key).unwrap();
    let uri = format!("copy:{}", folder.path().join("repository").display());
    let apt = PrivateApt::new(&uri, &folder.path().join("key.asc"), asked.arch);
    apt.fetch(asked.package)?;
    Ok(apt.fetched().into_iter().map(|(name, _)| name).collect())
}

fn text<'a>(files: &'a Files, path: &str) -> &'a str {
    std::str::from_utf8(&files[path]).unwrap()
}

#[test]
fn stock_apt_takes_packages_with_what_they_need() {
    let files = Small::new().files();
    let fetched = apt(&files, &files["key.asc"], TOOL).unwrap();
    assert_eq!(fetched, ["demo-data_1.0-1_all.deb", "demo-tool_1%3a2.0+b~rc1-3_amd64.deb"]);
}

#[test]
fn a_host_that_has_everything_is_told_so_by_a_repository_without_packages() {
    let files = Small::empty().files();
    assert_eq!(files["dists/bottari/main/binary-amd64/Packages"], b"");
    let refused = apt(&files, &files["key.asc"], TOOL).unwrap_err();
    assert!(refused.contains("Unable to locate package demo-tool"), "{refused}");
}

#[test]
fn stock_apt_refuses_the_key_of_another_release() {
    let (files, other) = (Small::new().files(), Small::new().files());
    let refused = apt(&files, &other["key.asc"], TOOL).unwrap_err();
    assert!(refused.contains("NO_PUBKEY"), "{refused}");
}

/// A way on which apt reads a file: everything beside it that says the same is gone.
fn way(path: &str, files: &Files) -> Files {
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let is_same = |other: &str| match name(path).as_str() {
        "Release" | "Release.gpg" => name(other) == "InRelease",
        "InRelease" => name(other).starts_with("Release"),
        _ => is_index(path) && is_index(other) && arch(other) == arch(path),
    };
    let kept = files.iter().filter(|(other, _)| *other == path || !is_same(other));
    kept.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
}

fn is_index(path: &str) -> bool {
    path.contains("/binary-")
}

/// The architecture that an index is of.
fn arch(path: &str) -> &str {
    if path.contains("/binary-arm64/") { "arm64" } else { "amd64" }
}

/// A package whose installation takes this file.
fn package(path: &str) -> &str {
    let of_pool = path.strip_prefix("pool/").and_then(|path| path.split(['/', '_']).nth(1));
    of_pool.unwrap_or("demo-data")
}

#[test]
fn stock_apt_refuses_a_byte_changed_anywhere() {
    let files = Small::new().files();
    assert_eq!(files.len(), 15, "{:?}", files.keys());
    for (path, bytes) in &files {
        let way = way(path, &files);
        let asked = Asked { arch: arch(path), package: package(path) };
        apt(&way, &way["key.asc"], asked).unwrap_or_else(|error| panic!("{path}: {error}"));
        // The frame of a signature has line ends that nobody reads.
        let is_armoured = bytes.starts_with(b"-----BEGIN");
        let quarters = if is_armoured { [1, 2, 3] } else { [0, 2, 4] };
        for place in quarters.map(|quarter| (quarter * bytes.len() / 4).min(bytes.len() - 1)) {
            let mut changed = way.clone();
            changed.get_mut(path).unwrap()[place] ^= 1;
            let answer = apt(&changed, &changed["key.asc"], asked);
            assert!(answer.is_err(), "{path}, byte {place}: {answer:?}");
        }
    }
}

#[test]
fn we_read_what_we_write_and_refuse_every_changed_byte() {
    let small = Small::new();
    let files = small.files();
    let print = [small.key.fingerprint().parse().unwrap()];
    let expected =
        Expected { suite: "bottari", fingerprints: &print, seen: None, now: SystemTime::now() };
    let read = |text: &str| InRelease::read(text, &files["key.asc"], &expected);
    let signed = text(&files, "dists/bottari/InRelease");
    let release = read(signed).unwrap();
    assert_eq!(release.date, UNIX_EPOCH + INDEXED - Duration::from_hours(48));
    assert!(release.by_hash);
    assert_eq!(release.files.len(), 4, "two architectures, each in two forms");
    for (path, file) in &release.files {
        let bytes = &files[&format!("dists/bottari/{path}")];
        assert_eq!((file.size, &file.digest), (bytes.len() as u64, &bundles::sha256(bytes)));
        let folder = path.rsplit_once('/').unwrap().0;
        let by_hash = format!("dists/bottari/{folder}/by-hash/SHA256/{}", file.digest.hex());
        assert_eq!(files[&by_hash], *bytes);
    }
    let words = signed.find("\n\n").unwrap()..signed.find("-----BEGIN PGP SIGNATURE").unwrap() - 1;
    for at in words.skip(2) {
        let mut changed = signed.as_bytes().to_vec();
        changed[at] ^= 1;
        let Ok(changed) = String::from_utf8(changed) else { continue };
        assert!(read(&changed).is_err(), "byte {at}: {}", &changed[at..=at]);
    }
}

#[test]
fn indexes_say_what_packages_say_and_where_they_lie() {
    let files = Small::new().files();
    let index = text(&files, "dists/bottari/main/binary-amd64/Packages");
    let packages = read_index(index).unwrap();
    let names: Vec<_> = packages.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["demo-data 1.0-1", "demo-lib 0.9-2", "demo-tool 1:2.0+b~rc1-3"]);
    for package in packages {
        let archive = package.archive.unwrap();
        let bytes = &files[&archive.path];
        assert_eq!((archive.size, archive.digest), (bytes.len() as u64, bundles::sha256(bytes)));
    }
    // The file of both architectures lies there once.
    assert_eq!(files.keys().filter(|path| path.starts_with("pool/")).count(), 3);
}

#[test]
fn dpkg_scanpackages_writes_the_same_fields() {
    let files = Small::new().files();
    let folder = tempfile::tempdir().unwrap();
    lay(&files, folder.path());
    let mut command = Command::new("dpkg-scanpackages");
    let scanned = succeed(command.args(["-h", "sha256", "pool"]).current_dir(folder.path()));
    let paragraphs = |text: &str| -> BTreeSet<BTreeSet<String>> {
        let lines = |paragraph: &str| paragraph.trim().replace("\n ", "\u{1}");
        let fields = |paragraph| lines(paragraph).lines().map(str::to_owned).collect();
        text.split("\n\n").filter(|one| !one.trim().is_empty()).map(fields).collect()
    };
    let ours = paragraphs(text(&files, "dists/bottari/main/binary-amd64/Packages"));
    assert_eq!(ours, paragraphs(&String::from_utf8(scanned.stdout).unwrap()));
}

#[test]
fn the_same_lockfile_and_key_give_the_same_bytes() {
    let small = Small::new();
    assert!(small.files() == small.files());
}

#[test]
fn stock_gpgv_and_gpg_agree_with_both_signatures() {
    let files = Small::new().files();
    let folder = tempfile::tempdir().unwrap();
    lay(&files, folder.path());
    let run = |line: &str| {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap());
        succeed(command.args(words).current_dir(folder.path()).env("GNUPGHOME", folder.path()));
    };
    for line in [
        "gpg --batch --quiet --dearmor -o key.gpg key.asc",
        "gpgv --keyring ./key.gpg dists/bottari/InRelease",
        "gpgv --keyring ./key.gpg dists/bottari/Release.gpg dists/bottari/Release",
        "gpg --batch --quiet --import key.asc",
        "gpg --batch --verify dists/bottari/InRelease",
        "gpg --batch --verify dists/bottari/Release.gpg dists/bottari/Release",
    ] {
        run(line);
    }
}

#[test]
fn what_is_no_package_or_another_one_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let other = deb(folder.path(), ("demo-data", "1.0-1", "all"), "");
    let twice = deb(folder.path(), ("demo-twice", "1", "all"), "X-Field: a\n");
    for (told, bytes) in [
        ("is not a package that apt can install", b"#!/bin/sh\n".to_vec()),
        ("is another package: expected demo-twice 2 all, found demo-data 1.0-1 all", other),
        ("is another package: expected demo-twice 2 all, found demo-twice 1 all", twice),
    ] {
        let mut small = Small::new();
        small.lock(("demo-twice", "2", "all"), bytes);
        let error = small.repositories().unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert!(error.to_string().starts_with("`debian-12/demo-twice`"), "{error}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn nothing_of_a_package_with_other_bytes_is_used() {
    let mut small = Small::new();
    let bytes = small.blobs.values_mut().next().unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let error = small.repositories().unwrap_err();
    assert!(matches!(error, AptError::Blob(_)), "{error}");
    assert!(error.to_string().contains("is damaged"), "{error}");
}
