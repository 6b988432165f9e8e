//! A small repository: three packages of `dpkg-deb`, a lockfile that names them, and
//! a key.

use builder::{
    apt::{self, AptError, AptKey},
    sbom::Options,
};
use bundles::{BlobSource, Repository, RepositoryContent};
use journeys::debs::{self, Naming};
use manifests::{Digest, event::Silent, lockfile::Lockfile};
use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::Path,
    sync::atomic::AtomicBool,
    time::{Duration, UNIX_EPOCH},
};

const HEAD: &str = "\
format: bottari.lock/v1
release: demo
version: '1'
serial: 1
title: t
arches: [amd64, arm64]
compression-level: 3
files: []
images: []
systems:
";

/// When its archive was made, after 1970: 2026-07-11T10:16:37Z.
pub(crate) const INDEXED: Duration = Duration::from_secs(1_783_764_997);

/// Packages by digest, and the lockfile's text.
pub(crate) struct Small {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) blobs: BTreeMap<Digest, Vec<u8>>,
    pub(crate) lockfile: String,
    pub(crate) key: AptKey,
}

impl BlobSource for Small {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let bytes = self.blobs.get(digest).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }
}

impl Small {
    /// One package needs another, in a version with everything that versions may
    /// have; the third is for both architectures.
    pub(crate) fn new() -> Self {
        let mut small = Self::of_no_system();
        small.system("amd64");
        small.package(("demo-tool", "1:2.0+b~rc1-3", "amd64"), "Depends: demo-data (>= 1.0)\n");
        small.package(("demo-data", "1.0-1", "all"), "");
        small.package(("demo-lib", "0.9-2", "amd64"), "Multi-Arch: same\n");
        small.system("arm64");
        small.package(("demo-data", "1.0-1", "all"), "");
        small
    }

    /// Hosts that have everything already.
    pub(crate) fn empty() -> Self {
        let mut small = Self::of_no_system();
        small.system("amd64");
        small.lockfile = small.lockfile.replace("packages:\n", "packages: []\n");
        small
    }

    fn of_no_system() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("apt.key");
        apt::generate(&key, None).unwrap();
        let key = AptKey::load(&key, || unreachable!("it has no password")).unwrap();
        Self { folder, blobs: BTreeMap::new(), lockfile: HEAD.to_owned(), key }
    }

    fn system(&mut self, arch: &str) {
        self.lockfile += &debs::system("debian-12", arch, UNIX_EPOCH + INDEXED);
    }

    fn package(&mut self, naming: Naming<'_>, more: &str) {
        self.lock(naming, debs::deb(self.folder.path(), naming, more));
    }

    /// Locks these bytes as a package, whatever they are.
    pub(crate) fn lock(&mut self, naming: Naming<'_>, bytes: Vec<u8>) {
        let digest = bundles::sha256(&bytes);
        let source = format!("https://debian.example/{}.deb", naming.0);
        self.lockfile += &debs::package(naming, &source, bytes.len(), &digest.to_string());
        self.blobs.insert(digest, bytes);
    }

    pub(crate) fn repositories(&self) -> Result<Vec<Repository>, AptError> {
        static GO_ON: AtomicBool = AtomicBool::new(false);
        let lockfile = Lockfile::parse(Path::new("release.lock"), &self.lockfile).unwrap();
        let options = Options { jobs: 2, stop: &GO_ON, reporter: &Silent };
        apt::repositories(&lockfile, self, &self.key, options)
    }

    /// The one repository, as files with their bytes.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let [repository] = &self.repositories().unwrap()[..] else { panic!("one system") };
        let bytes = |content: &RepositoryContent| match content {
            RepositoryContent::Made { bytes, .. } => bytes.clone(),
            RepositoryContent::Carried(digest) => self.blobs[digest].clone(),
        };
        repository.files.iter().map(|(path, file)| (path.clone(), bytes(file))).collect()
    }
}
