//! Names of systems, suites and packages. Each of them ends up in a path or on a
//! command line of a host, so none can hold a blank, a slash or a leading dash.

use crate::{Arch, checked_name::checked_name};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

checked_name!(
    /// A system that hosts run: `debian-12`, `ubuntu-22.04`. Also a file name.
    SystemName,
    "the name of a system",
    "1 to 63 of a-z, 0-9, `-` and `.`, beginning with a letter, ending with a letter or digit",
    |text| {
        let inside = |b: u8| is_low(b) || b == b'-' || b == b'.';
        (1..=63).contains(&text.len())
            && text.bytes().all(inside)
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with(['-', '.'])
            && !text.contains("..")
    }
);

checked_name!(
    /// A suite of an archive: `bookworm-updates`, `jammy`.
    Suite,
    "a suite",
    "1 to 63 of letters, digits, `.`, `_` and `-`, beginning with a letter",
    |text| (1..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
);

checked_name!(
    /// A component of a suite: `main`, `universe`, `non-free-firmware`.
    ArchiveComponent,
    "a component of a suite",
    "1 to 63 of a-z, 0-9 and `-`, beginning with a letter",
    |text| (1..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| is_low(b) || b == b'-')
);

checked_name!(
    /// Where in an archive a package is: `bookworm-updates/main`.
    Origin,
    "a place in an archive",
    "`suite/component`",
    |text| text.split_once('/').is_some_and(|(suite, component)| {
        suite.parse::<Suite>().is_ok() && component.parse::<ArchiveComponent>().is_ok()
    })
);

checked_name!(
    /// A package: `libc6`, `g++`.
    PackageName,
    "the name of a package",
    "2 to 128 of a-z, 0-9, `+`, `-` and `.`, beginning with a letter or digit",
    is_package
);

checked_name!(
    /// The version of a package, with its epoch: `1:1.4.7-1+b2`.
    PackageVersion,
    "the version of a package",
    "1 to 128 of letters, digits, `.`, `+`, `~` and `-`, beginning with a digit and not ending with `-`, behind an epoch of digits and `:` if any",
    is_version
);

checked_name!(
    /// A package that is wanted, in any version or in some: `socat (>= 1.7)`.
    Wish,
    "a package that may be wanted",
    "`name` or `name (>= version)`, with `<<`, `<=`, `=`, `>=` or `>>`",
    |text| match text.split_once(" (") {
        None => is_package(text),
        Some((name, bound)) => is_package(name) && bound.strip_suffix(')').is_some_and(is_bound),
    }
);

checked_name!(
    /// A service that a package brings: `haproxy.service`.
    ServiceName,
    "the name of a service",
    "1 to 128 of letters, digits, `.`, `_`, `@` and `-`, beginning with a letter, ending in `.service` or `.socket`",
    |text| (1..=128).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._@-".contains(&b))
        && (text.ends_with(".service") || text.ends_with(".socket"))
);

fn is_low(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_package(text: &str) -> bool {
    (2..=128).contains(&text.len())
        && text.bytes().all(|b| is_low(b) || b"+-.".contains(&b))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// As Debian's policy has it; dpkg's epochs are no larger than this.
fn is_version(text: &str) -> bool {
    let (epoch, version) = text.split_once(':').unwrap_or(("0", text));
    let is_epoch = (1..=9).contains(&epoch.len()) && epoch.bytes().all(|b| b.is_ascii_digit());
    is_epoch
        && text.len() <= 128
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b".+~-".contains(&b))
        && version.starts_with(|c: char| c.is_ascii_digit())
        && !version.ends_with('-')
}

fn is_bound(text: &str) -> bool {
    let operators = ["<< ", "<= ", "= ", ">= ", ">> "];
    operators.iter().any(|operator| text.strip_prefix(operator).is_some_and(is_version))
}

impl Wish {
    /// The package, whatever its version.
    pub fn name(&self) -> PackageName {
        let name = self.as_str().split(' ').next().unwrap_or_default();
        name.parse().expect("a wish begins with the name of a package")
    }
}

impl PackageVersion {
    /// The version without its epoch, as file names have it.
    pub fn without_epoch(&self) -> &str {
        self.as_str().split_once(':').map_or(self.as_str(), |(_, version)| version)
    }
}

/// What a package runs on, in dpkg's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageArch {
    /// Everything.
    All,
    /// x86-64.
    Amd64,
    /// 64-bit Arm.
    Arm64,
}

impl PackageArch {
    /// Whether a host of this architecture can install it.
    pub fn runs_on(self, arch: Arch) -> bool {
        self == Self::All || self.as_str() == arch.as_str()
    }

    /// The word in file names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// Why a text is not a [`PackageArch`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the architecture of a package: expected `all`, `amd64` or `arm64`")]
pub struct PackageArchError(String);

impl FromStr for PackageArch {
    type Err = PackageArchError;
    fn from_str(text: &str) -> Result<Self, PackageArchError> {
        let known = [Self::All, Self::Amd64, Self::Arm64];
        let found = known.into_iter().find(|arch| arch.as_str() == text);
        found.ok_or_else(|| PackageArchError(text.to_owned()))
    }
}

impl fmt::Display for PackageArch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_leave_its_folder_or_look_like_an_option() {
        for text in ["", ".", "..", "-a", "a/b", "a b", "a\n", "a..", "../a"] {
            assert!(text.parse::<SystemName>().is_err(), "{text}");
            assert!(text.parse::<Suite>().is_err() || text == "a..", "{text}");
            assert!(text.parse::<ArchiveComponent>().is_err(), "{text}");
            assert!(text.parse::<PackageName>().is_err() || text == "a..", "{text}");
            assert!(text.parse::<PackageVersion>().is_err(), "{text}");
            assert!(text.parse::<Wish>().is_err() || text == "a..", "{text}");
            assert!(text.parse::<ServiceName>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_taken_as_archives_have_them() {
        assert!("ubuntu-22.04".parse::<SystemName>().is_ok());
        assert!("bookworm-updates".parse::<Suite>().is_ok());
        assert!("bookworm-updates/main".parse::<Origin>().is_ok());
        assert!("bookworm".parse::<Origin>().is_err() && "a/b/c".parse::<Origin>().is_err());
        assert!("libstdc++6".parse::<PackageName>().is_ok());
        let version: PackageVersion = "1:1.4.7-1+b2".parse().unwrap();
        assert_eq!(version.without_epoch(), "1.4.7-1+b2");
    }

    #[test]
    fn a_version_has_one_epoch_at_most_and_something_behind_it() {
        for text in ["1", "0:1", "1:2.0~rc1-3+b1", "999999999:1", "4.18.3-6ubuntu0.22.04.3"] {
            assert!(text.parse::<PackageVersion>().is_ok(), "{text}");
        }
        for text in
            ["1:2:3", ":1", "1:", "a:1", "1:a", "1-", "9999999999:1", "-1:1", "1:-1", "+1:1"]
        {
            assert!(text.parse::<PackageVersion>().is_err(), "{text}");
            assert!(format!("socat (>= {text})").parse::<Wish>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_wish_may_name_versions() {
        let wish: Wish = "socat (>= 1.7)".parse().unwrap();
        assert_eq!(wish.name().as_str(), "socat");
        for text in ["socat (1.7)", "socat(>= 1)", "socat (>= )", "socat (>= 1", "a | b", "sh:any"]
        {
            assert!(text.parse::<Wish>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_package_for_all_runs_everywhere() {
        assert!(PackageArch::All.runs_on(Arch::Arm64) && PackageArch::Arm64.runs_on(Arch::Arm64));
        assert!(!PackageArch::Amd64.runs_on(Arch::Arm64));
        assert_eq!("all".parse(), Ok(PackageArch::All));
        assert!("i386".parse::<PackageArch>().unwrap_err().to_string().contains("expected `all`"));
    }
}
