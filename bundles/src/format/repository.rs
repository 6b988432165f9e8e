//! Repositories of OS packages in a bundle: which file of which is which blob. Paths
//! are looked up in these lists alone, so none leads anywhere else.

use manifests::{Digest, packages::SystemName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The repository of one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RepositoryRecord {
    /// The system: `debian-12`.
    pub system: SystemName,
    /// Its files, sorted by path.
    pub files: Vec<RepositoryFile>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RepositoryFile {
    /// Below the repository's root: `dists/bottari/InRelease`.
    pub path: String,
    /// The blob behind it.
    pub digest: Digest,
}

impl RepositoryRecord {
    /// The blob of a file.
    pub fn file(&self, path: &str) -> Option<&Digest> {
        let found = self.files.binary_search_by(|file| file.path.as_str().cmp(path));
        found.ok().map(|at| &self.files[at].digest)
    }

    fn check(&self, blobs: &BTreeSet<&Digest>) -> Result<(), String> {
        if !self.files.is_sorted_by(|a, b| a.path < b.path) {
            return Err("its files are not sorted, or one is there twice".into());
        }
        if let Some(file) = self.files.iter().find(|file| !is_path(&file.path)) {
            return Err(format!("{:?} is not the path of a file", file.path));
        }
        match self.files.iter().find(|file| !blobs.contains(&file.digest)) {
            Some(file) => Err(format!("`{}` is {}, which is not here", file.path, file.digest)),
            None => Ok(()),
        }
    }
}

/// The text says what is wrong.
pub(super) fn check(
    repositories: &[RepositoryRecord],
    blobs: &BTreeSet<&Digest>,
) -> Result<(), String> {
    if !repositories.is_sorted_by(|a, b| a.system < b.system) {
        return Err("repositories are not sorted, or one is there twice".into());
    }
    repositories.iter().try_for_each(|repository| {
        let wrong = |why| format!("repository `{}`: {why}", repository.system);
        repository.check(blobs).map_err(wrong)
    })
}

/// Relative, without `.` and `..`, and of letters that mean nothing to a URL.
fn is_path(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+~".contains(&byte);
    path.split('/')
        .all(|part| !part.is_empty() && part != "." && part != ".." && part.bytes().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(system: &str, paths: &[&str]) -> RepositoryRecord {
        let file = |path: &&str| RepositoryFile {
            path: (*path).to_owned(),
            digest: crate::sha256(path.as_bytes()),
        };
        let files = paths.iter().map(file).collect();
        RepositoryRecord { system: system.parse().unwrap(), files }
    }

    fn judged(repositories: &[RepositoryRecord]) -> Result<(), String> {
        let files = repositories.iter().flat_map(|repository| &repository.files);
        check(repositories, &files.map(|file| &file.digest).collect())
    }

    #[test]
    fn files_are_found_by_their_path_alone() {
        let repository = record("debian-12", &["Release", "pool/a_1+b~2_amd64.deb"]);
        assert_eq!(judged(std::slice::from_ref(&repository)), Ok(()));
        assert_eq!(repository.file("Release"), Some(&crate::sha256(b"Release")));
        for path in ["", "release", "pool", "pool/", "/Release", "pool/../Release", "./Release"] {
            assert_eq!(repository.file(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_refused() {
        let hostile = [
            "",
            "/",
            "/etc/passwd",
            "a//b",
            "a/",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            "a/..",
            "a\\b",
            "a b",
            "a%2e",
            "a?b",
            "a#b",
            "a\0",
            "a\n",
            "가",
        ];
        for path in hostile {
            let error = judged(&[record("debian-12", &[path])]).unwrap_err();
            assert!(error.contains("is not the path of a file"), "{error}");
        }
    }

    #[test]
    fn what_is_there_twice_or_unsorted_or_not_here_is_refused() {
        let told = |repositories: &[RepositoryRecord]| judged(repositories).unwrap_err();
        let (one, other) = (record("debian-12", &["a"]), record("ubuntu-24.04", &["a"]));
        assert_eq!(judged(&[one.clone(), other.clone()]), Ok(()));
        assert!(told(&[one.clone(), one.clone()]).contains("there twice"));
        assert!(told(&[other, one.clone()]).contains("not sorted"));
        assert!(told(&[record("debian-12", &["a", "a"])]).contains("there twice"));
        assert!(told(&[record("debian-12", &["b", "a"])]).contains("not sorted"));
        let error = check(&[one], &BTreeSet::new()).unwrap_err();
        assert!(error.contains("`a` is sha256:") && error.contains("not here"), "{error}");
    }
}
