//! The OCI image layout inside a bundle: `index.json`, and the small artifact
//! manifests that make every file pullable by an OCI client.

use super::manifest::BundleManifest;
use manifests::{Descriptor, SbomFormat, lockfile::LockedFile};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `oci-layout`.
pub(crate) const LAYOUT: &str = "{\"imageLayoutVersion\":\"1.0.0\"}";

/// Media type of an OCI image manifest.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an OCI image index.
pub const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of a Docker image manifest, schema 2.
pub const DOCKER_MANIFEST_TYPE: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Media type of a Docker manifest list.
pub const DOCKER_LIST_TYPE: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
/// The empty JSON object every artifact has for a config.
pub(crate) const EMPTY: &[u8] = b"{}";

/// Whether this media type is an index of other manifests.
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, INDEX_TYPE | DOCKER_LIST_TYPE)
}

/// Whether this media type is a manifest of one image or artifact.
pub fn is_manifest(media_type: &str) -> bool {
    matches!(media_type, MANIFEST_TYPE | DOCKER_MANIFEST_TYPE)
}

/// `index.json`: every name, with the descriptor behind it.
pub(crate) fn index(manifest: &BundleManifest) -> String {
    let blobs: BTreeMap<_, _> = manifest.blobs.iter().map(|blob| (&blob.digest, blob)).collect();
    let entries: Vec<Value> = manifest
        .names
        .iter()
        .filter_map(|name| {
            let blob = blobs.get(&name.digest)?;
            let annotations = json!({ "org.opencontainers.image.ref.name": name.name });
            let mut entry = blob.descriptor();
            entry.media_type = listed_type(&entry.media_type).to_owned();
            Some(with_annotations(&entry, &annotations))
        })
        .collect();
    json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries }).to_string()
}

/// Stock readers of OCI layouts (containers/image, which is in skopeo, podman
/// and CRI-O) look only at entries of OCI's own types, and then read Docker's
/// manifests there without complaint. The blob keeps the type it was made with.
fn listed_type(media_type: &str) -> &str {
    match media_type {
        DOCKER_LIST_TYPE => INDEX_TYPE,
        DOCKER_MANIFEST_TYPE => MANIFEST_TYPE,
        other => other,
    }
}

/// The manifest that makes a file an OCI artifact.
pub(crate) fn file_artifact(file: &LockedFile) -> Vec<u8> {
    let title = json!({ "org.opencontainers.image.title": file.name.as_str() });
    let source = json!({
        "org.opencontainers.image.source": file.source.as_str(),
        "org.opencontainers.image.version": file.version.as_str(),
    });
    artifact(
        "application/vnd.bottari.file.v1",
        &with_annotations(&file.descriptor(), &title),
        &source,
    )
}

/// The manifest that makes the lockfile an OCI artifact.
pub(crate) fn lockfile_artifact(lockfile: &Descriptor) -> Vec<u8> {
    let title = json!({ "org.opencontainers.image.title": "release.lock" });
    artifact("application/vnd.bottari.lockfile.v1", &with_annotations(lockfile, &title), &json!({}))
}

/// The manifest that makes a bill of materials an OCI artifact. Its type is that
/// of the document, as other tools that attach them do.
pub(crate) fn sbom_artifact(format: SbomFormat, document: &Descriptor) -> Vec<u8> {
    let title = json!({ "org.opencontainers.image.title": format.file_name() });
    artifact(format.media_type(), &with_annotations(document, &title), &json!({}))
}

fn artifact(kind: &str, layer: &Value, annotations: &Value) -> Vec<u8> {
    let config = empty_config();
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": kind,
        "config": { "mediaType": config.media_type, "digest": config.digest, "size": config.size },
        "layers": [layer],
        "annotations": annotations,
    })
    .to_string()
    .into_bytes()
}

/// The descriptor of the empty config.
pub(crate) fn empty_config() -> Descriptor {
    Descriptor {
        digest: crate::hash::sha256(EMPTY),
        size: EMPTY.len() as u64,
        media_type: EMPTY_TYPE.to_owned(),
    }
}

fn with_annotations(descriptor: &Descriptor, annotations: &Value) -> Value {
    json!({
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size,
        "annotations": annotations,
    })
}
