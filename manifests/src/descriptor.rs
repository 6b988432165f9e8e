//! An OCI descriptor: what bytes are, what they are called, how many there are.

use crate::Digest;
use serde::{Deserialize, Serialize};

/// Media type, digest and size of one blob.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Descriptor {
    /// The digest that names the blob.
    pub digest: Digest,
    /// Its size in bytes: exact, and a ceiling while reading.
    pub size: u64,
    /// Its media type, as the manifest that points here states it.
    pub media_type: String,
}
