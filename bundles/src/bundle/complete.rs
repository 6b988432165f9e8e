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
struct Document {
    #[serde(default)]
    manifests: Vec<Reference>,
    config: Option<Reference>,
    #[serde(default)]
    layers: Vec<Reference>,
}

/// Everything a manifest or index points to: children; or config, then layers.
pub(super) fn references(bundle: &Bundle, digest: &Digest) -> Result<Vec<Reference>, BundleError> {
    let bytes = bundle.bytes(digest, MANIFEST_LIMIT)?;
    let document: Document = serde_json::from_slice(&bytes)
        .map_err(|error| bundle.wrong(format!("{digest} is not an OCI manifest: {error}")))?;
    Ok(document.manifests.into_iter().chain(document.config).chain(document.layers).collect())
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
            for reference in references(bundle, &digest)? {
                if omitted.contains(&reference.digest) {
                    continue;
                }
                check_reference(bundle, &name.name, &reference)?;
                if is_index(&reference.media_type) || is_manifest(&reference.media_type) {
                    open.push(reference.digest);
                }
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
