//! What lies inside the files of a bundle: the names of packages, the members
//! of archives. Read once, so that planning itself reads nothing.

use super::deb::{self, DebName};
use crate::{packages::Carried, plan::PackageName, steps::Artifacts, transport::Content};
use bundles::BlobHasher;
use flate2::read::MultiGzDecoder;
use manifests::{
    Algorithm, Digest, ExitCode, Failure,
    lockfile::{FileKind, LockedFile, Lockfile},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
    path::Path,
};

/// Components whose archives programs are taken from.
pub(super) const ARCHIVES: [&str; 2] = ["cri-o", "cni-plugins"];

/// SHA-256 and size of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    /// SHA-256.
    pub sha256: Digest,
    /// Size in bytes.
    pub size: u64,
}

/// What lies inside the files of one bundle, by their digests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// The files in each archive, without `./` in front.
    pub archives: BTreeMap<Digest, BTreeMap<String, Bytes>>,
    /// What each Debian package calls itself.
    pub packages: BTreeMap<Digest, DebName>,
    /// SHA-256 of files that the lockfile names by another digest.
    pub sha256: BTreeMap<Digest, Digest>,
    /// The repositories of OS packages.
    pub repositories: Carried,
}

/// Why a file of the bundle cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// The bundle does not hold it, although its lockfile names it.
    #[error("`{component}/{name}` is not in the bundle")]
    Absent {
        /// Its component.
        component: String,
        /// Its name.
        name: String,
    },
    /// It is not what its name says.
    #[error("`{component}/{name}` of the bundle cannot be read")]
    Unreadable {
        /// Its component.
        component: String,
        /// Its name.
        name: String,
        /// Why.
        source: io::Error,
    },
}

impl Failure for ContentsError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }

    fn hint(&self) -> Option<String> {
        Some("the release carries a file that is not what it is named; correct the release and build the bundle again".into())
    }
}

impl Contents {
    /// Looks into every package, and into the archives that programs are in.
    pub fn read(artifacts: &dyn Artifacts, lockfile: &Lockfile) -> Result<Self, ContentsError> {
        let mut contents = Self::default();
        for file in &lockfile.files {
            let blob = artifacts.blob(&file.digest).ok_or_else(|| absent(file))?;
            contents.add(file, &*blob).map_err(|source| unreadable(file, source))?;
        }
        Ok(contents)
    }

    /// With the repositories of OS packages.
    #[must_use]
    pub fn with_repositories(self, repositories: Carried) -> Self {
        Self { repositories, ..self }
    }

    /// The names of all packages: those that `reset` may remove.
    pub fn package_names(&self, lockfile: &Lockfile) -> BTreeSet<PackageName> {
        let locked = lockfile.systems.iter().flat_map(|system| &system.packages);
        let locked = locked.filter_map(|package| package.name.as_str().parse().ok());
        self.packages.values().map(|deb| deb.name.clone()).chain(locked).collect()
    }

    fn add(&mut self, file: &LockedFile, blob: &dyn Content) -> io::Result<()> {
        let digest = || file.digest.clone();
        if is_package(file) {
            self.packages.insert(digest(), deb::read(blob.open()?)?);
        } else if is_archive(file) {
            self.archives.insert(digest(), members(blob.open()?)?);
        }
        if file.digest.algorithm() != Algorithm::Sha256 {
            self.sha256.insert(digest(), describe(blob.open()?)?.sha256);
        }
        Ok(())
    }
}

/// Whether a file is a Debian package.
pub(super) fn is_package(file: &LockedFile) -> bool {
    file.kind == FileKind::File && has_ending(file, "deb")
}

/// Whether programs are taken out of a file.
pub(super) fn is_archive(file: &LockedFile) -> bool {
    file.kind == FileKind::File
        && (has_ending(file, "tgz") || has_ending(file, "gz"))
        && ARCHIVES.contains(&file.component.as_str())
}

fn has_ending(file: &LockedFile, ending: &str) -> bool {
    Path::new(file.name.as_str()).extension().is_some_and(|found| found == ending)
}

fn members(packed: Box<dyn Read + Send>) -> io::Result<BTreeMap<String, Bytes>> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(packed));
    let mut members = BTreeMap::new();
    for entry in archive.entries()? {
        let entry = entry?;
        if entry.header().entry_type().is_file() {
            let path = entry.path()?.into_owned();
            let name = path.strip_prefix("./").unwrap_or(&path).to_string_lossy().into_owned();
            members.insert(name, describe(entry)?);
        }
    }
    Ok(members)
}

fn describe(mut reader: impl Read) -> io::Result<Bytes> {
    let (mut hasher, mut buffer) = (BlobHasher::new(Algorithm::Sha256), vec![0; 256 * 1024]);
    loop {
        match reader.read(&mut buffer)? {
            0 => {
                let size = hasher.bytes();
                return Ok(Bytes { sha256: hasher.finish().0, size });
            }
            count => hasher.update(&buffer[..count]),
        }
    }
}

fn absent(file: &LockedFile) -> ContentsError {
    let (component, name) = (file.component.to_string(), file.name.to_string());
    ContentsError::Absent { component, name }
}

fn unreadable(file: &LockedFile, source: io::Error) -> ContentsError {
    let (component, name) = (file.component.to_string(), file.name.to_string());
    ContentsError::Unreadable { component, name, source }
}
