//! Repositories of OS packages: which of the bundles answers for which system. Built
//! from headers alone; what is asked for is looked up in signed lists and nowhere
//! else.

use super::{
    holdings::{Found, wins},
    reply::{Reply, document},
};
use bundles::{Bundle, RepositoryRecord};
use manifests::packages::SystemName;
use std::{collections::BTreeMap, fmt::Write};

/// Bundles by the system that they carry packages for, the one that answers first.
#[derive(Debug, Default)]
pub(crate) struct Systems(BTreeMap<SystemName, Vec<usize>>);

impl Systems {
    /// Puts another bundle beside those that came before it. Gives the systems that
    /// two bundles carry different packages for, with the other bundle: the one that
    /// wins names as well answers for them.
    pub(crate) fn add(&mut self, bundles: &[Bundle], index: usize) -> Vec<(usize, String)> {
        let mut taken = Vec::new();
        for repository in &bundles[index].manifest().repositories {
            let givers = self.0.entry(repository.system.clone()).or_default();
            if let Some(other) = givers.first().copied() {
                let before = of(&bundles[other], &repository.system);
                if before.is_some_and(|before| before.files != repository.files) {
                    taken.push((other, format!("/apt/{}/", repository.system)));
                }
            }
            match givers.first().is_none_or(|other| wins(&bundles[index], &bundles[*other])) {
                true => givers.insert(0, index),
                false => givers.push(index),
            }
        }
        taken
    }

    /// The file at `SYSTEM/PATH`. What is named by its digest is found in every bundle,
    /// so that a host in the middle of an update can go on when a newer one comes.
    pub(crate) fn file<'a>(&self, bundles: &'a [Bundle], place: &str) -> Option<Found<'a>> {
        let (system, path) = place.split_once('/')?;
        let system = system.parse::<SystemName>().ok()?;
        let stays_the_same = path.starts_with("pool/") || path.contains("/by-hash/");
        let givers = self.0.get(&system)?.iter().map(|index| &bundles[*index]);
        let mut givers = givers.take(if stays_the_same { usize::MAX } else { 1 });
        givers.find_map(|bundle| {
            let digest = of(bundle, &system)?.file(path)?;
            Some(Found { bundle, record: bundle.blob(digest)? })
        })
    }

    /// Path, size and digest of each file below a folder, as of plain files; `None`
    /// when there is no such folder.
    pub(crate) fn list(&self, bundles: &[Bundle], folder: &str) -> Option<Reply> {
        let mut text = String::new();
        for (system, givers) in &self.0 {
            let bundle = &bundles[*givers.first()?];
            for file in &of(bundle, system)?.files {
                let path = format!("{system}/{}", file.path);
                if path.starts_with(folder) {
                    let size = bundle.blob(&file.digest)?.size;
                    writeln!(text, "{path}  {size}  {}", file.digest).expect("writing to memory");
                }
            }
        }
        let known = folder.is_empty() || !text.is_empty();
        known.then(|| document("text/plain; charset=utf-8", text))
    }
}

/// Whether this place of a repository is a package's, whose digest is in its path.
/// Indexes have no day, also by their digest: apt takes two of one day and one size
/// for the same.
pub(crate) fn is_package(place: &str) -> bool {
    place.split_once('/').is_some_and(|(_system, path)| path.starts_with("pool/"))
}

fn of<'a>(bundle: &'a Bundle, system: &SystemName) -> Option<&'a RepositoryRecord> {
    bundle.manifest().repositories.iter().find(|repository| repository.system == *system)
}
