//! Short names that end up in paths, image names and messages, so they are
//! checked once, here, and can never hold a slash or `..`.

use crate::checked_name::checked_name;
use serde::{Deserialize, Serialize};

checked_name!(
    /// A component or release: `calico`, `ingress-nginx`. Also a folder name.
    Name,
    "a name",
    "1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit",
    |text| {
        let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=63).contains(&text.len())
            && text.bytes().all(inside)
            && !text.starts_with('-')
            && !text.ends_with('-')
    }
);

checked_name!(
    /// A version as its project writes it: `v1.33.5`, `1.25.0`.
    Version,
    "a version",
    "1 to 64 of letters, digits, `.`, `_`, `+` and `-`, beginning with a letter or digit",
    |text| (1..=64).contains(&text.len()) && plain(text, "._+-")
);

checked_name!(
    /// The last part of a path: the name a file has for people and on a host.
    FileName,
    "a file name",
    "1 to 200 of letters, digits, `.`, `_`, `+`, `~` and `-`, beginning with a letter or digit",
    |text| (1..=200).contains(&text.len()) && plain(text, "._+~-")
);

/// Letters and digits, and after the first character also `more`.
fn plain(text: &str, more: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

/// What a host does in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the API server and etcd.
    ControlPlane,
    /// Runs the workload.
    Worker,
    /// A `KubeEdge` node at the end of a thin line.
    Edge,
}

impl Role {
    /// The name used in files and on screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
            Self::Edge => "edge",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_names_are_lower_case_words() {
        assert_eq!("ingress-nginx".parse::<Name>().unwrap().as_str(), "ingress-nginx");
        for text in ["", "-a", "a-", "A", "a/b", "..", "a_b", &"a".repeat(64)] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }

    #[test]
    fn versions_and_file_names_cannot_leave_their_folder() {
        assert!("v1.33.5".parse::<Version>().is_ok());
        assert!("etcd-v3.5.23-linux-amd64.tar.gz".parse::<FileName>().is_ok());
        for text in ["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "a\0", "a\n"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
            assert!(text.parse::<FileName>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_message_says_what_was_expected() {
        let error = "Calico".parse::<Name>().unwrap_err().to_string();
        assert!(error.starts_with("`Calico` is not a name: expected 1 to 63 of a-z"), "{error}");
    }
}
