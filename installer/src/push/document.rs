//! The fields of a manifest or an index that a push needs.

use manifests::Digest;
use serde::Deserialize;

/// Largest manifest that registries take.
pub(super) const MANIFEST_LIMIT: u64 = 4 << 20;

/// An index or an image manifest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    #[serde(default)]
    pub(super) manifests: Vec<Pointer>,
    pub(super) config: Option<Pointer>,
    #[serde(default)]
    pub(super) layers: Vec<Pointer>,
}

/// A descriptor inside one.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pointer {
    pub(super) digest: Digest,
    #[serde(default)]
    pub(super) media_type: String,
    platform: Option<Platform>,
}

#[derive(Debug, Clone, Deserialize)]
struct Platform {
    os: String,
    architecture: String,
}

impl Pointer {
    /// What it runs on, for messages.
    pub(super) fn platform(&self) -> String {
        match &self.platform {
            Some(platform) => format!("{}/{}", platform.os, platform.architecture),
            None => self.digest.to_string(),
        }
    }

    /// Whether nobody may hand these bytes on: such a layer is fetched elsewhere.
    pub(super) fn is_foreign(&self) -> bool {
        self.media_type.contains(".foreign.") || self.media_type.contains(".nondistributable.")
    }
}
