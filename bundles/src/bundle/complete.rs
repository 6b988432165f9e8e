//! That nothing is missing: from every name down to the last layer, each blob
//! is in the bundle or was left out on purpose.

use super::Bundle;
use crate::{
    error::BundleError,
    format::oci::{is_index, is_manifest},
};
use manifests::Digest;
use serde::Deserialize;
use std::collections::HashSet;

/// Largest image manifest or index that is read; OCI registries cap at 4 MiB.
const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;

/// What an index or manifest points to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reference {
    pub(super) media_type: String,
    pub(super) digest: Digest,
    pub(super) size: u64,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Reference>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Reference,
    #[serde(default)]
    layers: Vec<Reference>,
}

/// An index has children and nothing else, a manifest a config and layers.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) children: Vec<Reference>,
    pub(super) config: Option<Reference>,
    pub(super) layers: Vec<Reference>,
}

/// Reads a manifest or index; which of them it is, its media type says.
pub(super) fn document(bundle: &Bundle, digest: &Digest) -> Result<Document, BundleError> {
    let media_type = bundle.blob(digest).map_or("", |blob| &blob.media_type);
    let (index, manifest) = (is_index(media_type), is_manifest(media_type));
    if !index && !manifest {
        return Err(bundle.wrong(format!("{digest} is used as an image, but is `{media_type}`")));
    }
    let bytes = bundle.bytes(digest, MANIFEST_LIMIT)?;
    let parsed = match index {
        true => serde_json::from_slice(&bytes)
            .map(|Index { manifests }| Document { children: manifests, ..Document::default() }),
        false => serde_json::from_slice(&bytes).map(|Manifest { config, layers }| Document {
            config: Some(config),
            layers,
            ..Document::default()
        }),
    };
    parsed.map_err(|error| bundle.wrong(format!("{digest} is not a `{media_type}`: {error}")))
}

pub(super) fn check(bundle: &Bundle) -> Result<(), BundleError> {
    let omitted: HashSet<&Digest> = bundle.manifest().omitted.iter().collect();
    let mut seen = HashSet::new();
    for name in &bundle.manifest().names {
        let mut open = vec![name.digest.clone()];
        while let Some(digest) = open.pop() {
            if !seen.insert(digest.clone()) {
                continue;
            }
            let Document { children, config, layers } = document(bundle, &digest)?;
            for part in config.iter().chain(&layers) {
                check_reference(bundle, &name.name, part)?;
            }
            // Only a child of an index can be left out: some other platform's.
            for child in children.into_iter().filter(|child| !omitted.contains(&child.digest)) {
                check_reference(bundle, &name.name, &child)?;
                open.push(child.digest);
            }
        }
    }
    Ok(())
}

fn check_reference(bundle: &Bundle, name: &str, reference: &Reference) -> Result<(), BundleError> {
    let Reference { digest, size, .. } = reference;
    let why = match bundle.blob(digest) {
        Some(blob) if blob.size == *size => return Ok(()),
        Some(blob) => {
            format!("`{name}` needs {digest} with {size} bytes, here it has {}", blob.size)
        }
        None => format!("`{name}` needs {digest} ({}), which is not here", reference.media_type),
    };
    Err(BundleError::Incomplete { path: bundle.path().to_owned(), why })
}
