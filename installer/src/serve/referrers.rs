//! Which manifests say that they belong to another one: signatures, SBOMs,
//! attestations. Worked out on the first question, because it means reading
//! every manifest once.

use super::{holdings::Holdings, reply::Reply, reply::json_reply};
use axum::http::{HeaderName, HeaderValue, header};
use bundles::{BundleError, INDEX_TYPE, is_index, is_manifest};
use manifests::Digest;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

/// Largest manifest that is read, as in registries.
const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;

/// Descriptors of referring manifests, by the digest they refer to.
pub(crate) type Referrers = HashMap<Digest, Vec<Value>>;

/// The fields of a manifest that matter here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    subject: Option<Pointer>,
    artifact_type: Option<String>,
    config: Option<Typed>,
    annotations: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Pointer {
    digest: Digest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed {
    media_type: String,
}

/// Reads every manifest of every bundle.
pub(crate) fn collect(holdings: &Holdings) -> Result<Referrers, BundleError> {
    let mut referrers = Referrers::new();
    let mut seen = BTreeSet::new();
    for bundle in holdings.bundles() {
        for blob in &bundle.manifest().blobs {
            let wanted = is_index(&blob.media_type) || is_manifest(&blob.media_type);
            if !wanted || blob.size > MANIFEST_LIMIT || !seen.insert(&blob.digest) {
                continue;
            }
            let bytes = bundle.bytes(&blob.digest, MANIFEST_LIMIT)?;
            let Ok(document) = serde_json::from_slice::<Document>(&bytes) else { continue };
            let Some(subject) = &document.subject else { continue };
            let mut descriptor =
                json!({ "mediaType": blob.media_type, "digest": blob.digest, "size": blob.size });
            describe(&mut descriptor, &document);
            referrers.entry(subject.digest.clone()).or_default().push(descriptor);
        }
    }
    Ok(referrers)
}

/// An image manifest without a type of its own has that of its config.
fn describe(descriptor: &mut Value, document: &Document) {
    let config = document.config.as_ref().map(|config| &config.media_type);
    if let Some(kind) = document.artifact_type.as_ref().or(config) {
        descriptor["artifactType"] = json!(kind);
    }
    if let Some(annotations) = &document.annotations {
        descriptor["annotations"] = json!(annotations);
    }
}

/// `/v2/NAME/referrers/DIGEST`, of one artifact type or of all.
pub(crate) fn reply(found: &[Value], kind: Option<&str>) -> Reply {
    let fits = |one: &&Value| kind.is_none_or(|kind| one["artifactType"] == kind);
    let manifests: Vec<_> = found.iter().filter(fits).cloned().collect();
    page(&manifests, kind.is_some(), None)
}

/// The same of descriptors that fit, and where there are more.
pub(crate) fn page(manifests: &[Value], filtered: bool, next: Option<&str>) -> Reply {
    const APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": manifests });
    let mut reply = json_reply(INDEX_TYPE, &index);
    if filtered {
        reply.headers_mut().insert(APPLIED, HeaderValue::from_static("artifactType"));
    }
    if let Some(next) = next.and_then(|next| HeaderValue::from_str(next).ok()) {
        reply.headers_mut().insert(header::LINK, next);
    }
    reply
}
