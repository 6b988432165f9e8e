//! `check` on the whole platform: without any one image that something shows, the
//! lockfile is refused and the place is named.

use super::Works;
use journeys::platform::{Entry, Kind};
use manifests::lockfile::{LockedImage, Lockfile};

#[test]
fn without_any_one_image_that_something_shows_the_place_is_named() {
    let works = Works::open();
    let whole = works.lock("kpaas", &["--all-profiles"]);
    let shown = whole.images.iter().filter(|image| image.stated.is_none());
    let shown: Vec<_> = shown.collect();
    assert!(shown.len() >= 20, "{} images", shown.len());
    for image in shown {
        let refusal = works.refused("without", &without(&whole, image));
        assert!(names(&refusal, image), "{}: {refusal}", image.name);
        let places = places(&works, &whole, image);
        assert!(places.iter().all(|place| refusal.contains(place)), "{places:?}: {refusal}");
    }
}

#[test]
fn what_nothing_shows_is_stated_by_its_definition() {
    let works = Works::open();
    let mut lockfile = works.lock("kpaas", &["--all-profiles"]);
    let is_stated = |image: &LockedImage| image.stated.is_some();
    let stated = lockfile.images.iter().filter(|image| is_stated(image));
    let stated: Vec<_> =
        stated.map(|image| format!("{} {}", image.component, image.name)).collect();
    insta::assert_snapshot!("stated", stated.join("\n"));
    lockfile.images.retain(|image| !is_stated(image));
    let file = works.write("shown", &lockfile);
    works.builder(&["-q", "check", &file, "--offline"]);
}

#[test]
fn a_stray_image_is_refused_by_its_name() {
    let works = Works::open();
    let mut lockfile = works.lock("kpaas", &[]);
    let mut stray = lockfile.images[0].clone();
    stray.name = "quay.io/stray/image:v1".parse().unwrap();
    (stray.also, stray.stated) = (Vec::new(), None);
    lockfile.images.push(stray);
    let refusal = works.refused("stray", &lockfile);
    assert!(refusal.contains("quay.io/stray/image:v1"), "{refusal}");
}

fn without(whole: &Lockfile, image: &LockedImage) -> Lockfile {
    let mut lockfile = whole.clone();
    lockfile.images.retain(|other| other.name != image.name);
    lockfile
}

/// Whether a text names an image by one of its names, with or without the tag.
fn names(text: &str, image: &LockedImage) -> bool {
    image.names().any(|name| text.contains(&name.name()))
}

/// Where an image must be named: the manifests that show it, as the list has it, or
/// a program that asks for images by itself.
fn places(works: &Works, lockfile: &Lockfile, image: &LockedImage) -> Vec<String> {
    let names: Vec<_> = image.names().map(ToString::to_string).collect();
    let shows = |entry: &&Entry| {
        entry.kind == Kind::Manifest && entry.names.iter().any(|name| names.contains(name))
    };
    let entries = works.platform.entries().iter().filter(shows);
    let file = |entry: &Entry| {
        let mut files = lockfile.files.iter();
        let file = files.find(|file| file.source.as_str() == entry.source);
        file.map(|file| file.name.to_string())
    };
    let mut places: Vec<_> = entries.map(|entry| file(entry).unwrap()).collect();
    if places.is_empty() {
        places.push("kubeadm".to_owned());
    }
    places
}
