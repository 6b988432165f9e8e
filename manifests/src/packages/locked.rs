//! What a lockfile says of the OS packages of one system and architecture: the exact
//! bytes, the base they were chosen for, and the indexes that vouch for them.

use super::{
    moment::Moment,
    words::{
        ArchiveComponent, Origin, PackageArch, PackageName, PackageVersion, ServiceName, Suite,
        SystemName, Wish,
    },
};
use crate::{Arch, Descriptor, Digest, Name, Role, provenance::KeyFingerprint};
use serde::{Deserialize, Serialize};
use url::Url;

/// The media type of a `.deb`, as it is registered.
pub const DEB_MEDIA_TYPE: &str = "application/vnd.debian.binary-package";

/// The packages for hosts of one system and architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedSystem {
    /// The system.
    pub system: SystemName,
    /// The architecture.
    pub arch: Arch,
    /// What the hosts were said to have.
    pub base: LockedBase,
    /// What the archives said of themselves, by root and suite.
    pub indexes: Vec<LockedIndex>,
    /// Who needs which packages, by name of the set.
    pub sets: Vec<LockedSet>,
    /// Every package that a host may lack, by name and version.
    pub packages: Vec<LockedPackage>,
}

/// What hosts were said to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockedBase {
    /// A base of the system's definition.
    Name(Name),
    /// Status files of dpkg that were brought from the site, by their digests.
    Status(Vec<Digest>),
}

/// What an archive said of one suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedIndex {
    /// The archive's root.
    pub source: Url,
    /// The suite.
    pub suite: Suite,
    /// When the archive was made.
    pub date: Moment,
    /// The key that signed it.
    pub signer: KeyFingerprint,
    /// The file that was signed: `InRelease`, or `Release` beside its signature.
    pub url: Url,
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub digest: Digest,
    /// The lists of packages that it vouches for, by component.
    pub lists: Vec<LockedList>,
}

/// The packages of one component, as an archive lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedList {
    /// The component.
    pub component: ArchiveComponent,
    /// Its name below the suite: `main/binary-amd64/Packages.xz`.
    pub path: String,
    /// Size in bytes, as it was fetched.
    pub size: u64,
    /// Digest, as it was fetched.
    pub digest: Digest,
}

/// Packages that some hosts need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedSet {
    /// Its name.
    pub set: Name,
    /// Hosts that need it by their role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// The packages, as the release wants them.
    pub names: Vec<Wish>,
    /// Services that may start when these are installed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<ServiceName>,
}

/// One package with its exact bytes named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedPackage {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: PackageVersion,
    /// What it runs on.
    pub arch: PackageArch,
    /// Where it was listed.
    pub source: Url,
    /// Size in bytes.
    pub size: u64,
    /// Digest, as the index has it.
    pub digest: Digest,
    /// The suite and component whose list has it.
    pub from: Origin,
}

impl LockedSystem {
    /// What systems are sorted by.
    pub fn place(&self) -> (&SystemName, Arch) {
        (&self.system, self.arch)
    }

    /// When the newest of its archives was made.
    pub fn newest_index(&self) -> Option<Moment> {
        self.indexes.iter().map(|index| index.date).max()
    }

    /// Puts every list into the order of the format.
    pub(crate) fn sort(&mut self) {
        if let LockedBase::Status(files) = &mut self.base {
            files.sort();
        }
        self.indexes.sort_by(|a, b| (&a.source, &a.suite).cmp(&(&b.source, &b.suite)));
        for index in &mut self.indexes {
            index.lists.sort_by(|a, b| a.component.cmp(&b.component));
        }
        self.sets.sort_by(|a, b| a.set.cmp(&b.set));
        self.packages.sort_by(|a, b| a.place().cmp(&b.place()));
    }
}

impl LockedPackage {
    /// What packages are sorted by.
    pub(super) fn place(&self) -> (&PackageName, &PackageVersion, PackageArch) {
        (&self.name, &self.version, self.arch)
    }

    /// The package as a descriptor.
    pub fn descriptor(&self) -> Descriptor {
        let (digest, media_type) = (self.digest.clone(), DEB_MEDIA_TYPE.to_owned());
        Descriptor { digest, size: self.size, media_type }
    }

    /// What Debian calls the file: `conntrack_1.4.7-1+b2_amd64.deb`, without the epoch.
    pub fn file_name(&self) -> String {
        format!("{}_{}_{}.deb", self.name, self.version.without_epoch(), self.arch)
    }
}
