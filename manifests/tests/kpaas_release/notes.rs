//! The definitions against the research notes they were written from: digests,
//! how far they are trusted, and which hosts need what.

use crate::data::{BOTH, Lines, assert_same, at_hand, definitions, image_pin, pin, read};
use manifests::{ImageRef, Role, Version, component::Contents};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Where a definition has other roles than the notes on purpose.
const OTHER_ROLES: [(&str, &str); 2] = [
    ("opentofu/", "the notes say in their text that control-plane hosts have it, too"),
    ("keadm-v1.14.4", "a bundle may hold both versions of keadm, and hosts get the other one"),
];

/// An entry of the research notes.
#[derive(Deserialize)]
pub(crate) struct Note {
    pub(crate) component: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) url_or_ref: Option<String>,
    pub(crate) upstream_ref: Option<String>,
    sha256_or_digest: Option<String>,
    digest_trust: Option<String>,
    roles: String,
}

/// The research notes, where they are at hand.
pub(crate) fn notes() -> Option<Vec<Note>> {
    let path = at_hand("../../shared/payload.json")?;
    Some(serde_json::from_str(&read(&path)).expect("the notes are JSON"))
}

/// What a registry is asked for: with a digest, the tag does not matter.
pub(crate) fn asked(image: &ImageRef) -> String {
    image.digest().map_or_else(|| image.to_string(), |digest| format!("{}@{digest}", image.name()))
}

#[test]
fn the_definitions_pin_what_the_research_notes_say_and_nothing_else() {
    let Some(notes) = notes() else { return };
    let (artifacts, versions) = (artifacts(), all_versions());
    let mut expected = BTreeMap::new();
    for note in &notes {
        let Some(source) = note.source() else { continue };
        let published = note.sha256_or_digest.is_some();
        if artifacts.contains_key(&source) || (published && versions.contains(&note.version())) {
            expected.insert(source, note.pin());
        }
    }
    let found = artifacts.into_iter().filter(|(source, _)| expected.contains_key(source));
    let found = found.map(|(source, artifact)| format!("{source} {}", artifact.pin)).collect();
    let lines = expected.iter().map(|(source, pin)| format!("{source} {pin}")).collect();
    assert_same(("the notes", &lines), ("the definitions", &found));
    assert!(lines.len() >= 160, "the notes cover the release, found {}", lines.len());
}

#[test]
fn the_hosts_that_need_something_are_those_of_the_research_notes() {
    let Some(notes) = notes() else { return };
    let artifacts = artifacts();
    let (mut expected, mut found) = (Lines::new(), Lines::new());
    let mut differ = BTreeSet::new();
    for note in &notes {
        let Some(source) = note.source() else { continue };
        let Some(artifact) = artifacts.get(&source) else { continue };
        let other = OTHER_ROLES.iter().find(|(part, _)| source.contains(part));
        match other {
            Some((part, _)) if artifact.roles != note.hosts() => _ = differ.insert(*part),
            _ => {
                expected.insert(format!("{source} {:?}", note.hosts()));
                found.insert(format!("{source} {:?}", artifact.roles));
            }
        }
    }
    assert_same(("the notes", &expected), ("the definitions", &found));
    let stale: Vec<_> = OTHER_ROLES.iter().filter(|(part, _)| !differ.contains(part)).collect();
    assert!(stale.is_empty(), "these agree by now: {stale:?}");
}

impl Note {
    /// The URL of a file, the upstream name of an image.
    fn source(&self) -> Option<String> {
        match self.kind.as_str() {
            "image" => {
                let name = self.upstream_ref.as_ref()?;
                Some(asked(&name.parse().expect("the notes' images parse")))
            }
            "file" => self.url_or_ref.clone(),
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

    /// The install host is no host of the cluster.
    fn hosts(&self) -> BTreeSet<Role> {
        let role = |word: &str| match word {
            "cp" | "etcd" => Some(Role::ControlPlane),
            "worker" => Some(Role::Worker),
            "edge" => Some(Role::Edge),
            "install" => None,
            other => panic!("{}: nobody knows the role `{other}`", self.name),
        };
        self.roles.split(',').filter_map(role).collect()
    }
}

/// What a definition says of one artifact.
struct Artifact {
    pin: String,
    roles: BTreeSet<Role>,
}

/// Every file and image of every definition by its source.
fn artifacts() -> BTreeMap<String, Artifact> {
    let mut artifacts = BTreeMap::new();
    for component in definitions() {
        for (version, contents) in &component.versions {
            artifacts.extend(of_version(version, contents));
        }
    }
    artifacts
}

fn of_version(version: &Version, contents: &Contents) -> Vec<(String, Artifact)> {
    let mut artifacts = Vec::new();
    for source in &contents.files {
        let roles: BTreeSet<_> = source.roles.iter().copied().collect();
        let files = source.resolve(version, &BOTH).expect("a parsed definition resolves");
        artifacts.extend(files.into_iter().map(|file| {
            let artifact = Artifact { pin: pin(file.published), roles: roles.clone() };
            (file.url.to_string(), artifact)
        }));
    }
    artifacts.extend(contents.images.iter().map(|image| {
        let roles = image.roles.iter().copied().collect();
        (asked(&image.name), Artifact { pin: image_pin(image), roles })
    }));
    artifacts
}

/// `component version` of everything that is defined.
fn all_versions() -> BTreeSet<String> {
    let components = definitions();
    let versions = components.iter().map(|c| c.versions.keys().map(move |v| (&c.component, v)));
    versions.flatten().map(|(name, version)| format!("{name} {version}")).collect()
}
