//! `check`: proof that nothing is missing. Everything that the manifests of a
//! lockfile name must be locked, under exactly that name and for every wanted
//! architecture; every image that is locked must be named somewhere, or its
//! definition must state where. A missing image would be found out on site.
//!
//! # What counts as an image name
//!
//! Each manifest is read as the installer will apply it, with its patches. In
//! every object, also inside lists, schemas and custom resources:
//!
//! 1. `image` of an item with a `name` in `containers`, `initContainers` or
//!    `ephemeralContainers`: always. In core, `apps` and `batch` objects what is
//!    no image name is a mistake.
//! 2. Any field, variable, flag or annotation whose name ends in `image` or
//!    `images` (`proxyImage`, `ROOK_CSI_CEPH_IMAGE`, `--pod-image`, `imageRef`,
//!    `RELATED_IMAGE_X`): when the value parses and holds `/`, `:` or `@`. A
//!    single word such as `auto` is none. The default of a property in a schema
//!    counts under the name of the property; `image: {reference: …}` of a volume
//!    under `image`.
//! 3. Parts: `{registry, repository, tag, digest}`, `{image, tag}`, and `{hub,
//!    tag}` with `image` somewhere below.
//! 4. Any other text, word by word: a word with a digest, or with a tag that has
//!    a digit or is one such as `latest`, and either a host (a dot with letters
//!    behind it, or a port) or Docker Hub's `owner/name:1.2`. URLs, paths, `host:port`, `apps/v1`, taints and
//!    `system:…` are none.
//!
//! Texts of `ConfigMap`s, of `Secret`s (base64 too), of variables and annotations
//! that are YAML or JSON are read like objects, four texts deep; others line by
//! line without comments. What a template computes stays unseen, and so does what
//! is compiled into a program: definitions say such images under `stated:`.
//! `description` is text for people, names and labels cannot hold an image name.
//!
//! # What counts as a file
//!
//! A URL in arguments, commands, variables and data that would be fetched when
//! the manifest runs: on a host of the outside world, and with the ending of a
//! file, behind a command such as `curl`, or under a name such as `DOWNLOAD_URL`.
//! It must be the source of a locked file.
//!
//! # Charts
//!
//! Each is rendered by the Helm that the release brings, for its Kubernetes, and
//! read like a manifest. One that cannot be rendered here is listed as unread, and
//! what only such a chart names is stated.

mod answer;
mod charts;
mod error;
mod finding;
mod image;
mod implied;
mod maps;
mod object;
mod read;
mod report;
mod text;
mod url;
mod walk;
mod words;

pub use answer::Gap;
pub use charts::{ChartError, Rendered, Unknown, Unread};
pub use error::{CheckError, Incomplete};
pub use finding::{Finding, Place, Reference};
pub use read::{ManifestName, read_manifest};
pub use report::{Missing, Report, Row, Unexplained};

use crate::cache::Cache;
use manifests::lockfile::{FileKind, LockedFile, Lockfile};
use std::sync::atomic::AtomicBool;

/// Checks a lockfile whose manifests and charts are in the cache.
pub fn check(lockfile: &Lockfile, cache: &Cache) -> Result<Report, CheckError> {
    check_until(lockfile, cache, &AtomicBool::new(false))
}

/// The same, until the flag is raised: rendering may take a while.
pub fn check_until(
    lockfile: &Lockfile,
    cache: &Cache,
    stop: &AtomicBool,
) -> Result<Report, CheckError> {
    let read::Manifests { mut findings, apis } = read::manifests(lockfile, cache)?;
    let mut charts = charts::read(lockfile, cache, apis, stop)?;
    findings.append(&mut charts.findings);
    findings.extend(implied::findings(lockfile));
    findings.sort();
    findings.dedup();
    Ok(report::report(lockfile, findings, charts))
}

/// Whether everything that [`check`] reads is in the cache.
pub fn is_at_hand(lockfile: &Lockfile, cache: &Cache) -> bool {
    let mut files = lockfile.files.iter().filter(|file| is_read(lockfile, file));
    files.all(|file| cache.has(&file.descriptor()))
}

/// The part of a lockfile that [`check`] reads, for a fetch without images.
pub fn needed(lockfile: &Lockfile) -> Lockfile {
    let files = lockfile.files.iter().filter(|file| is_read(lockfile, file)).cloned().collect();
    Lockfile { files, images: Vec::new(), ..lockfile.clone() }
}

fn is_read(lockfile: &Lockfile, file: &LockedFile) -> bool {
    file.kind == FileKind::Manifest || charts::needs(lockfile, file)
}

impl Report {
    /// The report of a complete lockfile; an error tells what is wrong.
    pub fn complete(self) -> Result<Self, CheckError> {
        if self.complete { Ok(self) } else { Err(CheckError::incomplete(self)) }
    }
}
