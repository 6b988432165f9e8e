//! What one blob holds: OS packages, the distribution, Go programs, and which
//! paths it sets or takes away, so that layers can be laid on each other.
//!
//! One pass over the plain bytes. Only databases and build info are held, all
//! else passes by. What cannot be read is noted, never left out silently.

mod apk;
mod archive;
mod covers;
mod deb;
mod dpkg;
mod entries;
mod find;
mod go;
mod rpm;
mod sqlite;
mod system;

pub(super) use archive::scan;
pub use covers::Covers;
pub use go::{GoBuild, GoModule};
pub use system::System;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Raised whenever the same blob would give another [`Scan`]: what was cached
/// before is then made anew.
pub(super) const VERSION: u32 = 1;

/// What one blob holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// By path, without a slash in front; a blob that is one program has it
    /// under the empty path.
    pub found: BTreeMap<String, Found>,
    /// What it does to the layers below.
    pub covers: Covers,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// Something worth listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// A database of OS packages.
    Packages(Database),
    /// Which distribution it is.
    System(System),
    /// A program that says how it was built.
    Program(GoBuild),
}

/// OS packages that one file lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Whose.
    pub kind: PackageKind,
    /// In the order of the file.
    pub packages: Vec<OsPackage>,
}

/// Kinds of OS packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PackageKind {
    /// Debian, Ubuntu.
    Deb,
    /// Alpine, Wolfi.
    Apk,
    /// Red Hat, `CentOS`, Rocky, SUSE.
    Rpm,
}

/// One installed package.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OsPackage {
    /// Its name.
    pub name: String,
    /// Its version as its manager writes it, without an RPM's epoch.
    pub version: String,
    /// The epoch of an RPM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// Its architecture in its manager's spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// What it was built from, where that has another name or version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its licence, where the database says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

/// A part of a blob that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unread {
    /// Its path; empty when it is the blob itself.
    pub path: String,
    /// Why.
    pub why: String,
}
