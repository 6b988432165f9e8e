//! The definitions and releases as such.

use crate::data::{ROOT, files_below, release};
use manifests::{
    catalog::Catalog,
    component::{Component, Contents},
};
use std::path::Path;

const GUIDE: &str = include_str!("../../../docs/adding-a-component.md");

#[test]
fn every_component_folder_holds_one_definition_of_its_own_name() {
    let folder = Path::new(ROOT).join("components");
    for entry in folder.read_dir().unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let component = Catalog::new(&folder).component(&name.parse().unwrap()).unwrap();
        assert!(!component.versions.is_empty(), "{name} has no version");
        for (version, contents) in &component.versions {
            assert_ne!(*contents, Contents::default(), "{name} {version} is empty");
        }
    }
}

#[test]
fn every_release_names_only_components_and_versions_that_are_defined() {
    let releases = files_below(&Path::new(ROOT).join("releases"));
    assert!(!releases.is_empty());
    for path in releases {
        release(&path);
    }
}

#[test]
fn the_worked_example_of_the_guide_is_a_definition() {
    let (_, rest) = GUIDE.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let component = Component::parse(Path::new("the guide"), example).unwrap();
    assert_eq!(component.versions.len(), 1);
}
