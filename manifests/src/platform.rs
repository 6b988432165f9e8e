//! Machines an artifact can run on.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A processor architecture that K-PaaS runs on, in Go's and OCI's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// x86-64.
    Amd64,
    /// 64-bit Arm.
    Arm64,
}

/// Why a text is not an [`Arch`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an architecture: expected `amd64` or `arm64`")]
pub struct ArchError(String);

impl Arch {
    /// The name in URLs, lockfiles and OCI platforms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Arch {
    type Err = ArchError;
    fn from_str(text: &str) -> Result<Self, ArchError> {
        match text {
            "amd64" => Ok(Self::Amd64),
            "arm64" => Ok(Self::Arm64),
            _ => Err(ArchError(text.to_owned())),
        }
    }
}

/// An OCI platform: `linux/amd64`, `linux/arm64/v8`, `unknown/unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

/// Why a text is not a [`Platform`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform: expected `os/architecture` or `os/architecture/variant`")]
pub struct PlatformError(String);

impl Platform {
    /// A platform from the fields of an image index or image config.
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Result<Self, PlatformError> {
        let joined = || PlatformError([os, architecture, variant.unwrap_or("")].join("/"));
        let word = |text: &str| {
            let inside = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            !text.is_empty() && text.bytes().all(inside)
        };
        if !word(os) || !word(architecture) || !variant.is_none_or(word) {
            return Err(joined());
        }
        Ok(Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.map(str::to_owned),
        })
    }

    /// Whether a Linux host of this architecture runs the image. Every arm64
    /// host is at least `v8`; other variants (`v9`) ask for more than that.
    pub fn runs_on(&self, arch: Arch) -> bool {
        let variant = match (arch, self.variant.as_deref()) {
            (_, None) | (Arch::Arm64, Some("v8")) | (Arch::Amd64, Some("v1")) => true,
            (_, Some(_)) => false,
        };
        self.os == "linux" && self.architecture == arch.as_str() && variant
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = PlatformError;
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts[..] {
            [os, architecture] => Self::new(os, architecture, None),
            [os, architecture, variant] => Self::new(os, architecture, Some(variant)),
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Platform {
    type Error = PlatformError;
    fn try_from(text: String) -> Result<Self, PlatformError> {
        text.parse()
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> String {
        platform.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arm64_v8_runs_on_every_arm64_host_and_v9_does_not() {
        let runs = |text: &str| text.parse::<Platform>().unwrap().runs_on(Arch::Arm64);
        assert!(runs("linux/arm64") && runs("linux/arm64/v8"));
        assert!(!runs("linux/arm64/v9") && !runs("linux/amd64") && !runs("windows/arm64"));
    }

    #[test]
    fn attestations_have_a_platform_that_runs_nowhere() {
        let unknown: Platform = "unknown/unknown".parse().unwrap();
        assert!(!unknown.runs_on(Arch::Amd64) && !unknown.runs_on(Arch::Arm64));
    }

    #[test]
    fn platforms_print_as_they_were_read() {
        for text in ["linux/amd64", "linux/arm64/v8"] {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), text);
        }
        for text in ["", "linux", "linux/", "a/b/c/d", "linux/a b"] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }
}
