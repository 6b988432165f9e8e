//! One line of the ledger: a thing on the host, and how it was before us.

use crate::plan::{
    DebVersion, ManagedPath, Mode, ModuleName, Owner, PackageName, StepId, SwapDevice, SysctlKey,
    SysctlValue, UnitName,
};
use manifests::Digest;
use serde::{Deserialize, Serialize};

/// A thing, who placed it, and whether that is certain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Entry {
    /// The step that placed it last.
    pub step: StepId,
    /// Whether the step came to its end.
    pub state: State,
    /// What it is.
    pub thing: Thing,
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// About to be made; it may be there, in part, or not at all.
    Intent,
    /// Made and looked at.
    Done,
}

/// A thing that a step puts on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum Thing {
    /// A file.
    File {
        /// Where.
        path: ManagedPath,
        /// SHA-256 of every content we gave it, the latest last.
        ours: Vec<Digest>,
        /// What was there before the first of them.
        before: Before,
    },
    /// A folder that was not there.
    Folder {
        /// Where.
        path: ManagedPath,
    },
    /// A unit that we enabled; its file is an entry of its own.
    Unit {
        /// Its name.
        unit: UnitName,
        /// One digest over the files it was last started with.
        started_with: Option<Digest>,
    },
    /// A package that was not installed.
    Package {
        /// Its name.
        package: PackageName,
        /// Whether settings of an earlier installation of it were there.
        had_settings: bool,
    },
    /// A package that was there in an older version.
    RaisedPackage {
        /// Its name.
        package: PackageName,
        /// The version it had before the first time.
        from: DebVersion,
        /// The version it got.
        to: DebVersion,
    },
    /// A kernel setting.
    Sysctl {
        /// Which.
        key: SysctlKey,
        /// What we set.
        value: SysctlValue,
        /// What it was.
        before: SysctlValue,
    },
    /// A kernel module that was not loaded.
    Module {
        /// Its name.
        module: ModuleName,
    },
    /// Swap that was on. Its lines in `/etc/fstab` are marked, not removed.
    Swap {
        /// What was in use.
        devices: Vec<SwapDevice>,
    },
    /// A long command that ran, or runs, as a unit of its own.
    Transient {
        /// The step that it is named by.
        of: StepId,
        /// SHA-256 of the script that it runs.
        script: Digest,
        /// Whether its good end was seen. Until then it may be running.
        ended: bool,
    },
}

/// What a file's place held before us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "was", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// A file of somebody else; a copy of it is among the backups.
    File {
        /// Its SHA-256, which also names the copy.
        digest: Digest,
        /// Its permissions.
        mode: Mode,
        /// Its owner, in numbers.
        owner: Owner,
    },
}

impl Thing {
    /// Whether both are about one thing on the host.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File { path: a, .. }, Self::File { path: b, .. })
            | (Self::Folder { path: a }, Self::Folder { path: b }) => a == b,
            (Self::Unit { unit: a, .. }, Self::Unit { unit: b, .. }) => a == b,
            (Self::Package { package: a, .. }, Self::Package { package: b, .. }) => a == b,
            (Self::RaisedPackage { package: a, .. }, Self::RaisedPackage { package: b, .. }) => {
                a == b
            }
            (Self::Sysctl { key: a, .. }, Self::Sysctl { key: b, .. }) => a == b,
            (Self::Module { module: a }, Self::Module { module: b }) => a == b,
            (Self::Transient { of: a, .. }, Self::Transient { of: b, .. }) => a == b,
            (Self::Swap { .. }, Self::Swap { .. }) => true,
            _ => false,
        }
    }

    /// Takes what is new in `later` and keeps what was known of the time before.
    pub(super) fn absorb(&mut self, later: Self) {
        match (self, later) {
            (Self::File { ours, .. }, Self::File { ours: more, .. }) => {
                ours.retain(|digest| !more.contains(digest));
                ours.extend(more);
            }
            (Self::Unit { started_with, .. }, Self::Unit { started_with: now, .. }) => {
                *started_with = now;
            }
            (
                Self::Transient { script, ended, .. },
                Self::Transient { script: now, ended: well, .. },
            ) => {
                (*script, *ended) = (now, well);
            }
            (Self::RaisedPackage { to, .. }, Self::RaisedPackage { to: now, .. }) => *to = now,
            (Self::Sysctl { value, .. }, Self::Sysctl { value: now, .. }) => *value = now,
            (Self::Swap { devices }, Self::Swap { devices: more }) => {
                let new = |device: &SwapDevice| !devices.contains(device);
                let more: Vec<_> = more.into_iter().filter(new).collect();
                devices.extend(more);
            }
            _ => {}
        }
    }
}
