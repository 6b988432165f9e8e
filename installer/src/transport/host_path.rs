//! Where something lies on a host.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An absolute path on a host, without `..`, empty parts or control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPath(String);

/// Why a text is not a [`HostPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a path on a host: expected an absolute path without `..`", .0.escape_debug())]
pub struct HostPathError(String);

impl HostPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where an upload grows until it is whole: a neighbour, so that the last
    /// rename stays on one filesystem.
    #[must_use]
    pub fn partial(&self) -> Self {
        Self(format!("{}.bottari-partial", self.0))
    }
}

impl FromStr for HostPath {
    type Err = HostPathError;
    fn from_str(text: &str) -> Result<Self, HostPathError> {
        let part = |part: &str| !matches!(part, "" | "." | "..");
        let fine = text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(part));
        match fine && text.len() <= 4000 && !text.contains(char::is_control) {
            true => Ok(Self(text.to_owned())),
            false => Err(HostPathError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for HostPath {
    type Error = HostPathError;
    fn try_from(text: String) -> Result<Self, HostPathError> {
        text.parse()
    }
}

impl From<HostPath> for String {
    fn from(path: HostPath) -> String {
        path.0
    }
}

impl fmt::Display for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_absolute_paths_are_paths_on_a_host() {
        for text in ["/etc/crio/crio.conf", "/a", "/opt/with space/-x"] {
            assert_eq!(text.parse::<HostPath>().unwrap().to_string(), text);
        }
        for text in ["", "/", "a", "/a/", "/a//b", "/a/../b", "/./a", "/a\nb", "/a\0"] {
            let error = text.parse::<HostPath>().unwrap_err().to_string();
            assert!(error.contains("absolute path") && !error.contains('\n'), "{error}");
        }
    }
}
