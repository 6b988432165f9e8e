//! Lockfiles without a source: made-up digests around given manifests.

use builder::cache::Cache;
use journeys::stock;
use manifests::{
    Algorithm, Arch, Descriptor, Digest, ImageRef,
    lockfile::{FORMAT, FileKind, LockedFile, LockedImage, LockedManifest, Lockfile},
};
use std::path::{Path, PathBuf};

/// The folder of this crate.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A path of the repository.
pub(crate) fn path(below: &str) -> PathBuf {
    Path::new(ROOT).join("..").join(below)
}

/// Upstream's manifests, which lie beside some checkouts only.
pub(crate) fn upstream() -> Option<PathBuf> {
    let path = path("../shared/upstream");
    if !path.exists() {
        stock::skipped(&format!("`{}` is not here, nothing is compared", path.display()));
        return None;
    }
    Some(path)
}

pub(crate) fn cache() -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    (folder, cache)
}

pub(crate) fn lockfile() -> Lockfile {
    Lockfile {
        format: FORMAT.to_owned(),
        release: "made-up".parse().unwrap(),
        version: "1".parse().unwrap(),
        serial: 1,
        title: "made up".to_owned(),
        arches: vec![Arch::Amd64],
        compression_level: 1,
        sbom: Vec::new(),
        components: Vec::new(),
        files: Vec::new(),
        images: Vec::new(),
        systems: Vec::new(),
        exceptions: Vec::new(),
        rules: Vec::new(),
        catalog: Vec::new(),
        acknowledged: Vec::new(),
        profiles: Vec::new(),
        decisions: Vec::new(),
        omitted: Vec::new(),
        overlays: Vec::new(),
    }
}

/// A file with these bytes, which are in the cache afterwards.
pub(crate) fn file(kind: FileKind, name: &str, bytes: &[u8], cache: &Cache) -> LockedFile {
    LockedFile {
        kind,
        component: "made-up".parse().unwrap(),
        version: "1".parse().unwrap(),
        name: name.parse().unwrap(),
        arch: None,
        source: format!("https://example.org/{name}").parse().unwrap(),
        size: bytes.len() as u64,
        digest: cache.store(bytes, Algorithm::Sha256).unwrap(),
        media_type: "application/yaml".to_owned(),
        published: None,
        proofs: Vec::new(),
        roles: Vec::new(),
        render: None,
    }
}

/// An image with one child for each platform.
pub(crate) fn image(name: &ImageRef, platforms: &[&str]) -> LockedImage {
    let manifests = platforms.iter().map(|platform| child(name, platform)).collect();
    LockedImage {
        name: name.clone(),
        component: "made-up".parse().unwrap(),
        version: "1".parse().unwrap(),
        also: Vec::new(),
        digest: name.digest().cloned().unwrap_or_else(|| digest(&name.to_string())),
        size: 1,
        media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
        published: None,
        roles: Vec::new(),
        stated: None,
        manifests,
    }
}

fn child(name: &ImageRef, platform: &str) -> LockedManifest {
    let digest = digest(&format!("{name} {platform}"));
    let media_type = "application/vnd.oci.image.manifest.v1+json".to_owned();
    LockedManifest {
        platform: Some(platform.parse().unwrap()),
        config: Some(Descriptor {
            digest: digest.clone(),
            size: 1,
            media_type: media_type.clone(),
        }),
        digest,
        size: 1,
        media_type,
        omitted: false,
        layers: Vec::new(),
    }
}

/// A digest that no bytes have.
pub(crate) fn digest(text: &str) -> Digest {
    bundles::digest(text.as_bytes(), Algorithm::Sha256)
}
