//! What the header alone tells about a bundle.

use crate::{bundle::Bundle, format::manifest::NameRecord};
use manifests::inspection::{InspectedEntry, Inspection, SignatureState};
use std::collections::{BTreeMap, BTreeSet};

impl Bundle {
    /// The bundle at a glance; reads nothing.
    pub fn inspect(&self) -> Inspection {
        let manifest = self.manifest().clone();
        let trusted: BTreeSet<_> = self.signed_by().iter().collect();
        let signatures = self.signatures().iter().map(|signature| SignatureState {
            key: signature.key_id().to_string(),
            trusted: trusted.contains(&signature.key_id()),
        });
        Inspection {
            signatures: signatures.collect(),
            entries: entries(&manifest.names),
            size: self.file_size(),
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
