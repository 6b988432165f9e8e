//! The lockfile a bundle was built from. It is one of the blobs, so it is
//! verified like all others, and it says in the release's words what is inside.

use crate::{bundle::Bundle, error::BundleError};
use manifests::{lockfile::Lockfile, yaml::InputError};
use std::path::Path;

/// Largest lockfile that is read. That of a full release has some 200 KiB.
const LIMIT: u64 = 64 * 1024 * 1024;

impl Bundle {
    /// The lockfile the bundle was built from.
    pub fn lockfile(&self) -> Result<Lockfile, BundleError> {
        let bytes = self.bytes(&self.manifest().lockfile, LIMIT)?;
        let path = Path::new("release.lock");
        let parsed = match String::from_utf8(bytes) {
            Ok(text) => Lockfile::parse(path, &text),
            Err(_) => Err(InputError::meaning(path, "it is not UTF-8 text")),
        };
        parsed.map_err(|source| BundleError::Lockfile { path: self.path().to_owned(), source })
    }
}
