//! Bytes with their digest, and images made of them.

use axum::body::Bytes;
use manifests::{Descriptor, Digest};
use sha2::{Digest as _, Sha256, Sha512};

/// The SHA-256 digest of these bytes.
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest::from_sha256(&Sha256::digest(bytes).into())
}

/// The SHA-512 digest of these bytes.
pub fn sha512(bytes: &[u8]) -> Digest {
    Digest::from_sha512(&Sha512::digest(bytes).into())
}

/// Bytes, what they are, and the digest they are known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Media type in the descriptor that points here.
    pub media_type: String,
    /// The digest, of either algorithm.
    pub digest: Digest,
    /// The bytes.
    pub bytes: Bytes,
}

impl Blob {
    /// Bytes named by their SHA-256.
    pub fn new(media_type: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { media_type: media_type.to_owned(), digest: sha256(&bytes), bytes }
    }

    /// Bytes named by their SHA-512, as OCI allows.
    pub fn with_sha512(media_type: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { media_type: media_type.to_owned(), digest: sha512(&bytes), bytes }
    }

    /// How others point here.
    pub fn descriptor(&self) -> Descriptor {
        let size = self.bytes.len() as u64;
        Descriptor { digest: self.digest.clone(), size, media_type: self.media_type.clone() }
    }
}

/// An image as a registry holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What its tag points at: an image manifest or an index.
    pub root: Blob,
    /// The image manifests below an index; empty when `root` is a manifest.
    pub children: Vec<Blob>,
    /// Configs and layers, each once.
    pub blobs: Vec<Blob>,
}

impl Image {
    /// The root and its children: all that is served under `manifests/`.
    pub fn manifests(&self) -> impl Iterator<Item = &Blob> {
        std::iter::once(&self.root).chain(&self.children)
    }

    /// The digest its tag points at.
    pub fn digest(&self) -> &Digest {
        &self.root.digest
    }
}
