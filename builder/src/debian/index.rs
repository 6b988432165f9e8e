//! Reads a `Packages` index, whose bytes were checked before.

use super::package::{Package, PackageError};
use deb822_fast::borrowed::{BorrowedParagraph, parse_borrowed};

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It is not made of paragraphs.
    #[error("it is not made of paragraphs of fields: {0}")]
    Form(String),
    /// A package that is not described as packages are.
    #[error("package `{name}`: {why}")]
    Package {
        /// Its name, or its number when it has none.
        name: String,
        /// What is wrong.
        why: PackageError,
    },
}

/// All packages of an index, in its order.
pub fn read_index(text: &str) -> Result<Vec<Package>, IndexError> {
    read_paragraphs(text, Package::read_with_archive)
}

/// Reads every paragraph; the first that is wrong ends it.
pub(super) fn read_paragraphs(
    text: &str,
    read: impl Fn(&BorrowedParagraph<'_>) -> Result<Package, PackageError>,
) -> Result<Vec<Package>, IndexError> {
    let paragraphs = parse_borrowed(text).map_err(|error| IndexError::Form(error.to_string()))?;
    let numbered = paragraphs.iter().enumerate();
    let packages = numbered.map(|(at, paragraph)| {
        read(paragraph).map_err(|why| {
            let name = paragraph.get_single("Package");
            let name = name.map_or_else(|| format!("number {}", at + 1), str::to_owned);
            IndexError::Package { name, why }
        })
    });
    packages.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOCAT: &str = "Package: socat\nVersion: 1.7.4.4-2\nArchitecture: amd64\n\
        Depends: libc6 (>= 2.34),\n libssl3 (>= 3.0.0)\nFilename: pool/main/s/socat/socat.deb\n\
        Size: 374708\n\
        SHA256: 2ae43d2b0d7b8f8f0c1c3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8\n";

    #[test]
    fn packages_are_read_with_the_place_of_their_bytes() {
        let text = format!("{SOCAT}\n{}", SOCAT.replace("socat", "conntrack"));
        let packages = read_index(&text).unwrap();
        assert_eq!(
            packages.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["socat 1.7.4.4-2", "conntrack 1.7.4.4-2"]
        );
        assert_eq!(packages[0].archive.as_ref().unwrap().size, 374_708);
        assert_eq!(packages[0].depends().unwrap().len(), 2, "fields may be folded");
    }

    #[test]
    fn what_is_wrong_is_told_with_the_package() {
        let cases = [
            (SOCAT.replace("Size: 374708\n", ""), "package `socat`: it has no `Size`"),
            (SOCAT.replace("374708", "many"), "package `socat`: `Size` is `many`"),
            (
                SOCAT.replace("pool/main", "../.."),
                "package `socat`: `Filename` is `../../s/socat/socat.deb`",
            ),
            (SOCAT.replace("SHA256: 2ae4", "SHA256: "), "package `socat`: `SHA256` is `"),
            (SOCAT.replace("1.7.4.4-2", "1 2"), "package `socat`: `Version` is `1 2`"),
            (SOCAT.replace("Package: socat\n", ""), "package `number 1`: it has no `Package`"),
            ("no field".to_owned(), "it is not made of paragraphs of fields"),
        ];
        for (text, told) in cases {
            let error = read_index(&text).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
