//! What each profile brings, against the list, in both directions.

use super::Works;
use journeys::platform::{Entry, Kind};
use manifests::lockfile::{FileKind, LockedFile, LockedImage, Lockfile};
use std::collections::BTreeSet;

type Lines = BTreeSet<String>;

#[test]
fn every_profile_brings_what_the_list_says_and_nothing_else() {
    let works = Works::open();
    let profiles: Vec<_> = works.platform.profiles().into_iter().map(str::to_owned).collect();
    for profile in &profiles {
        let lockfile = works.lock(profile, &["--profile", profile]);
        assert_same(profile, &expected(&works, &[profile]), &found(&lockfile));
    }
    let all: Vec<_> = profiles.iter().map(String::as_str).collect();
    let lockfile = works.lock("all", &["--all-profiles"]);
    assert_same("all", &expected(&works, &all), &found(&lockfile));
    assert_same("base", &expected(&works, &[]), &found(&works.lock("base", &[])));
}

fn expected(works: &Works, profiles: &[&str]) -> Lines {
    let line = |entry: &Entry| match entry.kind {
        Kind::File => format!("file {}", entry.source),
        Kind::Manifest => format!("manifest {}", entry.source),
        Kind::Chart => format!("chart {}", entry.source),
        Kind::Image => image_line(&entry.source, entry.names.iter().cloned()),
    };
    works.platform.taken(profiles).map(line).collect()
}

fn found(lockfile: &Lockfile) -> Lines {
    let image = |image: &LockedImage| {
        image_line(&image.name.to_string(), image.also.iter().map(ToString::to_string))
    };
    let files = lockfile.files.iter().map(file_line);
    files.chain(lockfile.images.iter().map(image)).collect()
}

fn file_line(file: &LockedFile) -> String {
    let kind = match file.kind {
        FileKind::File => "file",
        FileKind::Manifest => "manifest",
        FileKind::Chart => "chart",
    };
    format!("{kind} {}", file.source)
}

fn image_line(name: &str, also: impl Iterator<Item = String>) -> String {
    let also: BTreeSet<_> = also.collect();
    format!("image {name} {}", also.into_iter().collect::<Vec<_>>().join(" "))
}

fn assert_same(profile: &str, expected: &Lines, found: &Lines) {
    let missing: Vec<_> = expected.difference(found).collect();
    let unexpected: Vec<_> = found.difference(expected).collect();
    assert!(
        missing.is_empty() && unexpected.is_empty(),
        "{profile}: only on the list: {missing:#?}, only in the lockfile: {unexpected:#?}"
    );
}
