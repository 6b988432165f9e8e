//! What a report says, before it is a page: plain data, which `--json` prints.
//! Fields that a lockfile has too have the names that they have there.

use super::{
    agreement::Agreement, changes::Changes, components::ComponentFacts, signatures::Signatures,
    steps::Step, subject::Subject,
};
use manifests::{
    Arch, Name, SbomFormat, Version,
    lockfile::{Decision, LockedSystem, Lockfile},
    overlay::LaidOverlay,
    release::{Exception, Omission, Profile},
    rules::{self, Date, Warning},
};
use serde::Serialize;

/// What the first field of a report in JSON says.
pub const FORMAT: &str = "bottari.report/v1";

/// One report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report<'a> {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The day that support is judged by.
    pub judged_on: Date,
    /// The file that was read.
    pub subject: Subject,
    /// The release it is of.
    pub release: ReleaseFacts<'a>,
    /// How much there is.
    pub totals: Totals,
    /// How digests are known.
    pub provenance: Provenance,
    /// Who signed; none for a lockfile.
    pub signatures: Option<Signatures>,
    /// Whether the bundle holds what its lockfile lists; none for a lockfile.
    pub agreement: Option<&'a Agreement>,
    /// What rules have to say.
    pub warnings: Vec<Finding>,
    /// What changed since an earlier one; none when there is nothing to compare.
    pub changes: Option<Changes>,
    /// Everything, by component and version.
    pub components: Vec<ComponentFacts<'a>>,
    /// OS packages, by system and architecture, as they are locked.
    pub systems: &'a [LockedSystem],
    /// Why components are in their versions.
    pub decisions: &'a [Decision],
    /// What is left out on purpose.
    pub omitted: &'a [Omission],
    /// What the completeness check lets pass.
    pub exceptions: &'a [Exception],
    /// Overlays, with what they take away.
    pub overlays: &'a [LaidOverlay],
    /// How to verify it with stock tools.
    pub verify: Vec<Step>,
}

/// What a release says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReleaseFacts<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its version.
    pub version: &'a Version,
    /// Its serial.
    pub serial: u64,
    /// Its title.
    pub title: &'a str,
    /// The architectures carried.
    pub arches: &'a [Arch],
    /// The profiles taken.
    pub profiles: &'a [Profile],
    /// The bills of materials that a bundle of it carries.
    pub sbom: &'a [SbomFormat],
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// Components, each version apart.
    pub components: usize,
    /// Images.
    pub images: u64,
    /// Binaries and archives.
    pub files: u64,
    /// Kubernetes manifests.
    pub manifests: u64,
    /// Helm charts.
    pub charts: u64,
    /// OS packages, those of each system and architecture apart.
    pub packages: u64,
    /// Distinct blobs.
    pub blobs: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Rules that speak of these versions.
    pub rules: usize,
}

/// How digests are known, in numbers of files and images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Provenance {
    /// As their projects publish them.
    pub by_project: usize,
    /// As third parties alone pinned them.
    pub by_third_parties: usize,
    /// With nothing published to compare with.
    pub first_seen: usize,
    /// Of all these, those that a signature of their project proved.
    pub signed: usize,
}

/// What one rule says of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// What kind of rule it is.
    pub kind: FindingKind,
    /// The last day that anybody looks after it, when that is what it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// What it does not go with, when that is what it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<rules::Subject>,
    /// The day somebody read the rule's page.
    pub read: Date,
    /// What it says, and what the release answers.
    #[serde(flatten)]
    pub warning: Warning,
}

/// Kinds of [`Finding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A project is given up.
    Retired,
    /// Support of a version has ended.
    EndOfSupport,
    /// Versions do not go together.
    VersionSkew,
}

impl<'a> ReleaseFacts<'a> {
    pub(super) fn of(lockfile: &'a Lockfile) -> Self {
        let Lockfile { release: name, version, serial, title, arches, profiles, sbom, .. } =
            lockfile;
        Self { name, version, serial: *serial, title, arches, profiles, sbom }
    }
}
