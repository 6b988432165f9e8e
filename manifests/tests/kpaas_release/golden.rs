//! The golden list: one line per artifact with its profile, written from the
//! research notes and not from the definitions, so that a mistake has to be made
//! twice to go unseen.

use crate::data::{Lines, assert_same, image_pin, kpaas, pin, resolved};
use manifests::{
    Name,
    component::{Contents, FileSource, ImageSource},
    release::{Choice, Pick, Release},
};

const GOLDEN: &str = include_str!("../golden/kpaas-1.7.0.txt");

/// The profile that the golden list gives to what every bundle has.
const BASE: &str = "base";

#[test]
fn the_kpaas_release_holds_exactly_the_golden_list() {
    let (release, picks) = kpaas();
    let found: Vec<_> =
        picks.iter().flat_map(|(pick, contents)| lines(&release, pick, contents)).collect();
    let golden: Vec<_> = GOLDEN.lines().map(str::to_owned).collect();
    assert!(golden.is_sorted(), "the golden list is sorted");
    let set = |lines: &[String]| lines.iter().cloned().collect::<Lines>();
    assert_same(("the golden list", &set(&golden)), ("the release", &set(&found)));
    assert_eq!(found.len(), golden.len(), "nothing is listed twice");
}

#[test]
fn a_bundle_with_a_profile_holds_the_base_and_that_profile() {
    let (release, picks) = kpaas();
    let profiles = release.profiles.iter().map(|profile| &profile.name);
    for profile in std::iter::once(None).chain(profiles.map(Some)) {
        let chosen = release.with(&Choice::Named(profile.cloned().into_iter().collect())).unwrap();
        let is_taken = |pick: &Pick| {
            chosen.components.iter().any(|one| one.name == pick.name && one.version == pick.version)
        };
        let taken = picks.iter().filter(|(pick, _)| is_taken(pick));
        let found = taken.flat_map(|(pick, contents)| lines(&release, pick, contents)).collect();
        let is_in = |line: &&str| {
            let (first, _) = line.split_once(' ').expect("a line holds several words");
            first == BASE || Some(first) == profile.map(Name::as_str)
        };
        let golden = GOLDEN.lines().filter(is_in).map(str::to_owned).collect();
        assert_same(("the golden list", &golden), ("the chosen release", &found));
    }
}

fn lines(release: &Release, pick: &Pick, contents: &Contents) -> Lines {
    let files = |sources: &[FileSource], kind: &str| -> Vec<String> {
        let files = sources.iter().flat_map(|source| resolved(source, pick, &release.arches));
        files.map(|file| format!("{kind} {} {}", file.url, pin(file.published))).collect()
    };
    let mut artifacts = files(&contents.files, "file");
    artifacts.extend(files(&contents.manifests, "manifest"));
    artifacts.extend(files(&contents.charts, "chart"));
    artifacts.extend(contents.images.iter().map(|image| image_line(release, image)));
    let profiles: Vec<_> = match &pick.profiles[..] {
        [] => vec![BASE],
        some => some.iter().map(Name::as_str).collect(),
    };
    let lines = artifacts
        .iter()
        .flat_map(|artifact| profiles.iter().map(move |profile| format!("{profile} {artifact}")));
    lines.collect()
}

fn image_line(release: &Release, image: &ImageSource) -> String {
    let also = image.also.iter();
    let also = also.filter(|name| release.extra_names.iter().any(|r| r == name.registry()));
    let also: Lines = also.map(|name| format!(" {name}")).collect();
    let also: String = also.into_iter().collect();
    format!("image {}{also} {}", image.name, image_pin(image))
}
