//! The threat model names tests that exist, and each of its parts says what is not
//! defended.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Folders with tests.
const FOLDERS: [&str; 6] = ["manifests", "bundles", "console", "builder", "installer", "tests"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names of all functions that the test runner calls.
fn tests() -> BTreeSet<String> {
    let mut paths = Vec::new();
    for folder in FOLDERS {
        sources(&Path::new(ROOT).join(folder), &mut paths);
    }
    paths.iter().flat_map(|path| tests_in(&fs::read_to_string(path).unwrap())).collect()
}

/// A test's name follows its attribute, maybe behind others.
fn tests_in(text: &str) -> Vec<String> {
    let attributes = text.split("test]\n").skip(1).chain(text.split("test(").skip(1));
    let names = attributes.filter_map(|rest| {
        let (before, after) = rest.split_once("fn ")?;
        let is_next = !before.contains('{') && before.len() < 300;
        is_next.then(|| after.split('(').next().unwrap_or_default().to_owned())
    });
    names.collect()
}

/// What stands between backticks in the last column of a table.
fn named(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let cells = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names.map(str::to_owned).collect()
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/threat-model.md")).unwrap();
    let (named, tests) = (named(&page), tests());
    assert!(named.len() > 60, "only {} tests are named", named.len());
    let gone: Vec<_> = named.difference(&tests).collect();
    assert!(gone.is_empty(), "the threat model names tests that are gone: {gone:#?}");
}

#[test]
fn every_part_of_the_threat_model_says_what_is_not_defended() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/threat-model.md")).unwrap();
    let parts: Vec<_> = page.split("\n### ").skip(1).collect();
    assert!(parts.len() >= 10, "{}", parts.len());
    for part in parts {
        let title = part.lines().next().unwrap();
        assert!(part.contains("**Not defended.**") && part.contains("| can |"), "{title}");
    }
}
