//! Formats of bills of materials by their names on the command line.

use clap::ValueEnum;
use manifests::SbomFormat;

/// The value of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SbomFormatName {
    /// `CycloneDX` 1.6 in JSON.
    Cyclonedx,
    /// SPDX 2.3 in JSON.
    Spdx,
}

impl From<SbomFormatName> for SbomFormat {
    fn from(name: SbomFormatName) -> Self {
        match name {
            SbomFormatName::Cyclonedx => Self::Cyclonedx,
            SbomFormatName::Spdx => Self::Spdx,
        }
    }
}
