//! A package as an index describes it, or as a host has it.

use super::relation::{Relation, RelationError};
use deb822_fast::borrowed::BorrowedParagraph;
use debversion::Version;
use manifests::Digest;
use std::fmt;

/// How much a system leans on a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// dpkg itself may break without it.
    Required,
    /// Expected on every system.
    Important,
    /// On every system that has text alone.
    Standard,
    /// All others.
    Optional,
}

/// Which other architectures a package gets on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MultiArch {
    /// `foreign`, `same`, or nothing said.
    Other,
    /// Whoever wants it `:any` may have it.
    Allowed,
}

/// Where the bytes of a package are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Path below the root of the mirror.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// What they hash to, by the index.
    pub digest: Digest,
    /// Which of the lists that were read names it, counted from 0.
    pub list: usize,
}

/// A package in one version.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Its architecture, or `all`.
    pub arch: String,
    /// How much a system leans on it.
    pub priority: Priority,
    /// Whether dpkg refuses to remove it.
    pub essential: bool,
    /// Where it is; none for what a host has.
    pub archive: Option<Archive>,
    pub(super) multi_arch: MultiArch,
    /// `Pre-Depends` and `Depends`, as they stand there.
    depends: String,
    /// `Conflicts` and `Breaks`.
    conflicts: String,
    provides: String,
}

/// What is wrong with a paragraph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// A field that every package has.
    #[error("it has no `{0}`")]
    Missing(&'static str),
    /// A field with something else than it should hold.
    #[error("`{field}` is `{found}`")]
    Wrong {
        /// The field.
        field: &'static str,
        /// What stands there.
        found: String,
    },
}

impl Package {
    /// Reads what all packages have, in an index or on a host.
    pub(super) fn read(paragraph: &BorrowedParagraph<'_>) -> Result<Self, PackageError> {
        let text = |field: &str| paragraph.get_field(field).map(|field| field.lines().join(" "));
        let needed = |field| text(field).ok_or(PackageError::Missing(field));
        let joined =
            |fields: [&str; 2]| fields.into_iter().filter_map(text).collect::<Vec<_>>().join(", ");
        let version = needed("Version")?;
        let wrong = |found: &String| PackageError::Wrong { field: "Version", found: found.clone() };
        Ok(Self {
            name: needed("Package")?,
            arch: needed("Architecture")?,
            version: Version::parse_lenient(&version).map_err(|_error| wrong(&version))?,
            priority: priority(text("Priority").as_deref()),
            essential: text("Essential").as_deref() == Some("yes"),
            archive: None,
            multi_arch: match text("Multi-Arch").as_deref() {
                Some("allowed") => MultiArch::Allowed,
                _ => MultiArch::Other,
            },
            depends: joined(["Pre-Depends", "Depends"]),
            conflicts: joined(["Conflicts", "Breaks"]),
            provides: text("Provides").unwrap_or_default(),
        })
    }

    /// Reads where its bytes are as well.
    pub(super) fn read_with_archive(
        paragraph: &BorrowedParagraph<'_>,
    ) -> Result<Self, PackageError> {
        let needed = |field| paragraph.get_single(field).ok_or(PackageError::Missing(field));
        let wrong = |field, found: &str| PackageError::Wrong { field, found: found.to_owned() };
        let size = needed("Size")?;
        let sha256 = needed("SHA256")?;
        let path = needed("Filename")?;
        let path = path.strip_prefix("./").unwrap_or(path);
        let sane = path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        if !sane {
            return Err(wrong("Filename", path));
        }
        let archive = Archive {
            path: path.to_owned(),
            size: size.parse().map_err(|_error| wrong("Size", size))?,
            digest: format!("sha256:{sha256}").parse().map_err(|_error| wrong("SHA256", sha256))?,
            list: 0,
        };
        Ok(Self { archive: Some(archive), ..Self::read(paragraph)? })
    }

    /// The same, named by the list of this number.
    #[must_use]
    pub fn in_list(mut self, number: usize) -> Self {
        if let Some(archive) = &mut self.archive {
            archive.list = number;
        }
        self
    }

    /// What has to be there: one of each group.
    pub fn depends(&self) -> Result<Vec<Vec<Relation>>, RelationError> {
        Relation::parse_groups(&self.depends)
    }

    /// What must not be there.
    pub fn conflicts(&self) -> Result<Vec<Relation>, RelationError> {
        Relation::parse_list(&self.conflicts)
    }

    /// Other names that it answers to. A version stands there with `=` alone.
    pub fn provides(&self) -> Result<Vec<Relation>, RelationError> {
        Relation::parse_list(&self.provides)
    }

    /// Whether it is what a relation asks for, under its own name or another.
    pub fn satisfies(&self, relation: &Relation) -> bool {
        let fits = match relation.qualifier.as_deref() {
            None | Some("native") => true,
            Some("any") => self.multi_arch == MultiArch::Allowed,
            // What is for all is for the one that dpkg is for.
            Some(arch) => arch == self.arch || self.arch == "all",
        };
        let by_name = self.name == relation.name && relation.accepts(&self.version);
        fits && (by_name || self.provides_it(relation))
    }

    fn provides_it(&self, relation: &Relation) -> bool {
        let provided = self.provides().unwrap_or_default();
        let mut named = provided.iter().filter(|provided| provided.name == relation.name);
        // A virtual package without a version answers only who asks for none.
        named.any(|provided| match &provided.version {
            Some((_, version)) => relation.accepts(version),
            None => relation.version.is_none(),
        })
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

fn priority(text: Option<&str>) -> Priority {
    match text {
        Some("required") => Priority::Required,
        Some("important") => Priority::Important,
        Some("standard") => Priority::Standard,
        _ => Priority::Optional,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(text: &str) -> Package {
        let paragraphs = deb822_fast::borrowed::parse_borrowed(text).unwrap();
        Package::read(&paragraphs[0]).unwrap()
    }

    #[test]
    fn a_package_answers_to_its_name_and_to_what_it_provides() {
        let text = "Package: exim4\nVersion: 4.96-15\nArchitecture: amd64\nMulti-Arch: allowed\n\
                    Provides: mail-transport-agent, exim (= 4.96)\n";
        let exim = package(text);
        let cases = [
            ("exim4", true),
            ("exim4 (>= 4.97)", false),
            ("exim4:any", true),
            ("exim4:arm64", false),
            ("mail-transport-agent", true),
            ("mail-transport-agent (>= 1)", false),
            ("exim (>= 4)", true),
            ("exim (>> 4.96)", false),
            ("postfix", false),
        ];
        for (relation, answers) in cases {
            assert_eq!(exim.satisfies(&relation.parse().unwrap()), answers, "{relation}");
        }
    }

    #[test]
    fn any_is_only_for_packages_that_allow_it() {
        let plain = package("Package: x\nVersion: 1\nArchitecture: amd64\nMulti-Arch: foreign\n");
        assert!(!plain.satisfies(&"x:any".parse().unwrap()));
        assert!(plain.satisfies(&"x:amd64".parse().unwrap()));
    }
}
