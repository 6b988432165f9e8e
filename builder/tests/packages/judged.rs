//! A bundle's repository beside its lockfile: it is made again from the packages, and
//! whatever is there otherwise is named.

use crate::small::Small;
use builder::{
    apt::{self, AptKey},
    report::{Agreement, Opened, Reading, report},
};
use bundles::{BundlePlan, Repository, RepositoryContent, WriteOptions, write};
use manifests::{event::Silent, lockfile::Lockfile};
use std::{path::Path, sync::atomic::AtomicBool};

/// How the bundle of this repository agrees with its lockfile.
fn judged(small: &Small, repository: Repository) -> Agreement {
    let lockfile = Lockfile::parse(Path::new("release.lock"), &small.lockfile).unwrap();
    let plan =
        BundlePlan::with_repositories(&lockfile, &small.lockfile, &[], &[repository]).unwrap();
    let (path, stop) = (small.folder.path().join("it.bundle"), AtomicBool::new(false));
    let options = WriteOptions { jobs: 1, stop: &stop, reporter: &Silent, reuse: None };
    write(&plan, small, &path, options).unwrap().finish().unwrap();
    let reading = Reading { keys: Vec::new(), require: 1, jobs: 1 };
    let opened = Opened::open(&path, reading, &Silent).unwrap();
    let told = report(&opened, None, "2026-11-21".parse().unwrap());
    told.agreement.unwrap().clone()
}

fn made(text: &str) -> RepositoryContent {
    RepositoryContent::Made { bytes: text.as_bytes().to_vec(), media_type: "text/plain" }
}

fn text<'a>(repository: &'a Repository, path: &str) -> &'a str {
    let RepositoryContent::Made { bytes, .. } = &repository.files[path] else {
        panic!("`{path}` is a package");
    };
    std::str::from_utf8(bytes).unwrap()
}

fn one(small: &Small) -> Repository {
    small.repositories().unwrap().remove(0)
}

#[test]
fn what_build_makes_agrees() {
    let small = Small::new();
    let agreement = judged(&small, one(&small));
    assert!(agreement.is_whole(), "{agreement:?}");
}

type Change<'a> = Box<dyn Fn(&mut Repository) + 'a>;

#[test]
fn what_was_changed_by_hand_is_named() {
    let small = Small::new();
    let index = "dists/bottari/main/binary-amd64/Packages";
    let other = small.folder.path().join("other.key");
    apt::generate(&other, None).unwrap();
    let other = AptKey::load(&other, || unreachable!("it has no password")).unwrap();
    let changes: [(&str, Change<'_>); 6] = [
        (
            "pool/00/demo-data_9_all.deb",
            Box::new(|it| {
                let package = it.files.values().last().unwrap().clone();
                it.files.insert("pool/00/demo-data_9_all.deb".into(), package);
            }),
        ),
        (
            index,
            Box::new(|it| {
                let text = text(it, index).replace("Depends: ", "Suggests: ");
                it.files.insert(index.into(), made(&text));
            }),
        ),
        (
            "dists/bottari/Release",
            Box::new(|it| {
                let text = text(it, "dists/bottari/Release").replace("2026", "2027");
                it.files.insert("dists/bottari/Release".into(), made(&text));
            }),
        ),
        (
            "dists/bottari/InRelease",
            Box::new(|it| {
                let words = text(it, "dists/bottari/Release").to_owned();
                let made_then = std::time::SystemTime::UNIX_EPOCH + crate::small::INDEXED;
                let signed = other.around(&words, made_then).unwrap();
                it.files.insert("dists/bottari/InRelease".into(), made(&signed));
            }),
        ),
        (
            "dists/bottari/Release.gpg",
            Box::new(|it| {
                let signed = text(it, "dists/bottari/InRelease").to_owned();
                it.files.insert("dists/bottari/Release.gpg".into(), made(&signed));
            }),
        ),
        (
            "key.asc",
            Box::new(|it| {
                let two = text(it, "key.asc").to_owned() + &other.public().unwrap();
                it.files.insert("key.asc".into(), made(&two));
            }),
        ),
    ];
    for (path, change) in changes {
        let mut repository = one(&small);
        change(&mut repository);
        let agreement = judged(&small, repository);
        let name = format!("apt/debian-12/{path}");
        let named = agreement.extra_names.iter().any(|stray| stray.name == name);
        assert!(named && !agreement.is_whole(), "{path}: {agreement:?}");
    }
}

#[test]
fn a_bundle_without_its_repository_is_named() {
    let small = Small::new();
    let mut repository = one(&small);
    repository.system = "ubuntu-24.04".parse().unwrap();
    let agreement = judged(&small, repository);
    assert!(agreement.missing_names.iter().any(|it| it.name.starts_with("apt/debian-12/pool/")));
    assert!(agreement.extra_names.iter().any(|it| it.name.starts_with("apt/ubuntu-24.04/")));
}
