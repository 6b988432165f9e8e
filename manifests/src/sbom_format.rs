//! Formats of the software bills of materials that a release wants carried.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The format of a software bill of materials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SbomFormat {
    /// `CycloneDX` 1.6 in JSON.
    Cyclonedx,
    /// SPDX 2.3 in JSON.
    Spdx,
}

impl SbomFormat {
    /// As release files and command lines name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cyclonedx => "cyclonedx",
            Self::Spdx => "spdx",
        }
    }

    /// What the format is called, with its version.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cyclonedx => "CycloneDX 1.6",
            Self::Spdx => "SPDX 2.3",
        }
    }

    /// What a document's file is called, as its specification recommends.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Cyclonedx => "bom.cdx.json",
            Self::Spdx => "bom.spdx.json",
        }
    }

    /// The media type, as registered with IANA (SPDX's is of any version).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Cyclonedx => "application/vnd.cyclonedx+json",
            Self::Spdx => "application/spdx+json",
        }
    }
}

impl fmt::Display for SbomFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Sorted, each once: what a release file and a lockfile keep to.
pub(crate) fn check(formats: &[SbomFormat]) -> Result<(), String> {
    match formats.is_sorted_by(|a, b| a < b) {
        true => Ok(()),
        false => Err("sbom: expected cyclonedx, spdx or both in this order, each once".into()),
    }
}
