//! Repositories of OS packages in a plan: packages are blobs of the lockfile, and the
//! rest comes with the repository.

use crate::{
    format::repository::{RepositoryFile, RepositoryRecord},
    plan::Collected,
};
use manifests::{Digest, packages::SystemName};
use std::collections::BTreeMap;

/// The repository of one system, which travels with its packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The system.
    pub system: SystemName,
    /// Its files by path: `dists/bottari/InRelease`.
    pub files: BTreeMap<String, RepositoryContent>,
    /// The version of what made it: another one may write other bytes, so it becomes
    /// a word of the encoder id.
    pub maker: String,
}

/// What a file of a repository holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepositoryContent {
    /// These bytes.
    Made {
        /// All of them.
        bytes: Vec<u8>,
        /// What they are.
        media_type: &'static str,
    },
    /// A blob that the lockfile lists.
    Carried(Digest),
}

/// The word of the encoder id.
pub(crate) fn encoder(repositories: &[Repository]) -> String {
    let maker = repositories.first().map(|repository| format!(" apt-{}", repository.maker));
    maker.unwrap_or_default()
}

impl Collected {
    /// That packages are among the blobs is found when the manifest is checked.
    pub(crate) fn repository(&mut self, repository: &Repository) -> RepositoryRecord {
        let system = repository.system.clone();
        let files = repository.files.iter().map(|(path, content)| {
            let digest = match content {
                RepositoryContent::Carried(digest) => digest.clone(),
                RepositoryContent::Made { bytes, media_type } => {
                    self.make(bytes.clone(), media_type, format!("{system}/repository")).digest
                }
            };
            RepositoryFile { path: path.clone(), digest }
        });
        RepositoryRecord { files: files.collect(), system: repository.system.clone() }
    }
}
