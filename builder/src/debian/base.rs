//! What a site's hosts already have: a `dpkg` status file from there.

use super::{
    index::{IndexError, read_paragraphs},
    package::Package,
};
use std::collections::BTreeSet;

/// States of packages that are there, and of those of which nobody knows.
const INSTALLED: [&str; 3] = [" installed", " triggers-awaited", " triggers-pending"];
const HALF_DONE: [&str; 3] = [" half-installed", " unpacked", " half-configured"];

/// Packages that are installed, by the word of a host.
#[derive(Debug, Clone, Default)]
pub struct Base {
    pub(super) packages: Vec<Package>,
    /// Names of those that somebody on the host wants as they are: apt would refuse to
    /// raise them.
    pub(super) held: BTreeSet<String>,
}

/// Why a status file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// It is something else.
    #[error("the status file is not one of dpkg")]
    Form(#[from] IndexError),
    /// dpkg did not come to its end on that host.
    #[error(
        "`{line}`: a package is half done there, expected installed or not; `dpkg --configure -a` on that host ends it"
    )]
    HalfDone {
        /// What stands there.
        line: String,
    },
    /// A host with packages has dpkg.
    #[error("the status file lacks the package `dpkg`, which tells the architecture of its host")]
    NoDpkg,
}

/// The architecture of the host that a status file is from: that of its dpkg.
pub fn architecture(status: &str) -> Result<&str, BaseError> {
    let is_dpkg = |paragraph: &&str| paragraph.lines().any(|line| line == "Package: dpkg");
    let dpkg = status.split("\n\n").find(is_dpkg).ok_or(BaseError::NoDpkg)?;
    let arch = dpkg.lines().find_map(|line| line.strip_prefix("Architecture:"));
    arch.map(str::trim).ok_or(BaseError::NoDpkg)
}

impl Base {
    /// Reads `/var/lib/dpkg/status`. Packages that are not installed, and those of
    /// other architectures, do not count.
    pub fn read(status: &str, arch: &str) -> Result<Self, BaseError> {
        let said = |package: &str| {
            package.lines().find(|line| line.starts_with("Status:")).map(str::to_owned)
        };
        let ends =
            |line: &String, states: &[&str]| states.iter().any(|state| line.ends_with(state));
        if let Some(line) =
            status.split("\n\n").filter_map(said).find(|line| ends(line, &HALF_DONE))
        {
            return Err(BaseError::HalfDone { line });
        }
        let installed = |package: &&str| said(package).is_some_and(|line| ends(&line, &INSTALLED));
        let paragraphs = status.split("\n\n").filter(installed);
        let text = paragraphs.collect::<Vec<_>>().join("\n\n");
        let mut packages = read_paragraphs(&text, Package::read)?;
        packages.retain(|package| [arch, "all"].contains(&&*package.arch));
        let held = status.split("\n\n").filter(installed).filter_map(held);
        Ok(Self { held: held.collect(), packages })
    }

    /// A base of packages that an index describes.
    pub fn of(packages: Vec<Package>) -> Self {
        Self { packages, held: BTreeSet::new() }
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

/// The name of a package that is on hold.
fn held(paragraph: &str) -> Option<String> {
    let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name));
    let is_held = field("Status:")?.trim_start().starts_with("hold ");
    is_held.then(|| field("Package:").map(|name| name.trim().to_owned()))?
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
            paragraph("soon", "install ok triggers-pending", "amd64"),
            paragraph("foreign", "install ok installed", "i386"),
        ]
        .join("\n");
        let base = Base::read(&status, "amd64").unwrap();
        let names: Vec<_> = base.packages.iter().map(|package| &*package.name).collect();
        assert_eq!(names, ["libc6", "held", "soon"]);
        assert_eq!(base.held.iter().collect::<Vec<_>>(), ["held"]);
        let half = paragraph("half", "install ok half-configured", "amd64");
        assert!(matches!(Base::read(&half, "amd64"), Err(BaseError::HalfDone { .. })));
        assert!(Base::read("Package: x\nStatus: install ok installed\n", "amd64").is_err());
        assert!(Base::read("", "amd64").unwrap().is_empty());
    }
}
