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

use manifests::{Digest, lockfile::Lockfile};
use std::io::{self, Write};

/// What a document is about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The lockfile.
    pub lockfile: &'a Lockfile,
    /// SHA-256 of its text, which names the document.
    pub digest: &'a Digest,
}

/// A document's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `CycloneDX` 1.6 in JSON.
    CycloneDx,
    /// SPDX 2.3 in JSON.
    Spdx,
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

/// Writes a document.
pub fn write(
    subject: Subject<'_>,
    graph: &Graph,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::CycloneDx => {
            serde_json::to_writer_pretty(&mut *out, &cyclonedx::document(subject, graph))
        }
        Format::Spdx => serde_json::to_writer_pretty(&mut *out, &spdx::document(subject, graph)),
    }?;
    out.write_all(b"\n")
}

/// A UUID that follows from the lockfile and the version of this program.
fn uuid(subject: Subject<'_>, what: &str) -> String {
    let tool = env!("CARGO_PKG_VERSION");
    let name = format!("bottari-builder {tool} {} {what} {}", scan::VERSION, subject.digest);
    let digest = bundles::sha256(name.as_bytes());
    let hex = digest.hex();
    // Version 8: by a rule of one's own; variant 10, as RFC 9562 has it.
    format!("{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
