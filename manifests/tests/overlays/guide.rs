//! The worked example of the guide, laid on the real release.

use manifests::{catalog::Catalog, component::Component, overlay::Overlay, release::Release, yaml};
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const GUIDE: &str = include_str!("../../../docs/adding-a-component.md");

/// The first block of YAML in the section that begins so.
fn example(beginning: &str) -> &'static str {
    let (_, section) = GUIDE.split_once("## A site's own things").unwrap();
    let blocks = section.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(text, _)| text).find(|text| text.starts_with(beginning)).unwrap()
}

#[test]
fn the_worked_example_of_a_site_goes_with_the_kpaas_release() {
    let site = tempfile::tempdir().unwrap();
    let definition = example("component:");
    let name = Component::parse(Path::new("the guide"), definition).unwrap().component;
    let folder = site.path().join("components").join(name.as_str());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("component.yaml"), definition).unwrap();

    let path = Path::new(ROOT).join("releases/kpaas-1.7.0.yaml");
    let release = Release::parse(&path, &yaml::read(&path).unwrap()).unwrap();
    let overlays = site.path().join("overlays");
    std::fs::create_dir(&overlays).unwrap();
    let overlay = overlays.join("site.yaml");
    let catalog = Catalog::beside(&path).with_beside(&overlay);
    let text = example("overlay:");
    let laid = Overlay::parse(&overlay, text).unwrap().lay_on(&overlay, release, &catalog);
    assert_eq!(laid.unwrap_or_else(|error| panic!("{error}")).overlays.len(), 1);
}
