//! Lockfiles to report: made-up digests around every kind of fact.

use builder::report::{Language, Opened, Reading, page, report};
use manifests::{event::Silent, rules::Date};
use std::{fs, path::Path};
use tempfile::TempDir;

/// Text that would do harm if it were anything but text.
pub(crate) const HOSTILE: &str = "</td><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)> \"'&amp; \u{202e}gpj.exe\u{2066}\u{200b}";

/// A word that no line can hold.
pub(crate) fn long_word() -> String {
    "보따리OffLine".repeat(40)
}

/// A digest that no bytes have: the same two digits, over and over.
pub(crate) fn digest(two: &str) -> String {
    format!("sha256:{}", two.repeat(32))
}

/// A lockfile with every kind of fact, in which `TEXT` stands for every free text.
const LOCK: &str = "\
format: bottari.lock/v1
release: made-up
version: 1.7.0
serial: 3
title: TEXT
arches: [amd64, arm64]
compression-level: 3
sbom: [cyclonedx, spdx]
profiles: [{name: storage, title: volumes on an NFS server}]
catalog:
- {component: runtime, version: v2, title: TEXT, homepage: 'https://runtime.example/', licence: TEXT}
- {component: web-door, version: v1.0.1, title: a way in, homepage: 'https://door.example/', licence: MIT}
files:
- kind: file
  component: runtime
  version: v2
  name: runtime-v2-amd64.tgz
  arch: amd64
  source: https://download.example/runtime-v2-amd64.tgz
  size: 2048
  digest: 'sha256:DIGEST-11'
  media-type: application/gzip
  published: primary
  proofs:
  - {kind: checksums, source: 'https://download.example/SHA256SUMS', signed-by: 0123456789ABCDEF0123456789ABCDEF01234567}
- kind: manifest
  component: runtime
  version: v2
  name: runtime.yaml
  source: https://download.example/runtime.yaml
  size: 100
  digest: 'sha256:DIGEST-22'
  media-type: application/yaml
- kind: chart
  component: web-door
  version: v1.0.1
  name: web-door-1.0.1.tgz
  source: https://door.example/web-door-1.0.1.tgz
  size: 300
  digest: 'sha256:DIGEST-33'
  media-type: application/gzip
  published: third-party
images:
- name: registry.example/door:1.0
  component: web-door
  version: v1.0.1
  also: [mirror.example/door:1.0]
  digest: 'sha256:DIGEST-44'
  size: 500
  media-type: application/vnd.oci.image.index.v1+json
  stated: TEXT
  manifests:
  - platform: linux/amd64
    digest: 'sha256:DIGEST-55'
    size: 400
    media-type: application/vnd.oci.image.manifest.v1+json
    config: {digest: 'sha256:DIGEST-66', size: 10, media-type: application/vnd.oci.image.config.v1+json}
    layers: [{digest: 'sha256:DIGEST-77', size: 5000, media-type: application/vnd.oci.image.layer.v1.tar+gzip}]
  - platform: linux/s390x
    digest: 'sha256:DIGEST-88'
    size: 400
    media-type: application/vnd.oci.image.manifest.v1+json
    omitted: true
exceptions: [{reference: 'registry.example/other:1', reason: TEXT}]
decisions: [{component: runtime, version: v2, why: TEXT}]
omitted: [{what: security.bin, why: TEXT}]
rules:
- id: door-retired
  says: TEXT
  source: https://door.example/news
  read: 2026-11-01
  retired: {of: web-door, until: 2026-12-31, instead: TEXT}
- id: runtime-support
  says: Two years.
  source: https://runtime.example/releases
  read: 2026-11-01
  end-of-support: {of: runtime, ends: {'2': 2027-01-31}}
acknowledged: [{rule: door-retired, reason: TEXT}]
overlays: [{name: site, title: what this site adds, unpinned: [{component: runtime, reason: TEXT}]}]
";

/// The digests of what is carried and named in the report: all but configs and
/// layers, which are named by their manifests.
pub(crate) const CARRIED: [&str; 5] = ["11", "22", "33", "44", "55"];

/// The lockfile with a text in every place for text.
pub(crate) fn lock_with(text: &str) -> String {
    let quoted = format!("'{}'", text.replace('\'', "''"));
    let lock = LOCK.replace("TEXT", &quoted);
    (11..=99).step_by(11).fold(lock, |lock, n| {
        let two = n.to_string();
        lock.replace(&format!("DIGEST-{two}"), &two.repeat(32))
    })
}

/// A folder with lockfiles.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a lockfile and opens it.
    pub(crate) fn open(&self, name: &str, lock: &str) -> Opened {
        let path = self.path().join(name);
        fs::write(&path, lock).unwrap();
        let reading = Reading { keys: Vec::new(), require: 1, jobs: 1 };
        Opened::open(&path, reading, &Silent).unwrap()
    }

    /// The page of a lockfile in these languages.
    pub(crate) fn page(&self, lock: &str, languages: &[Language]) -> String {
        page(&report(&self.open("made-up.lock", lock), None, day("2026-11-21")), languages)
    }
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}
