//! Packages of Alpine and Wolfi: `lib/apk/db/installed`, whose fields are
//! single letters.

use super::OsPackage;
use crate::sbom::limits;

/// Every package of the database.
pub(super) fn packages(text: &str) -> Vec<OsPackage> {
    text.split("\n\n").filter_map(package).take(limits::PACKAGES).collect()
}

fn package(stanza: &str) -> Option<OsPackage> {
    let field = |letter: char| {
        let mut lines = stanza.lines();
        let found = lines.find_map(|line| line.strip_prefix(letter)?.strip_prefix(':'));
        found.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let name = field('P')?;
    Some(OsPackage {
        version: field('V')?,
        arch: field('A'),
        source: field('o').filter(|origin| *origin != name),
        licence: field('L'),
        name,
        ..OsPackage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_package_are_no_packages() {
        let text = "C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\n\n\
                    P:libcrypto3\nV:3.3.1-r3\nA:x86_64\nL:Apache-2.0\no:openssl\n";
        let found = packages(text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].licence.as_deref(), found[0].source.as_deref()), (Some("MIT"), None));
        assert_eq!(found[1].source.as_deref(), Some("openssl"));
    }
}
