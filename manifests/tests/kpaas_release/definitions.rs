//! The definitions and releases as such.

use crate::data::{ROOT, files_below, release};
use manifests::{
    Arch,
    catalog::Catalog,
    component::{Component, Contents},
    release::Release,
    yaml,
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
fn every_system_is_defined_under_its_own_name_with_the_base_that_releases_ask_for() {
    let root = Path::new(ROOT);
    let catalog = Catalog::new(&root.join("components"));
    for entry in root.join("systems").read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let system = catalog.system(&name).unwrap();
        for arch in [Arch::Amd64, Arch::Arm64] {
            assert!(system.sources_of(arch).next().is_some(), "{name} has no source for {arch}");
        }
    }
    for path in files_below(&root.join("releases")) {
        let text = yaml::read(&path).unwrap();
        for target in Release::parse(&path, &text).unwrap().systems {
            catalog.system(&target.name).unwrap().base(&target.base).unwrap();
        }
    }
}

#[test]
fn the_worked_examples_of_the_guide_are_definitions() {
    let blocks = GUIDE.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let examples: Vec<_> = blocks
        .map(|(text, _)| text)
        .filter(|text| text.trim_start().starts_with("component:"))
        .collect();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let component = Component::parse(Path::new("the guide"), example).unwrap();
        assert_eq!(component.versions.len(), 1);
    }
}
