//! Components in two versions.

use crate::made_up;
use builder::{
    cache::Cache,
    check::{self, Report, Row},
};
use manifests::lockfile::{FileKind, LockedFile, LockedImage};

fn pod(image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: a, image: '{image}'}}]}}\n"
    )
}

/// A manifest that names an image, in one version of a component.
fn manifest(version: &str, image: &str, cache: &Cache) -> LockedFile {
    let name = format!("{version}.yaml");
    let file = made_up::file(FileKind::Manifest, &name, pod(image).as_bytes(), cache);
    LockedFile { version: version.parse().unwrap(), ..file }
}

fn image(version: &str, name: &str) -> LockedImage {
    let image = made_up::image(&name.parse().unwrap(), &["linux/amd64"]);
    LockedImage { version: version.parse().unwrap(), ..image }
}

/// Version, found, locked and problems of each row.
fn rows(report: &Report) -> Vec<(&str, [usize; 3])> {
    let counts = |row: &Row| [row.found, row.locked, row.problems];
    report.components.iter().map(|row| (row.version.as_str(), counts(row))).collect()
}

#[test]
fn each_version_of_a_component_has_its_own_line() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = made_up::lockfile();
    let (old, new) = ("quay.io/a/b:v1", "quay.io/a/b:v2");
    lockfile.files = vec![manifest("v1", old, &cache), manifest("v2", new, &cache)];
    lockfile.images = vec![image("v1", old), image("v2", new)];
    let report = check::check(&lockfile, &cache).unwrap();
    assert_eq!(rows(&report), [("v1", [1, 1, 0]), ("v2", [1, 1, 0])]);
    lockfile.images[0] = image("v1", "quay.io/a/stray:v1");
    let report = check::check(&lockfile, &cache).unwrap();
    assert_eq!(rows(&report), [("v1", [1, 1, 2]), ("v2", [1, 1, 0])]);
}
