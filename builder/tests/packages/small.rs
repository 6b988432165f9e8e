//! A small repository: three packages of `dpkg-deb`, a lockfile that names them, and
//! a key.

use crate::stock::succeed;
use builder::{
    apt::{self, AptError, AptKey},
    sbom::Options,
};
use bundles::{BlobSource, Repository, RepositoryContent};
use manifests::{Digest, event::Silent, lockfile::Lockfile};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::Path,
    process::Command,
    sync::atomic::AtomicBool,
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
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("apt.key");
        apt::generate(&key, None).unwrap();
        let key = AptKey::load(&key, || unreachable!("it has no password")).unwrap();
        let mut small = Self { folder, blobs: BTreeMap::new(), lockfile: HEAD.to_owned(), key };
        small.system("amd64");
        small.package("demo-tool", "1:2.0+b~rc1-3", "amd64", "Depends: demo-data (>= 1.0)\n");
        small.package("demo-data", "1.0-1", "all", "");
        small.package("demo-lib", "0.9-2", "amd64", "Multi-Arch: same\n");
        small.system("arm64");
        small.package("demo-data", "1.0-1", "all", "");
        small
    }

    fn system(&mut self, arch: &str) {
        self.lockfile += &format!(
            "- system: debian-12\n  arch: {arch}\n  base:\n    name: minimal\n  indexes:\n  \
             - source: https://debian.example/debian\n    suite: bookworm\n    \
             date: 2026-07-11T10:16:37Z\n    signer: 4D64FEC119C2029067D6E791F8D2585B8783D481\n    \
             url: https://debian.example/debian/dists/bookworm/InRelease\n    size: 1\n    \
             digest: {digest}\n    lists:\n    - component: main\n      \
             path: main/binary-{arch}/Packages.xz\n      size: 1\n      digest: {digest}\n  \
             sets: []\n  packages:\n",
            digest = bundles::sha256(b"x"),
        );
    }

    fn package(&mut self, name: &str, version: &str, arch: &str, more: &str) {
        let bytes = deb(self.folder.path(), (name, version, arch), more);
        self.lock((name, version, arch), bytes);
    }

    /// Locks these bytes as a package, whatever they are.
    pub(crate) fn lock(&mut self, (name, version, arch): (&str, &str, &str), bytes: Vec<u8>) {
        let digest = bundles::sha256(&bytes);
        self.lockfile += &format!(
            "  - name: {name}\n    version: '{version}'\n    arch: {arch}\n    \
             source: https://debian.example/{name}.deb\n    size: {}\n    digest: {digest}\n    \
             from: bookworm/main\n",
            bytes.len()
        );
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

/// A package of `dpkg-deb`, the same bytes each time.
pub(crate) fn deb(folder: &Path, (name, version, arch): (&str, &str, &str), more: &str) -> Vec<u8> {
    let root = folder.join("root");
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join("DEBIAN")).unwrap();
    fs::create_dir_all(root.join("usr/share/demo")).unwrap();
    fs::write(root.join("usr/share/demo").join(name), name.repeat(500)).unwrap();
    let control = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {arch}\n{more}\
         Maintainer: Nobody <nobody@example.org>\nDescription: {name}\n A test.\n"
    );
    fs::write(root.join("DEBIAN/control"), control).unwrap();
    let mut command = Command::new("dpkg-deb");
    command.args(["--root-owner-group", "-Zxz", "--build", "root", "it.deb"]);
    succeed(command.env("SOURCE_DATE_EPOCH", "1700000000").current_dir(folder));
    fs::read(folder.join("it.deb")).unwrap()
}
