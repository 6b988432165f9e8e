//! Everything that upstream's manifests name is found, and the document that lists
//! it is right.

use crate::made_up;
use builder::check::{Finding, ManifestName, Reference, read_manifest};
use manifests::ImageRef;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn manifests(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(manifests(&path)),
            false if path.extension().is_some_and(|extension| extension == "yaml") => {
                found.push(path);
            }
            false => {}
        }
    }
    found.sort();
    found
}

/// What a manifest asks for.
fn found(manifest: &Path) -> BTreeSet<String> {
    let (component, version) = ("any".parse().unwrap(), "1".parse().unwrap());
    let file = "manifest.yaml".parse().unwrap();
    let name = ManifestName { component: &component, version: &version, file: &file };
    let findings = read_manifest(name, &fs::read(manifest).unwrap(), &[]).unwrap();
    let is_name = |finding: &Finding| !matches!(finding.reference, Reference::Unreadable(_));
    assert!(findings.iter().all(is_name), "{findings:?}");
    findings.iter().map(|finding| finding.reference.to_string()).collect()
}

/// What `grep image:` finds.
fn grepped(manifest: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(manifest).unwrap();
    let images = text.lines().filter_map(|line| line.split_once("image:"));
    let values = images.filter(|(before, _)| !before.contains('#')).map(|(_, value)| value.trim());
    let values = values.map(|value| value.trim_matches(['"', '\'']));
    values
        .filter_map(|value| value.parse::<ImageRef>().ok())
        .map(|image| image.to_string())
        .collect()
}

const DOCUMENT: &str = include_str!("../../../docs/completeness.md");

/// The list of the document: a line for each manifest, with its findings below.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let (_, list) = DOCUMENT.split_once("```text found\n").unwrap();
    let (list, _) = list.split_once("```").unwrap();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut manifest = "";
    for line in list.lines() {
        match line.strip_prefix("  ") {
            None => manifest = line,
            Some(reference) => {
                found.entry(manifest.to_owned()).or_default().insert(reference.to_owned());
            }
        }
        found.entry(manifest.to_owned()).or_default();
    }
    found
}

#[test]
fn what_is_found_is_a_superset_of_what_grep_finds() {
    let Some(upstream) = made_up::upstream() else { return };
    for manifest in manifests(&upstream) {
        let (found, grepped) = (found(&manifest), grepped(&manifest));
        assert!(grepped.is_subset(&found), "{}: {grepped:?} {found:?}", manifest.display());
    }
}

#[test]
fn the_document_lists_exactly_what_is_found() {
    let Some(upstream) = made_up::upstream() else { return };
    let files = manifests(&upstream);
    let shown = |path: &PathBuf| {
        let below = path.strip_prefix(upstream.join("raw.githubusercontent.com")).unwrap();
        below.display().to_string()
    };
    let measured: BTreeMap<_, _> = files.iter().map(|path| (shown(path), found(path))).collect();
    assert_eq!(documented(), measured);
}
