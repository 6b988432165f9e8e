//! Repositories of OS packages: which of the bundles answers for which system. Built
//! from headers alone; what is asked for is looked up in signed lists and nowhere
//! else.

use super::{
    holdings::{Found, wins},
    reply::{Reply, document},
};
use bundles::{Bundle, RepositoryRecord};
use manifests::{Name, packages::SystemName};
use std::{collections::BTreeMap, fmt::Write};

/// Where each release has its repositories to itself. A system of that name has none
/// of its own, then: no catalog has one.
pub(crate) const BY_RELEASE: &str = "by-release/";

/// Bundles by the places that they have a repository at, the one that answers first:
/// `SYSTEM`, where any release may answer, and `by-release/RELEASE/SYSTEM`.
#[derive(Debug, Default)]
pub(crate) struct Systems(BTreeMap<String, Vec<usize>>);

impl Systems {
    /// Puts another bundle beside those that came before it. Gives the systems that
    /// two bundles carry different packages for, with the other bundle: the one that
    /// wins names as well answers for them.
    pub(crate) fn add(&mut self, bundles: &[Bundle], index: usize) -> Vec<(usize, String)> {
        let mut taken = Vec::new();
        let manifest = bundles[index].manifest();
        for repository in &manifest.repositories {
            let system = &repository.system;
            self.put(bundles, index, home_of(&manifest.release, system));
            let other = self.put(bundles, index, system.to_string());
            let before = other.and_then(|other| of(&bundles[other], system));
            if let Some(other) = other
                && before.is_some_and(|before| before.files != repository.files)
            {
                taken.push((other, format!("/apt/{system}/")));
            }
        }
        taken
    }

    /// Puts a bundle at its place among those of a home. Gives who was first there.
    fn put(&mut self, bundles: &[Bundle], index: usize, home: String) -> Option<usize> {
        let givers = self.0.entry(home).or_default();
        let first = givers.first().copied();
        match first.is_none_or(|other| wins(&bundles[index], &bundles[other])) {
            true => givers.insert(0, index),
            false => givers.push(index),
        }
        first
    }

    /// The file at `SYSTEM/PATH` or `by-release/RELEASE/SYSTEM/PATH`. What is named by
    /// its digest is found in every bundle, so that a host in the middle of an update
    /// can go on when a newer one comes.
    pub(crate) fn file<'a>(&self, bundles: &'a [Bundle], place: &str) -> Option<Found<'a>> {
        let (home, path) = split(place)?;
        let system = system(home)?;
        let stays_the_same = path.starts_with("pool/") || path.contains("/by-hash/");
        let givers = self.0.get(home)?.iter().map(|index| &bundles[*index]);
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
        for (home, givers) in &self.0 {
            let bundle = &bundles[*givers.first()?];
            for file in &of(bundle, &system(home)?)?.files {
                let path = format!("{home}/{}", file.path);
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
    split(place).is_some_and(|(_home, path)| path.starts_with("pool/"))
}

/// The place of a repository that no other release answers for.
pub(crate) fn home_of(release: &Name, system: &SystemName) -> String {
    format!("{BY_RELEASE}{release}/{system}")
}

/// The place of a repository, and a path in it.
fn split(place: &str) -> Option<(&str, &str)> {
    let parts = if place.starts_with(BY_RELEASE) { 2 } else { 0 };
    let (end, _) = place.match_indices('/').nth(parts)?;
    Some((&place[..end], &place[end + 1..]))
}

fn system(home: &str) -> Option<SystemName> {
    home.rsplit('/').next()?.parse().ok()
}

fn of<'a>(bundle: &'a Bundle, system: &SystemName) -> Option<&'a RepositoryRecord> {
    bundle.manifest().repositories.iter().find(|repository| repository.system == *system)
}
