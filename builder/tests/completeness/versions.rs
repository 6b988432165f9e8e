//! Charts, which nobody looks into yet, and components in two versions.

use crate::made_up;
use builder::{
    cache::Cache,
    check::{self, Report, Row},
};
use manifests::lockfile::{FileKind, LockedFile, LockedImage, Lockfile};

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

/// Version, found, locked, unread and problems of each row.
fn rows(report: &Report) -> Vec<(&str, [usize; 4])> {
    let counts = |row: &Row| [row.found, row.locked, row.unread, row.problems];
    report.components.iter().map(|row| (row.version.as_str(), counts(row))).collect()
}

fn with_chart(cache: &Cache) -> Lockfile {
    let mut lockfile = made_up::lockfile();
    lockfile.files = vec![made_up::file(FileKind::Chart, "nfs-4.0.18.tgz", b"a chart", cache)];
    lockfile
}

#[test]
fn a_chart_is_told_as_not_looked_into_and_fails_nothing() {
    let (_folder, cache) = made_up::cache();
    let report = check::check(&with_chart(&cache), &cache).unwrap();
    assert!(report.complete);
    assert_eq!(rows(&report), [("1", [0, 0, 1, 0])]);
    let [unread] = &report.unread[..] else { panic!("{report:?}") };
    assert_eq!((unread.component.as_str(), unread.file.as_str()), ("made-up", "nfs-4.0.18.tgz"));
}

#[test]
fn a_chart_is_not_asked_for_either() {
    let (_folder, cache) = made_up::cache();
    assert!(check::needed(&with_chart(&cache)).files.is_empty());
}

#[test]
fn an_image_that_only_a_chart_names_must_be_stated() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = with_chart(&cache);
    lockfile.images = vec![image("1", "registry.k8s.io/sig-storage/nfs:v4.0.2")];
    let report = check::check(&lockfile, &cache).unwrap();
    assert_eq!((report.complete, report.unexplained.len()), (false, 1));
    lockfile.images[0].stated = Some("values of the chart nfs 4.0.18".parse().unwrap());
    assert!(check::check(&lockfile, &cache).unwrap().complete);
}

#[test]
fn each_version_of_a_component_has_its_own_line() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = made_up::lockfile();
    let (old, new) = ("quay.io/a/b:v1", "quay.io/a/b:v2");
    lockfile.files = vec![manifest("v1", old, &cache), manifest("v2", new, &cache)];
    lockfile.images = vec![image("v1", old), image("v2", new)];
    let report = check::check(&lockfile, &cache).unwrap();
    assert_eq!(rows(&report), [("v1", [1, 1, 0, 0]), ("v2", [1, 1, 0, 0])]);
    lockfile.images[0] = image("v1", "quay.io/a/stray:v1");
    let report = check::check(&lockfile, &cache).unwrap();
    assert_eq!(rows(&report), [("v1", [1, 1, 0, 2]), ("v2", [1, 1, 0, 0])]);
}
