//! Which paths a layer sets or takes away: what lies below is then not there.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const WHITEOUT: &str = ".wh.";

/// What a layer does to the layers below it.
///
/// Paths are kept as the first eight bytes of their SHA-256: a layer has up to
/// a hundred thousand, and only whether one is there is ever asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covers {
    folders: BTreeSet<u64>,
    others: BTreeSet<u64>,
    removed: BTreeSet<String>,
    opaque: BTreeSet<String>,
}

impl Covers {
    pub(super) fn folder(&mut self, path: &str) {
        self.folders.insert(short(path));
    }

    /// A file, a link or anything that is no folder.
    pub(super) fn other(&mut self, path: &str) {
        self.others.insert(short(path));
    }

    /// Takes the path of a whiteout.
    pub(super) fn whiteout(&mut self, path: &str) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        match name.strip_prefix(WHITEOUT) {
            Some(".wh..opq") => self.opaque.insert(folder.to_owned()),
            // Other names that begin so are notes of an old storage driver.
            Some(kept) if kept.starts_with(WHITEOUT) => false,
            Some(name) if folder.is_empty() => self.removed.insert(name.to_owned()),
            Some(name) => self.removed.insert(format!("{folder}/{name}")),
            None => false,
        };
    }

    pub(super) fn len(&self) -> usize {
        self.folders.len() + self.others.len() + self.removed.len() + self.opaque.len()
    }

    /// Whether a file of a lower layer cannot be seen any more.
    pub fn hides(&self, path: &str) -> bool {
        let gone = |path: &str| self.removed.contains(path) || self.others.contains(&short(path));
        let is_below = |folder: &str| self.opaque.contains(folder);
        gone(path)
            || self.folders.contains(&short(path))
            || above(path).any(|folder| gone(folder) || is_below(folder))
            || is_below("")
    }
}

/// Whether a path stands for the absence of another one.
pub(super) fn is_whiteout(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(WHITEOUT))
}

/// Every folder a path lies in, the nearest first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(path), |folder| parent(folder))
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

fn short(path: &str) -> u64 {
    let digest = bundles::sha256(path.as_bytes());
    u64::from_str_radix(&digest.hex()[..16], 16).expect("a digest is hex")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(paths: &[&str]) -> Covers {
        let mut covers = Covers::default();
        for path in paths {
            match path.strip_suffix('/') {
                Some(folder) => covers.folder(folder),
                None if is_whiteout(path) => covers.whiteout(path),
                None => covers.other(path),
            }
        }
        covers
    }

    #[test]
    fn a_file_goes_with_its_name_its_folder_or_what_stands_in_their_place() {
        let hides = |path: &str| covers(&[path]).hides("usr/bin/tool");
        for path in ["usr/bin/tool", "usr/bin", "usr", "usr/bin/tool/"] {
            assert!(hides(path), "{path}");
        }
        for path in ["usr/bin/.wh.tool", "usr/.wh.bin", ".wh.usr"] {
            assert!(hides(path), "{path}");
        }
        for path in ["usr/bin/.wh..wh..opq", "usr/.wh..wh..opq", ".wh..wh..opq"] {
            assert!(hides(path), "{path}");
        }
    }

    #[test]
    fn a_neighbour_stays() {
        for path in ["usr/bin/", "usr/bin/tool2", "usr/bin/.wh.too", "usr/lib/.wh..wh..opq"] {
            assert!(!covers(&[path]).hides("usr/bin/tool"), "{path}");
        }
    }
}
