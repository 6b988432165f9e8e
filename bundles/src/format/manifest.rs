//! The bundle manifest, `bottari.json`: the table of contents that is signed.

use super::{FORMAT, FRAME_PLAIN, entry, repository::RepositoryRecord};
use manifests::{Arch, Descriptor, Digest, Name, Version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is in a bundle and where. Offsets count from the first byte after the
/// header, so signing, which changes only the header, moves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BundleManifest {
    /// [`FORMAT`].
    pub format: String,
    /// Which tool can open this format.
    pub opens_with: String,
    /// Which rules and which zstd made these bytes.
    pub encoder: String,
    /// The release's name.
    pub release: Name,
    /// The release's version.
    pub version: Version,
    /// The release's serial: hosts refuse to go back to a lower one.
    pub serial: u64,
    /// The release's title.
    pub title: String,
    /// The architectures carried.
    pub arches: Vec<Arch>,
    /// Digest of the lockfile, which is itself one of the blobs.
    pub lockfile: Digest,
    /// Plain bytes of the header.
    pub header_size: u64,
    /// Bytes of the file after the header.
    pub payload_size: u64,
    /// Every name the bundle answers to, sorted.
    pub names: Vec<NameRecord>,
    /// Repositories of OS packages, sorted by system.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<RepositoryRecord>,
    /// Blobs that a carried index names and the release leaves out on purpose.
    pub omitted: Vec<Digest>,
    /// Every blob, in the order of the file.
    pub blobs: Vec<BlobRecord>,
    /// BLAKE3 of each 4 MiB of the payload, in hex; the last may be shorter.
    pub chunks: Vec<String>,
}

/// A name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NameRecord {
    /// `registry.k8s.io/pause:3.10`, or `files/etcd/amd64/…:v3.5.23`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The component it belongs to; none for the lockfile and bills of materials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Name>,
    /// Digest of the index or manifest behind the name.
    pub digest: Digest,
    /// Bytes of the file; of an image every blob, also those that others need too.
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
    /// A Helm chart, as an OCI artifact.
    Chart,
    /// The lockfile the bundle was built from, as an OCI artifact.
    Lockfile,
    /// A software bill of materials, as an OCI artifact.
    Sbom,
}

impl Kind {
    /// The word on screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::File => "file",
            Self::Manifest => "manifest",
            Self::Chart => "chart",
            Self::Lockfile => "lockfile",
            Self::Sbom => "sbom",
        }
    }
}

/// One blob and where its tar entry lies in the payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BlobRecord {
    /// The digest that names it.
    pub digest: Digest,
    /// Its SHA-256, when `digest` is of another algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub media_type: String,
    /// How the frames hold it.
    pub encoding: Encoding,
    /// Where its first frame begins.
    pub offset: u64,
    /// How long each of its frames is; they lie end to end.
    pub frames: Vec<u64>,
    /// `component/name` of everything that needs it: damage is told in these.
    pub users: BTreeSet<String>,
}

impl BlobRecord {
    /// One of those that need it, enough to tell damage by.
    pub(crate) fn first_user(&self) -> &str {
        self.users.first().map_or("", String::as_str)
    }
}

/// How the tar entry of a blob is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// One frame of raw blocks: every byte at a computable place.
    Stored,
    /// Compressed frames of 8 MiB of plain bytes each.
    Zstd,
}

impl BlobRecord {
    /// Bytes of the tar entry: prefix, content and padding.
    pub(crate) fn entry_len(&self) -> Option<u64> {
        entry_len(&self.digest, self.size)
    }

    /// How many bytes of the entry stand in front of the content.
    pub(crate) fn prefix_len(&self) -> u64 {
        entry::prefix(&self.digest.layout_path(), self.size).len() as u64
    }

    /// What an OCI manifest says to point here.
    pub fn descriptor(&self) -> Descriptor {
        let (digest, size) = (self.digest.clone(), self.size);
        Descriptor { digest, size, media_type: self.media_type.clone() }
    }

    /// The hash that `SHA256SUMS` lists.
    pub(crate) fn sha256(&self) -> &Digest {
        self.sha256.as_ref().unwrap_or(&self.digest)
    }

    /// Bytes of the payload it fills.
    pub(crate) fn stored_size(&self) -> Option<u64> {
        self.frames.iter().try_fold(0u64, |sum, frame| sum.checked_add(*frame))
    }
}

/// Bytes of the tar entry of a blob, or `None` past 2^64.
pub(crate) fn entry_len(digest: &Digest, size: u64) -> Option<u64> {
    let prefix = entry::prefix(&digest.layout_path(), size).len() as u64;
    size.checked_add(entry::padding(size))?.checked_add(prefix)
}

/// Plain bytes of the frames that an entry of `len` bytes is cut into.
pub(crate) fn frame_plain_sizes(len: u64) -> impl Iterator<Item = u64> {
    (0..len.div_ceil(FRAME_PLAIN)).map(move |n| (len - n * FRAME_PLAIN).min(FRAME_PLAIN))
}

impl BundleManifest {
    /// The bytes that are signed: JSON, two spaces, in the order of the fields.
    pub(crate) fn render(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("plain data is always JSON");
        json.push(b'\n');
        json
    }

    /// Reads bytes whose signature was checked, and refuses everything that
    /// our writer would not have written. The text says what is wrong.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Head {
            format: String,
            opens_with: String,
        }
        let wrong = |error: serde_json::Error| ManifestError::Wrong(error.to_string());
        let head: Head = serde_json::from_slice(bytes).map_err(wrong)?;
        if head.format != FORMAT {
            return Err(ManifestError::Other(head.format, head.opens_with));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(wrong)?;
        if manifest.render() != bytes {
            return Err(ManifestError::Wrong("it is not in canonical form".into()));
        }
        manifest.check().map_err(ManifestError::Wrong)?;
        Ok(manifest)
    }
}

/// Why signed bytes are still not a manifest we read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ManifestError {
    /// Another format, and which tool opens it.
    Other(String, String),
    /// Not what our writer writes.
    Wrong(String),
}
