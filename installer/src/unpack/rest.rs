//! What is left of a damaged bundle once it is unpacked: the names of which every
//! blob is there, and an index of these alone.

use bundles::{Bundle, is_index, is_manifest};
use manifests::Digest;
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    fs, io,
    path::Path,
};

/// Indexes and manifests are lists of digests; a larger one is none.
const LARGEST: u64 = 4 << 20;

/// Blobs that could not be written.
pub(super) type Lost = BTreeSet<Digest>;

/// Which names are whole, and which are not.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) whole: BTreeSet<String>,
    pub(super) broken: Vec<String>,
}

impl Rest {
    /// Looks at what was unpacked into a folder, all blobs but the lost ones.
    pub(super) fn of(bundle: &Bundle, folder: &Path, lost: &Lost) -> io::Result<Self> {
        let mut walk = Walk { bundle, folder, lost, known: HashMap::new() };
        let mut rest = Self::default();
        for name in &bundle.manifest().names {
            match walk.is_whole(&name.digest)? {
                true => drop(rest.whole.insert(name.name.clone())),
                false => rest.broken.push(name.name.clone()),
            }
        }
        Ok(rest)
    }

    /// The same index without the names that are broken.
    pub(super) fn index(&self, index: &[u8]) -> io::Result<Vec<u8>> {
        let mut index: Value = serde_json::from_slice(index)?;
        if let Some(names) = index["manifests"].as_array_mut() {
            names.retain(|one| {
                let name = &one["annotations"]["org.opencontainers.image.ref.name"];
                name.as_str().is_some_and(|name| self.whole.contains(name))
            });
        }
        Ok(index.to_string().into_bytes())
    }
}

/// From a name down to its last layer.
struct Walk<'a> {
    bundle: &'a Bundle,
    folder: &'a Path,
    lost: &'a Lost,
    known: HashMap<Digest, bool>,
}

impl Walk<'_> {
    fn is_whole(&mut self, digest: &Digest) -> io::Result<bool> {
        if let Some(known) = self.known.get(digest) {
            return Ok(*known);
        }
        let is_whole = self.look(digest)?;
        self.known.insert(digest.clone(), is_whole);
        Ok(is_whole)
    }

    fn look(&mut self, digest: &Digest) -> io::Result<bool> {
        let Some(blob) = self.bundle.blob(digest) else {
            // What an index names and the release leaves out is missing on purpose.
            return Ok(self.bundle.manifest().omitted.contains(digest));
        };
        let is_list = is_index(&blob.media_type) || is_manifest(&blob.media_type);
        if self.lost.contains(digest) || (is_list && blob.size > LARGEST) {
            return Ok(false);
        }
        if !is_list {
            return Ok(true);
        }
        for part in parts(&fs::read(self.folder.join(digest.layout_path()))?)? {
            if !self.is_whole(&part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What an index or a manifest is made of.
fn parts(json: &[u8]) -> io::Result<Vec<Digest>> {
    let value: Value = serde_json::from_slice(json)?;
    let lists = ["manifests", "layers"].map(|list| value[list].as_array());
    let parts = lists.into_iter().flatten().flatten().chain(value.get("config"));
    let digest = |part: &Value| part["digest"].as_str()?.parse().ok();
    Ok(parts.filter_map(digest).collect())
}
