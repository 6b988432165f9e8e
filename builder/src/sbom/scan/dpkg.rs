//! Packages of Debian and Ubuntu: `/var/lib/dpkg/status`, and the one file per
//! package that distroless images have instead.

use super::OsPackage;
use crate::sbom::limits;

/// The packages of a status file that are installed.
pub(super) fn packages(text: &str) -> Vec<OsPackage> {
    text.split("\n\n").filter_map(package).take(limits::PACKAGES).collect()
}

fn package(stanza: &str) -> Option<OsPackage> {
    // The lines of a description begin with a space, so none passes for a field.
    let field = |name: &str| {
        let mut lines = stanza.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    };
    let is_installed = |status: &str| status.split_whitespace().last() == Some("installed");
    if !field("Status").is_none_or(is_installed) {
        return None;
    }
    let (name, version) = (field("Package")?, field("Version")?);
    Some(OsPackage {
        name: name.to_owned(),
        version: version.to_owned(),
        arch: field("Architecture").map(str::to_owned),
        source: field("Source").and_then(source),
        ..OsPackage::default()
    })
}

/// `glibc` or `gcc-12 (12.2.0-14)`.
fn source(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let name = words.next()?;
    let version = words.next().map(|word| word.trim_matches(['(', ')']));
    Some(version.map_or_else(|| name.to_owned(), |version| format!("{name}@{version}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_of_which_only_the_configuration_is_left_is_not_there() {
        let status = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n\
                      Package: b\nStatus: deinstall ok config-files\nVersion: 2\n\n\
                      Package: c\nStatus: hold ok installed\nVersion: 1:3-4\nSource: d (3)\nDescription: x\n Status: no\n";
        let names: Vec<_> = packages(status).into_iter().map(|p| (p.name, p.source)).collect();
        assert_eq!(names, [("a".into(), None), ("c".into(), Some("d@3".into()))]);
    }

    #[test]
    fn distroless_says_no_status() {
        let found = packages("Package: tzdata\nVersion: 2025b-0+deb12u1\nArchitecture: all\n");
        assert_eq!(found[0].version, "2025b-0+deb12u1");
    }
}
