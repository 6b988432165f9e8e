//! Databases of OS packages, in the form their managers write.

use crate::shelf::{OS_RELEASE, STATUS, Shelf, go_program, gzip, layer, status, tar};
use builder::sbom::ItemKind;
use journeys::stock;
use std::{fs, io::Write, path::Path};

/// A header as RPM keeps it: tags with texts, and an epoch.
fn header(tags: &[(u32, &str)], epoch: Option<u32>) -> Vec<u8> {
    let (mut index, mut data) = (Vec::new(), Vec::new());
    let mut tag = |tag: u32, kind: u32, value: &[u8]| {
        let at = u32::try_from(data.len()).unwrap();
        for number in [tag, kind, at, 1] {
            index.extend(number.to_be_bytes());
        }
        data.extend_from_slice(value);
    };
    if let Some(epoch) = epoch {
        tag(1003, 4, &epoch.to_be_bytes());
    }
    for (name, text) in tags {
        tag(*name, 6, format!("{text}\0").as_bytes());
    }
    let count = u32::try_from(index.len() / 16).unwrap();
    let size = u32::try_from(data.len()).unwrap();
    [&count.to_be_bytes()[..], &size.to_be_bytes(), &index, &data].concat()
}

/// A database that the real `SQLite` wrote: many rows, some over several pages.
fn rpm_database(folder: &Path, headers: &[Vec<u8>]) -> Option<Vec<u8>> {
    let file = folder.join("rpmdb.sqlite");
    let blobs: Vec<String> = headers.iter().map(hex::encode).collect();
    let script = "import sqlite3,sys\n\
        d=sqlite3.connect(sys.argv[1])\n\
        d.execute('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)')\n\
        d.execute('CREATE TABLE Name (key TEXT, hnum INTEGER, idx INTEGER)')\n\
        [d.execute('INSERT INTO Packages(blob) VALUES(?)',(bytes.fromhex(h),)) for h in open(sys.argv[2]).read().split()]\n\
        d.commit()\n";
    let list = folder.join("headers");
    fs::write(&list, blobs.join("\n")).unwrap();
    let mut python = stock::tool("python3", folder)?;
    stock::succeed(python.arg("-c").arg(script).arg(&file).arg(&list));
    Some(fs::read(file).unwrap())
}

fn headers() -> Vec<Vec<u8>> {
    let bash =
        [(1000, "bash"), (1001, "5.1.8"), (1002, "9.el9"), (1014, "GPLv3+"), (1022, "x86_64")];
    let key = [(1000, "gpg-pubkey"), (1001, "1"), (1002, "1")];
    let mut headers = vec![header(&bash, Some(2)), header(&key, None)];
    for n in 0..300 {
        let (name, padding) = (format!("lib{n:03}"), "x".repeat(n * 37));
        let tags =
            [(1000, &*name), (1001, "1"), (1002, "2"), (1005, &padding), (1044, "lib.src.rpm")];
        headers.push(header(&tags, None));
    }
    headers
}

#[test]
fn rpm_packages_are_read_out_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let Some(database) = rpm_database(folder.path(), &headers()) else { return };
    let system = b"ID=\"centos\"\nVERSION_ID=\"9\"\n";
    let layer = layer(&[("var/lib/rpm/rpmdb.sqlite", &database), (OS_RELEASE.0, system)]);
    let seen = Shelf::default().image("r.io/i:1", vec![layer]).seen();
    assert_eq!(seen.unread(), [""; 0]);
    assert_eq!(seen.graph.count(ItemKind::Package), 301);
    let purls = seen.purls(ItemKind::Package);
    assert_eq!(purls[0], "pkg:rpm/centos/bash@5.1.8-9.el9?arch=x86_64&distro=centos-9&epoch=2");
    assert_eq!(purls[1], "pkg:rpm/centos/lib000@1-2?distro=centos-9&upstream=lib.src.rpm");
}

#[test]
fn a_damaged_rpm_database_is_said_to_be_unread_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let Some(database) = rpm_database(folder.path(), &headers()) else { return };
    let path = "var/lib/rpm/rpmdb.sqlite";
    let seen = |bytes: &[u8]| {
        let layer = layer(&[(path, bytes)]);
        Shelf::default().image("r.io/i:1", vec![layer]).seen()
    };
    for cut in [0, 10, 100, 4096, database.len() / 2] {
        let seen = seen(&database[..cut]);
        assert!(seen.unread()[0].contains("packages are missing here"), "{cut}");
    }
    for at in (0..database.len()).step_by(29_989) {
        let mut damaged = database.clone();
        damaged[at] ^= 0xff;
        seen(&damaged);
    }
}

#[test]
fn rpm_databases_that_cannot_be_read_are_told() {
    for (path, content) in [
        ("var/lib/rpm/Packages", &b"x"[..]),
        ("usr/lib/sysimage/rpm/Packages.db", b""),
        ("var/lib/rpm/rpmdb.sqlite-wal", b"x"),
    ] {
        let seen = Shelf::default().image("r.io/i:1", vec![layer(&[(path, content)])]).seen();
        assert!(seen.unread()[0].contains("RPM database"), "{path}");
    }
}

#[test]
fn debian_and_distroless_name_their_packages() {
    let system = OS_RELEASE.1.as_bytes();
    let debian = layer(&[(OS_RELEASE.0, system), (STATUS, &status(&["a"]))]);
    let single = b"Package: tzdata\nVersion: 2025b\nArchitecture: all\nSource: tz (1)\n";
    let distroless = layer(&[
        ("usr/lib/os-release", system),
        ("var/lib/dpkg/status.d/tzdata", single),
        ("var/lib/dpkg/status.d/tzdata.md5sums", b"Package: no\nVersion: 1\n"),
    ]);
    let shelf =
        Shelf::default().image("r.io/a:1", vec![debian]).image("r.io/b:1", vec![distroless]);
    assert_eq!(
        shelf.seen().purls(ItemKind::Package),
        [
            "pkg:deb/debian/a@1:2-3%2Bb1?arch=amd64&distro=debian-12",
            "pkg:deb/debian/tzdata@2025b?arch=all&distro=debian-12&upstream=tz%401",
        ]
    );
}

#[test]
fn alpine_names_licences_too() {
    let database =
        b"C:Q1=\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\n\nP:old\nV:1-r0\nL:own words\n";
    let system = b"ID=alpine\nVERSION_ID=3.20.1\n";
    let layer = layer(&[("lib/apk/db/installed", database), (OS_RELEASE.0, system)]);
    let seen = Shelf::default().image("r.io/i:1", vec![layer]).seen();
    assert_eq!(
        seen.purls(ItemKind::Package),
        [
            "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1",
            "pkg:apk/alpine/old@1-r0?distro=alpine-3.20.1",
        ]
    );
    let components = seen.cyclonedx()["components"].as_array().unwrap().clone();
    let licences: Vec<_> =
        components.iter().filter(|c| c["type"] == "library").map(|c| &c["licenses"][0]).collect();
    assert_eq!(licences[0]["expression"], "MIT");
    assert_eq!(licences[1]["license"]["name"], "own words");
    assert_eq!(seen.spdx()["hasExtractedLicensingInfos"][0]["extractedText"], "own words");
}

/// A Debian package of these members.
fn deb(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let size = content.len();
        archive.extend(format!("{name:<16}0           0     0     100644  {size:<10}`\n").bytes());
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(2), b'\n');
    }
    archive
}

fn xz(plain: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_debian_package_says_which_it_is_and_what_its_programs_are_made_of() {
    let control = b"Package: socat\nVersion: 1.7-4\nArchitecture: amd64\nDescription: x\n";
    let data = tar(&[("./usr/bin/socat", &go_program("mod\tx.io/s\tv1\t\n", 0))]);
    let control = tar(&[("./control", control)]);
    for (name, control) in [("control.tar.gz", gzip(&control)), ("control.tar.xz", xz(&control))] {
        let members =
            [("debian-binary", &b"2.0\n"[..]), (name, &control), ("data.tar.xz", &xz(&data))];
        let seen = Shelf::default().file("socat.deb", deb(&members)).seen();
        assert_eq!(seen.unread(), [""; 0]);
        assert_eq!(seen.purls(ItemKind::Package), ["pkg:deb/debian/socat@1.7-4?arch=amd64"]);
        assert_eq!(seen.names(ItemKind::Program), ["usr/bin/socat"]);
    }
}

#[test]
fn a_cut_debian_package_is_told() {
    let control = gzip(&tar(&[("./control", b"Package: a\nVersion: 1\n")]));
    let whole = deb(&[("debian-binary", b"2.0\n"), ("control.tar.gz", &control)]);
    let seen = Shelf::default().file("a.deb", whole[..whole.len() - 30].to_vec()).seen();
    assert!(seen.unread()[0].starts_with("not read to its end"), "{:?}", seen.unread());
}
