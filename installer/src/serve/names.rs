//! Names as clients send them and as bundles hold them. What is parsed here is
//! only ever looked up in a table, and the grammar leaves no way to spell a
//! path: no `..`, no empty part, no escape.

use std::{fmt, str::FromStr};

/// Longest name, as in the OCI distribution specification's advice to clients.
const MAX_NAME: usize = 255;

/// The path of a repository in a URL: `registry.k8s.io/pause`, `files/etcd/etcd`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(String);

/// A text that is not a repository's path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a repository name")]
pub struct RepositoryNameError;

impl RepositoryName {
    /// The text as it was parsed.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind `prefix/`.
    pub(crate) fn behind(&self, prefix: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(&prefix.0)?.strip_prefix('/')?;
        rest.parse().ok()
    }

    /// What Docker calls the same repository: official images live in
    /// `docker.io/library/`, and clients leave that part out or put it in. There is
    /// no such repository where that makes the name too long.
    pub(crate) fn official(&self) -> Option<Self> {
        match self.0.strip_prefix("docker.io/") {
            Some(image) if !image.contains('/') => {
                format!("docker.io/library/{image}").parse().ok()
            }
            _ => None,
        }
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RepositoryName {
    type Err = RepositoryNameError;
    fn from_str(text: &str) -> Result<Self, RepositoryNameError> {
        let (first, rest) = text.split_once('/').unwrap_or((text, "a"));
        let good = text.len() <= MAX_NAME
            && (is_host(first) || is_part(first))
            && rest.split('/').all(is_part);
        if good { Ok(Self(text.to_owned())) } else { Err(RepositoryNameError) }
    }
}

/// One part of a repository's path, by the OCI grammar.
fn is_part(part: &str) -> bool {
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    bytes.first().is_some_and(plain)
        && bytes.last().is_some_and(plain)
        && bytes.iter().all(|b| plain(b) || b"._-".contains(b))
        && !part.contains("..")
        && !part.contains("___")
}

/// A registry's host in front of the path, with its port if it has one.
fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "1"));
    let label = |label: &str| {
        let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty() && !label.starts_with('-') && label.bytes().all(inside)
    };
    let digits = port.bytes().all(|b| b.is_ascii_digit());
    (host.contains('.') || text.contains(':'))
        && host.split('.').all(label)
        && digits
        && port.parse::<u16>().is_ok()
}

/// Whether a text is a tag by the OCI grammar.
pub(crate) fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

/// Repository and tag of a name in a bundle: `registry.k8s.io/pause:3.10`. A
/// name by digest has no tag.
pub(crate) fn split(name: &str) -> Option<(RepositoryName, Option<String>)> {
    let bare = name.split_once('@').map_or(name, |(bare, _)| bare);
    let (repository, tag) = match bare.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (bare, None),
    };
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return None;
    }
    Some((repository.parse().ok()?, tag.map(str::to_owned)))
}

/// Undoes `%41` escapes, once. `None` when an escape is cut short, or when what
/// comes out is not text.
pub(crate) fn unescaped(path: &str) -> Option<String> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
        let (high, low) = (digit()?, digit()?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

/// Escapes what may not stand in a query: for the links to a next page.
pub(crate) fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:".contains(&b);
    let escape = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstream_names_are_repositories() {
        for name in [
            "registry.k8s.io/pause",
            "docker.io/library/nginx",
            "localhost:5000/a/b",
            "localhost/a",
            "Registry.Example.ORG/a",
            "files/etcd/amd64/etcd-v3.5.23-linux-amd64.tar.gz",
            "pause",
            "a/b_c__d/e-f.g",
        ] {
            assert_eq!(name.parse::<RepositoryName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn nothing_that_looks_like_a_way_out_is_a_name() {
        let long = format!("a/{}", "b".repeat(MAX_NAME));
        for name in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "..",
            ".",
            "a/..",
            "../a",
            "a/../b",
            "a/./b",
            "a..b/c",
            "a/b..c",
            "a\\b",
            "a/b\\..",
            "a\0b",
            "a b",
            "a/B",
            "UPPER/case",
            "a/b\n",
            "~root/a",
            "%2e%2e/a",
            "a/%2e%2e",
            "한글/a",
            "a:b:c/d",
            "a:x/d",
            "a:99999/d",
            ":5000/a",
            "-a.io/b",
            "a.io:/b",
            "a___b/c",
            "_a/b",
            "a?b",
            "a#b",
            "a@b",
            &long,
        ] {
            assert!(name.parse::<RepositoryName>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn names_of_a_bundle_are_split_at_the_tag() {
        let parts = |name| split(name).map(|(name, tag)| (name.to_string(), tag));
        let digest = format!("quay.io/a/b:v1@sha256:{}", "0".repeat(64));
        let some = |name: &str, tag: Option<&str>| Some((name.to_owned(), tag.map(str::to_owned)));
        assert_eq!(
            parts("registry.k8s.io/pause:3.10"),
            some("registry.k8s.io/pause", Some("3.10"))
        );
        assert_eq!(parts("localhost:5000/a"), some("localhost:5000/a", None));
        assert_eq!(parts(&digest), some("quay.io/a/b", Some("v1")));
        assert_eq!(parts("a/../b:1"), None);
        assert_eq!(parts("a/b:../1"), None);
        assert_eq!(parts("a/b:-1"), None);
    }

    #[test]
    fn only_images_of_docker_hub_without_a_folder_are_official() {
        let official = |name: &str| {
            name.parse::<RepositoryName>().unwrap().official().map(|name| name.to_string())
        };
        assert_eq!(official("docker.io/nginx").as_deref(), Some("docker.io/library/nginx"));
        assert_eq!(official("docker.io/kubeedge/cloudcore"), None);
        assert_eq!(official("nginx"), None);
        let long = format!("docker.io/{}", "a".repeat(MAX_NAME - "docker.io/".len()));
        assert_eq!(official(&long), None);
    }

    #[test]
    fn a_prefix_is_whole_parts_of_a_name() {
        let behind = |name: &str, prefix: &str| {
            let (name, prefix): (RepositoryName, RepositoryName) =
                (name.parse().unwrap(), prefix.parse().unwrap());
            name.behind(&prefix).map(|name| name.to_string())
        };
        assert_eq!(behind("mirror/quay.io/a/b", "mirror").as_deref(), Some("quay.io/a/b"));
        assert_eq!(behind("a/b/quay.io/c", "a/b").as_deref(), Some("quay.io/c"));
        assert_eq!(behind("mirrored/quay.io/a", "mirror"), None);
        assert_eq!(behind("mirror", "mirror"), None);
    }

    #[test]
    fn escapes_are_undone_once_and_never_guessed() {
        assert_eq!(unescaped("/a%2Fb%3a1").as_deref(), Some("/a/b:1"));
        assert_eq!(unescaped("%252e").as_deref(), Some("%2e"));
        for text in ["%", "%2", "%zz", "%ff", "a%c3"] {
            assert_eq!(unescaped(text), None, "{text}");
        }
        assert_eq!(escaped("a/b:1+x y"), "a/b:1%2Bx%20y");
    }
}
