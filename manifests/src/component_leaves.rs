//! What the pods of a component leave behind on hosts, so that `reset` can undo
//! it. Which places an installer is ready to clear is the installer's to know.

use crate::checked_name::checked_name;
use serde::{Deserialize, Serialize};

/// What a component makes on hosts and nobody else owns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Leaves {
    /// Network interfaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<InterfaceName>,
    /// How the names of its iptables chains begin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chains: Vec<ChainPrefix>,
    /// Folders below which nothing may stay mounted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<LeftPath>,
    /// Files, and folders with all that is in them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<LeftPath>,
}

impl Leaves {
    /// Whether nothing stays behind.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

checked_name!(
    /// A network interface: `vxlan.calico`.
    InterfaceName,
    "a network interface",
    "1 to 15 of letters, digits, `.`, `_` and `-`, beginning with a letter or digit",
    |text| (1..=15).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
);

checked_name!(
    /// How the names of iptables chains begin: `cali-`.
    ChainPrefix,
    "the beginning of a chain's name",
    "2 to 19 letters and digits and `-` at the end",
    |text| text.strip_suffix('-').is_some_and(|letters| (2..=19).contains(&letters.len())
        && letters.bytes().all(|b| b.is_ascii_alphanumeric()))
);

checked_name!(
    /// A file or folder on a host: `/var/lib/calico`.
    LeftPath,
    "a path on a host",
    "an absolute path without `.`, `..` and links, of letters, digits and `._+~@:-`",
    |text| {
        let inside = |b: u8| b.is_ascii_alphanumeric() || b"._+~@:-".contains(&b);
        let part = |part: &str| {
            !part.is_empty() && part != "." && part != ".." && part.bytes().all(inside)
        };
        text.len() <= 400
            && text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(part))
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_are_left_behind() {
        assert!("vxlan.calico".parse::<InterfaceName>().is_ok());
        assert!("cali-".parse::<ChainPrefix>().is_ok());
        assert!("/var/lib/calico".parse::<LeftPath>().is_ok());
        for text in ["", "-x", "a b", "sixteen-letters-"] {
            assert!(text.parse::<InterfaceName>().is_err(), "{text}");
        }
        for text in ["", "-", "a-", "cali", "ca li-", ".*-"] {
            assert!(text.parse::<ChainPrefix>().is_err(), "{text}");
        }
        for text in ["", "/", "var", "/var/../etc", "/a//b", "/a/", "/a b", "/a/$x", "/a/*"] {
            assert!(text.parse::<LeftPath>().is_err(), "{text}");
        }
    }
}
