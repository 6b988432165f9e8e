//! What a site's hosts already have: a `dpkg` status file from there.

use super::{
    index::{IndexError, read_paragraphs},
    package::Package,
};

/// Packages that are installed, by the word of a host.
#[derive(Debug, Clone, Default)]
pub struct Base {
    pub(super) packages: Vec<Package>,
}

/// Why a status file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the status file is not one of dpkg")]
pub struct BaseError(#[from] IndexError);

impl Base {
    /// Reads `/var/lib/dpkg/status`. Packages that are not installed, and those of
    /// other architectures, do not count.
    pub fn read(status: &str, arch: &str) -> Result<Self, BaseError> {
        let installed = |package: &&str| {
            package.lines().any(|line| line.starts_with("Status:") && line.ends_with(" installed"))
        };
        let paragraphs = status.split("\n\n").filter(installed);
        let text = paragraphs.collect::<Vec<_>>().join("\n\n");
        let mut packages = read_paragraphs(&text, Package::read)?;
        packages.retain(|package| [arch, "all"].contains(&&*package.arch));
        Ok(Self { packages })
    }

    /// A base of packages that an index describes.
    pub fn of(packages: Vec<Package>) -> Self {
        Self { packages }
    }

    /// What the packages are called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().map(|package| &*package.name)
    }

    /// How many packages there are.
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Whether there is none: nothing can be assumed.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_installed_for_this_architecture_counts() {
        let paragraph = |name: &str, status: &str, arch: &str| {
            format!("Package: {name}\nStatus: {status}\nVersion: 1\nArchitecture: {arch}\n")
        };
        let status = [
            paragraph("libc6", "install ok installed", "amd64"),
            paragraph("held", "hold ok installed", "all"),
            paragraph("gone", "deinstall ok config-files", "amd64"),
            paragraph("half", "install ok half-configured", "amd64"),
            paragraph("foreign", "install ok installed", "i386"),
        ]
        .join("\n");
        let base = Base::read(&status, "amd64").unwrap();
        let names: Vec<_> = base.packages.iter().map(|package| &*package.name).collect();
        assert_eq!(names, ["libc6", "held"]);
        assert!(Base::read("Package: x\nStatus: install ok installed\n", "amd64").is_err());
        assert!(Base::read("", "amd64").unwrap().is_empty());
    }
}
