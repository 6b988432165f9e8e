//! What rules are asked about: components with their versions, and images.

use super::Subject;
use crate::{ImageRef, Name, Version, component::Contents, lockfile::Lockfile, release::Pick};
use std::collections::BTreeSet;

/// What a release or a lockfile picks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picked {
    components: BTreeSet<(Name, Version)>,
    images: BTreeSet<ImageRef>,
}

impl Picked {
    /// What a lockfile holds.
    pub fn of_lockfile(lockfile: &Lockfile) -> Self {
        let files = lockfile.files.iter().map(|file| (&file.component, &file.version));
        let images = lockfile.images.iter().map(|image| (&image.component, &image.version));
        let installed = lockfile.components.iter().map(|one| (&one.name, &one.version));
        let all = files.chain(images).chain(installed);
        Self {
            components: all.map(|(name, version)| (name.clone(), version.clone())).collect(),
            images: lockfile.images.iter().map(|image| image.name.clone()).collect(),
        }
    }

    /// What the definitions of these components hold, before anything is locked.
    pub fn of_contents(contents: &[(Pick, Contents)]) -> Self {
        let picks = contents.iter().map(|(pick, _)| (pick.name.clone(), pick.version.clone()));
        let images = contents.iter().flat_map(|(_, contents)| &contents.images);
        Self {
            components: picks.collect(),
            images: images.map(|source| source.name.clone()).collect(),
        }
    }

    /// The same with this version alone of a subject.
    pub(super) fn with_only(&self, subject: &Subject, version: &str) -> Self {
        let mut picked = self.clone();
        let name = subject.as_str();
        picked.components.retain(|(its, one)| its.as_str() != name || one.as_str() == version);
        picked.images.retain(|image| image.name() != name || image.tag() == Some(version));
        picked
    }

    /// Every version of a subject, each once, in the order of their texts.
    pub fn versions(&self, subject: &Subject) -> Vec<String> {
        let name = subject.as_str();
        let components = self.components.iter().filter(|(component, _)| component.as_str() == name);
        let images = self.images.iter().filter(|image| image.name() == name);
        let versions = components.map(|(_, version)| version.as_str());
        let versions = versions.chain(images.filter_map(ImageRef::tag));
        versions.map(ToOwned::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
    }
}
