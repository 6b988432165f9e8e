//! What a person or a script asks about a bundle, read from the header alone.

use crate::{
    bundle::Bundle,
    format::manifest::{Kind, NameRecord},
};
use manifests::{Arch, Digest, Name, Version};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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

impl Inspection {
    /// Looks at a bundle.
    pub fn of(bundle: &Bundle) -> Self {
        let manifest = bundle.manifest().clone();
        let trusted: BTreeSet<_> = bundle.signed_by().iter().collect();
        let signatures = bundle.signatures().iter().map(|signature| SignatureState {
            key: signature.key_id().to_string(),
            trusted: trusted.contains(&signature.key_id()),
        });
        Self {
            signatures: signatures.collect(),
            entries: entries(&manifest.names),
            size: bundle.file_size(),
            blobs: manifest.blobs.len(),
            release: manifest.release,
            version: manifest.version,
            serial: manifest.serial,
            title: manifest.title,
            arches: manifest.arches,
            encoder: manifest.encoder,
            lockfile: manifest.lockfile,
        }
    }

    /// How many entries are of this kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.entries.iter().filter(|entry| entry.kind == kind).count()
    }
}

/// Names of one thing brought together, sorted by component and kind.
fn entries(names: &[NameRecord]) -> Vec<InspectedEntry> {
    let mut entries = BTreeMap::new();
    for record in names {
        let key = (record.component.clone(), record.kind, record.digest.clone());
        let entry = entries.entry(key).or_insert_with(|| InspectedEntry {
            component: record.component.clone(),
            kind: record.kind,
            names: Vec::new(),
            digest: record.digest.clone(),
            size: record.size,
        });
        entry.names.push(record.name.clone());
    }
    let mut entries: Vec<_> = entries.into_values().collect();
    entries.sort_by(|a, b| (&a.component, a.kind, &a.names).cmp(&(&b.component, b.kind, &b.names)));
    entries
}
