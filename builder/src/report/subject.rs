//! The file that a report is about, and what it says of itself.

use manifests::Digest;
use serde::Serialize;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Subject {
    /// Its name, without folders: a report is the same wherever it was made.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Digest of the lockfile: of this file, or of the one in the bundle.
    pub lockfile: Digest,
    /// What it is, when it is a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<BundleFacts>,
}

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BundleFacts {
    /// The format it is in.
    pub format: String,
    /// Which tool opens that.
    pub opens_with: String,
    /// What wrote it.
    pub encoder: String,
}
