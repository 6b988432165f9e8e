//! `sbom`: everything in a bundle, down to the modules of each Go program and
//! the OS packages of each image, as `CycloneDX` 1.6 or SPDX 2.3.
//!
//! ```text
//! lockfile ─┬─ files, charts, manifests, images ──────────────┐
//!           └─ blobs ─scan (once each, in parallel, cached)─→ graph ─→ document
//! ```
//!
//! A document is a function of the lockfile, the bytes that it names and the
//! version of this program, and of nothing else: no clock, no chance, no order
//! of threads, no difference between a lockfile and the bundle made of it.
//!
//! Layers come from strangers. Each is read once, in bounded memory; what is
//! wrong with one is said in the document, under the image that has it.

mod collect;
mod cyclonedx;
mod error;
mod graph;
mod image;
mod inside;
mod licence;
mod limits;
mod packed;
mod purl;
mod scan;
mod scans;
mod spdx;
mod tar;

pub use error::SbomError;
pub use graph::{Graph, Item, ItemKind};
pub use scan::{
    Covers, Database, Found, GoBuild, GoModule, OsPackage, PackageKind, Scan, System, Unread,
};
pub use scans::{Blobs, Options};

pub(crate) use packed::{Form, unpack};
pub(crate) use scans::through;
pub(crate) use tar::{EntryKind, TarReader, fill};

use crate::supply::Supply;
use bundles::SbomDocument;
use manifests::{Digest, SbomFormat, lockfile::Lockfile};

/// What a document is about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The lockfile.
    pub lockfile: &'a Lockfile,
    /// SHA-256 of its text, which names the document.
    pub digest: &'a Digest,
}

/// Looks into every blob of a lockfile and joins what is found.
pub fn graph(
    subject: Subject<'_>,
    blobs: Blobs<'_>,
    options: Options<'_>,
) -> Result<Graph, SbomError> {
    let scans = scans::scan_all(subject.lockfile, blobs, options)?;
    Ok(collect::collect(subject, &scans))
}

/// Looks into every blob of a lockfile where a build has it. One that turns out
/// to be damaged must not be found again.
pub fn graph_of(
    subject: Subject<'_>,
    supply: Supply<'_>,
    options: Options<'_>,
) -> Result<Graph, SbomError> {
    let graph = graph(subject, Blobs { source: &supply, cache: Some(supply.cache()) }, options);
    if let Err(SbomError::Differs { expected, .. }) = &graph {
        supply.cache().evict(expected)?;
    }
    graph
}

/// Writes a document.
pub fn document(subject: Subject<'_>, graph: &Graph, format: SbomFormat) -> SbomDocument {
    let text = match format {
        SbomFormat::Cyclonedx => serde_json::to_vec_pretty(&cyclonedx::document(subject, graph)),
        SbomFormat::Spdx => serde_json::to_vec_pretty(&spdx::document(subject, graph)),
    };
    let mut text = text.expect("texts and numbers are always JSON");
    text.push(b'\n');
    SbomDocument { format, text, scanner: scanner() }
}

/// What a document depends on beside the bytes it describes: the version of this
/// program, and what it finds in a blob.
fn scanner() -> String {
    format!("{}-{}", env!("CARGO_PKG_VERSION"), scan::VERSION)
}

/// A UUID that follows from the lockfile and the version of this program.
fn uuid(subject: Subject<'_>, what: &str) -> String {
    let name = format!("bottari-builder {} {what} {}", scanner(), subject.digest);
    let digest = bundles::sha256(name.as_bytes());
    let hex = digest.hex();
    // Version 8: by a rule of one's own; variant 10, as RFC 9562 has it.
    format!("{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
