//! A bundle at a glance, as data: what `inspect` tells a person or a script.

use crate::{Arch, Digest, Name, Version};
use serde::{Deserialize, Serialize};

/// A bundle at a glance.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Inspection {
    /// The release's name.
    pub release: Name,
    /// The release's version.
    pub version: Version,
    /// The release's serial.
    pub serial: u64,
    /// The release's title.
    pub title: String,
    /// The architectures carried.
    pub arches: Vec<Arch>,
    /// Who wrote the bytes.
    pub encoder: String,
    /// Digest of the lockfile.
    pub lockfile: Digest,
    /// Length of the file in bytes.
    pub size: u64,
    /// Number of distinct blobs.
    pub blobs: usize,
    /// Every signature in the header.
    pub signatures: Vec<SignatureState>,
    /// What it holds, by component.
    pub entries: Vec<InspectedEntry>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SignatureState {
    /// The key's id.
    pub key: String,
    /// Whether a key trusted here made it. `false` says nothing about it: it
    /// was not checked.
    pub trusted: bool,
}

/// One image or file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct InspectedEntry {
    /// The component it belongs to; none for the lockfile.
    pub component: Option<Name>,
    /// What it is.
    pub kind: Kind,
    /// Every name it answers to.
    pub names: Vec<String>,
    /// Digest of the index or manifest behind them.
    pub digest: Digest,
    /// Bytes of the file, or of every blob of the image.
    pub size: u64,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A container image.
    Image,
    /// A file, as an OCI artifact.
    File,
    /// A Kubernetes manifest, as an OCI artifact.
    Manifest,
    /// The lockfile the bundle was built from, as an OCI artifact.
    Lockfile,
}

impl Kind {
    /// The word on screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::File => "file",
            Self::Manifest => "manifest",
            Self::Lockfile => "lockfile",
        }
    }
}

impl Inspection {
    /// How many entries are of this kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.entries.iter().filter(|entry| entry.kind == kind).count()
    }
}
