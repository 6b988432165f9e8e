//! The digests against the research notes the definitions were written from.

use crate::data::{Lines, assert_same, at_hand, definitions, image_pin, pin, read};
use manifests::Arch;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_definitions_pin_what_the_research_notes_say_and_nothing_else() {
    let Some(path) = at_hand("../../shared/payload.json") else { return };
    let notes: Vec<Note> = serde_json::from_str(&read(&path)).unwrap();
    let (pins, versions) = (all_pins(), all_versions());

    let mut expected = BTreeMap::new();
    for note in &notes {
        let Some(source) = note.source() else { continue };
        let published = note.sha256_or_digest.is_some();
        if pins.contains_key(source) || (published && versions.contains(&note.version())) {
            expected.insert(source.to_owned(), note.pin());
        }
    }
    let found = pins.into_iter().filter(|(source, _)| expected.contains_key(source)).collect();
    assert_same(("the notes", &lines(&expected)), ("the definitions", &lines(&found)));
    assert!(expected.len() >= 35, "the notes cover the base set, found {}", expected.len());
}

/// An entry of the research notes, as far as it concerns a digest.
#[derive(Deserialize)]
struct Note {
    component: String,
    kind: String,
    version: Option<String>,
    url_or_ref: Option<String>,
    upstream_ref: Option<String>,
    sha256_or_digest: Option<String>,
    digest_trust: Option<String>,
}

impl Note {
    /// The URL of a file, the upstream name of an image.
    fn source(&self) -> Option<&str> {
        match self.kind.as_str() {
            "file" => self.url_or_ref.as_deref(),
            "image" => self.upstream_ref.as_deref(),
            _ => None,
        }
    }

    fn version(&self) -> String {
        format!("{} {}", self.component, self.version.as_deref().unwrap_or_default())
    }

    fn pin(&self) -> String {
        let Some(digest) = &self.sha256_or_digest else { return "- -".to_owned() };
        let hex = digest.trim_start_matches("sha256:");
        format!("sha256:{hex} {}", self.digest_trust.as_deref().unwrap_or("-"))
    }
}

/// Every file and image of every definition, with its pin.
fn all_pins() -> BTreeMap<String, String> {
    let mut pins = BTreeMap::new();
    for component in definitions() {
        for (version, contents) in &component.versions {
            let both = [Arch::Amd64, Arch::Arm64];
            for file in contents.files.iter().flat_map(|f| f.resolve(version, &both)).flatten() {
                pins.insert(file.url.to_string(), pin(file.published));
            }
            let images = contents.images.iter();
            pins.extend(images.map(|image| (image.name.to_string(), image_pin(image))));
        }
    }
    pins
}

/// `component version` of everything that is defined.
fn all_versions() -> BTreeSet<String> {
    let components = definitions();
    let versions = components.iter().map(|c| c.versions.keys().map(move |v| (&c.component, v)));
    versions.flatten().map(|(name, version)| format!("{name} {version}")).collect()
}

fn lines(pins: &BTreeMap<String, String>) -> Lines {
    pins.iter().map(|(source, pin)| format!("{source} {pin}")).collect()
}
