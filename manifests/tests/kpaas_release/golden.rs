//! The golden list: one line per artifact, written from the research notes and
//! not from the definitions, so that a mistake has to be made twice to go unseen.

use crate::data::{Lines, ROOT, assert_same, image_pin, pin, release};
use manifests::{
    Version,
    component::{Contents, FileSource, ImageSource},
    release::Release,
};
use std::path::Path;

const GOLDEN: &str = include_str!("../golden/kpaas-1.7.0.txt");

#[test]
fn the_kpaas_release_holds_exactly_the_golden_list() {
    let (release, picks) = release(&Path::new(ROOT).join("releases/kpaas-1.7.0.yaml"));
    let found: Vec<_> =
        picks.iter().flat_map(|(v, contents)| lines(&release, v, contents)).collect();
    let golden: Vec<_> = GOLDEN.lines().map(str::to_owned).collect();
    assert!(golden.is_sorted(), "the golden list is sorted");
    let set = |lines: &[String]| lines.iter().cloned().collect::<Lines>();
    assert_same(("the golden list", &set(&golden)), ("the release", &set(&found)));
    assert_eq!(found.len(), golden.len(), "nothing is listed twice");
}

fn lines(release: &Release, version: &Version, contents: &Contents) -> Vec<String> {
    let resolved = |sources: &[FileSource]| -> Vec<_> {
        let files = sources.iter().map(|source| source.resolve(version, &release.arches));
        files.flat_map(|files| files.expect("a parsed definition resolves")).collect()
    };
    let files = resolved(&contents.files).into_iter();
    let files = files.map(|file| format!("file {} {}", file.url, pin(file.published)));
    let manifests = resolved(&contents.manifests).into_iter();
    let manifests = manifests.map(|manifest| format!("manifest {}", manifest.url));
    let images = contents.images.iter().map(|image| image_line(release, image));
    files.chain(manifests).chain(images).collect()
}

fn image_line(release: &Release, image: &ImageSource) -> String {
    let also = image.also.iter();
    let also = also.filter(|name| release.extra_names.iter().any(|r| r == name.registry()));
    let also: Vec<_> = also.map(ToString::to_string).collect();
    format!("image {} {} {}", image.name, also.join(" "), image_pin(image))
}
