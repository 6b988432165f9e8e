//! What a look into a blob found, so that no blob is looked into twice.

use super::{Cache, CacheError, files};
use manifests::Digest;
use std::path::PathBuf;

impl Cache {
    /// What was found in a blob by a reader of this version. A note that is
    /// damaged is no note: looking again is always right.
    pub fn scan(&self, version: u32, digest: &Digest) -> Option<Vec<u8>> {
        let mut bytes = std::fs::read(self.scan_path(version, digest)).ok()?;
        let start = memchr::memchr(b'\n', &bytes)? + 1;
        let note = bytes.split_off(start);
        let sum = str::from_utf8(&bytes).ok()?.trim_end();
        (bundles::sha256(&note).hex() == sum).then_some(note)
    }

    /// Remembers what was found in a blob.
    pub fn remember_scan(
        &self,
        version: u32,
        digest: &Digest,
        note: &[u8],
    ) -> Result<(), CacheError> {
        let path = self.scan_path(version, digest);
        let folder = self.scan_folder(version);
        std::fs::create_dir_all(&folder).map_err(CacheError::io("create", &folder))?;
        let sum = bundles::sha256(note);
        files::write_whole(&path, &[sum.hex().as_bytes(), b"\n", note].concat())
    }

    fn scan_folder(&self, version: u32) -> PathBuf {
        self.root.join("scans").join(format!("v{version}"))
    }

    fn scan_path(&self, version: u32, digest: &Digest) -> PathBuf {
        let name = format!("{}-{}.json", digest.algorithm().as_str(), digest.hex());
        self.scan_folder(version).join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_note_is_none_and_so_is_that_of_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let digest = bundles::sha256(b"layer");
        cache.remember_scan(1, &digest, b"{\"a\":1}").unwrap();
        assert_eq!(cache.scan(1, &digest).as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(cache.scan(2, &digest), None);
        let path = cache.scan_path(1, &digest);
        let damaged = std::fs::read_to_string(&path).unwrap().replace(":1", ":2");
        std::fs::write(&path, damaged).unwrap();
        assert_eq!(cache.scan(1, &digest), None);
        std::fs::write(&path, b"").unwrap();
        assert_eq!(cache.scan(1, &digest), None);
    }
}
