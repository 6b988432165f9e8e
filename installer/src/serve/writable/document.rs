//! What a pushed manifest says of itself. Pure: nothing is looked up.

use super::refusal::WriteRefusal;
use bundles::{is_index, is_manifest};
use manifests::Digest;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Most bytes of a manifest, as in other registries.
pub(super) const MANIFEST_LIMIT: u64 = 4 << 20;

/// A manifest, read.
#[derive(Debug)]
pub(super) struct Described<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) media_type: String,
    /// Blobs it cannot be without, with their sizes.
    pub(super) blobs: Vec<(Digest, u64)>,
    /// Manifests that it lists.
    pub(super) children: Vec<Digest>,
    /// The manifest it belongs to.
    pub(super) subject: Option<Digest>,
    artifact_type: Option<String>,
    annotations: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Entry>,
    layers: Option<Vec<Entry>>,
    manifests: Option<Vec<Entry>>,
    subject: Option<Entry>,
    annotations: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    media_type: String,
    digest: Digest,
    size: u64,
}

impl Entry {
    /// Layers that their makers do not want in registries of others; clients
    /// fetch them elsewhere, so they may be missing here.
    fn is_foreign(&self) -> bool {
        self.media_type.contains(".nondistributable.") || self.media_type.contains(".foreign.")
    }
}

impl<'a> Described<'a> {
    /// Reads a manifest that is said to be of this type.
    pub(super) fn read(bytes: &'a [u8], media_type: &str) -> Result<Self, WriteRefusal> {
        let wrong = |why: String| WriteRefusal::Manifest(why);
        let media_type = media_type.split(';').next().unwrap_or("").trim();
        if !is_manifest(media_type) && !is_index(media_type) {
            return Err(wrong(format!(
                "`{media_type}` is no type of manifest that this registry knows; OCI's and Docker's manifests (schema 2) and indexes are"
            )));
        }
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|error| wrong(format!("this is not a manifest: {error}")))?;
        if document.schema_version != 2 {
            return Err(wrong(format!(
                "expected schemaVersion 2, found {}",
                document.schema_version
            )));
        }
        if let Some(said) = document.media_type.as_deref().filter(|said| *said != media_type) {
            return Err(wrong(format!(
                "it says that it is `{said}`, but was sent as `{media_type}`"
            )));
        }
        Self::of(document, bytes, media_type)
    }

    fn of(document: Document, bytes: &'a [u8], media_type: &str) -> Result<Self, WriteRefusal> {
        let Document { artifact_type, config, layers, manifests, subject, annotations, .. } =
            document;
        let missing = |what: &str| WriteRefusal::Manifest(format!("it has no `{what}`"));
        let config_type = config.as_ref().map(|config| config.media_type.clone());
        let (mut blobs, mut children) = (Vec::new(), Vec::new());
        if is_index(media_type) {
            children = manifests.ok_or_else(|| missing("manifests"))?;
        } else {
            blobs = layers.ok_or_else(|| missing("layers"))?;
            blobs.retain(|layer| !layer.is_foreign());
            blobs.push(config.ok_or_else(|| missing("config"))?);
        }
        Ok(Self {
            bytes,
            media_type: media_type.to_owned(),
            blobs: blobs.into_iter().map(|entry| (entry.digest, entry.size)).collect(),
            children: children.into_iter().map(|entry| entry.digest).collect(),
            subject: subject.map(|subject| subject.digest),
            artifact_type: artifact_type.or(config_type),
            annotations,
        })
    }

    /// How it stands in the list of what refers to its subject.
    pub(super) fn descriptor(&self, digest: &Digest) -> Value {
        let size = self.bytes.len();
        let mut descriptor =
            json!({ "mediaType": self.media_type, "digest": digest, "size": size });
        if let Some(kind) = &self.artifact_type {
            descriptor["artifactType"] = json!(kind);
        }
        if let Some(annotations) = &self.annotations {
            descriptor["annotations"] = json!(annotations);
        }
        descriptor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bundles::{INDEX_TYPE, MANIFEST_TYPE};

    fn entry(kind: &str, byte: u8) -> Value {
        json!({ "mediaType": kind, "digest": Digest::from_sha256(&[byte; 32]), "size": 1 })
    }

    fn refusal(document: &Value, media_type: &str) -> String {
        let text = document.to_string();
        match Described::read(text.as_bytes(), media_type) {
            Err(WriteRefusal::Manifest(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_image_needs_its_config_and_layers_but_no_foreign_ones() {
        let foreign = entry("application/vnd.oci.image.layer.nondistributable.v1.tar", 3);
        let document = json!({ "schemaVersion": 2, "config": entry("config", 1), "layers": [entry("layer", 2), foreign], "subject": entry("subject", 4) });
        let text = document.to_string();
        let described = Described::read(text.as_bytes(), MANIFEST_TYPE).unwrap();
        let needed = [2, 1].map(|byte| (Digest::from_sha256(&[byte; 32]), 1));
        assert_eq!(described.blobs, needed);
        assert_eq!(described.subject, Some(Digest::from_sha256(&[4; 32])));
        let descriptor = described.descriptor(&Digest::from_sha256(&[9; 32]));
        assert_eq!(descriptor["artifactType"], "config");
    }

    #[test]
    fn what_is_no_manifest_is_refused_with_the_reason() {
        let image = json!({ "schemaVersion": 2, "config": entry("config", 1), "layers": [] });
        assert!(refusal(&image, "text/plain").contains("`text/plain`"));
        assert!(refusal(&image, INDEX_TYPE).contains("`manifests`"));
        assert!(refusal(&json!([1]), MANIFEST_TYPE).contains("not a manifest"));
        assert!(refusal(&json!({ "schemaVersion": 1 }), MANIFEST_TYPE).contains("found 1"));
        let other = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [] });
        assert!(refusal(&other, MANIFEST_TYPE).contains("sent as"));
        let way_out = json!({ "schemaVersion": 2, "layers": [], "config": { "mediaType": "x", "digest": "sha256:../../etc/passwd", "size": 1 } });
        assert!(refusal(&way_out, MANIFEST_TYPE).contains("digest"));
    }
}
