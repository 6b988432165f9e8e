//! The repositories of a bundle, as far as they are needed to plan: what signs
//! them and what they list.

use bundles::{Bundle, BundleError, RepositoryRecord};
use bytes::Bytes;
use manifests::{Arch, Digest, packages::SystemName};
use std::collections::BTreeMap;

const KEY: &str = "key.asc";
const IN_RELEASE: &str = "dists/bottari/InRelease";
/// Lists of a whole distribution have less.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Repositories by the system they are for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried(pub BTreeMap<SystemName, CarriedRepository>);

/// What a bundle says of the packages for one system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CarriedRepository {
    /// The public key that signed it, in ASCII armour.
    pub key: String,
    /// Its lists below `dists` by their paths.
    pub lists: BTreeMap<String, Vec<u8>>,
}

impl Carried {
    /// Reads the small files of every repository; the bundle vouches for them.
    pub fn read(bundles: &[Bundle]) -> Result<Self, BundleError> {
        let mut all = Self::default();
        for bundle in bundles {
            for record in &bundle.manifest().repositories {
                let repository = CarriedRepository::read(bundle, record)?;
                all.0.entry(record.system.clone()).or_insert(repository);
            }
        }
        Ok(all)
    }
}

impl CarriedRepository {
    fn read(bundle: &Bundle, record: &RepositoryRecord) -> Result<Self, BundleError> {
        let key = match record.file(KEY) {
            Some(digest) => bundle.bytes(digest, LARGEST)?,
            None => Vec::new(),
        };
        let mut lists = BTreeMap::new();
        for file in record.files.iter().filter(|file| is_list(&file.path)) {
            lists.insert(file.path.clone(), bundle.bytes(&file.digest, LARGEST)?);
        }
        Ok(Self { key: String::from_utf8_lossy(&key).into_owned(), lists })
    }

    /// SHA-256 of the signed index, which tells one bundle of a key from another.
    pub(crate) fn in_release(&self) -> Option<Digest> {
        self.lists.get(IN_RELEASE).map(|bytes| bundles::sha256(bytes))
    }

    /// What a host of this architecture needs to be asked, as a `tar` archive.
    pub(crate) fn archive(&self, arch: Arch) -> Bytes {
        let mut tar = tar::Builder::new(Vec::new());
        let folder = format!("/binary-{arch}/");
        for (path, bytes) in &self.lists {
            if path == IN_RELEASE || path.contains(&folder) {
                let mut header = tar::Header::new_gnu();
                header.set_size(bytes.len() as u64);
                header.set_mode(0o644);
                tar.append_data(&mut header, path, &bytes[..]).expect("memory takes all");
            }
        }
        tar.into_inner().expect("memory takes all").into()
    }
}

fn is_list(path: &str) -> bool {
    path == IN_RELEASE || path.contains("/binary-")
}
