//! Image names, always whole: registry, repository, and a tag or a digest.

use crate::Digest;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const DEFAULT_REGISTRY: &str = "docker.io";

/// A full image name such as `registry.k8s.io/pause:3.10`.
///
/// Short names are completed the way Docker does it: `nginx` is
/// `docker.io/library/nginx:latest`. Printing gives the full form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageRef {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is not an [`ImageRef`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an image name: {why}")]
pub struct ImageRefError {
    text: String,
    why: String,
}

impl ImageRef {
    /// Host and optional port: `quay.io`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path below the registry: `library/nginx`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag. A name without tag and digest has `latest`.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest after `@`, when the name has one.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// `registry/repository`, without tag and digest.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// What a registry's `manifests/` endpoint is asked for: the digest when
    /// there is one, else the tag.
    pub fn reference(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, tag) => tag.clone().unwrap_or_else(|| "latest".to_owned()),
        }
    }

    /// The same name by its tag alone; one without a tag stays as it is.
    #[must_use]
    pub fn by_tag(mut self) -> Self {
        if self.tag.is_some() {
            self.digest = None;
        }
        self
    }
}

impl FromStr for ImageRef {
    type Err = ImageRefError;
    fn from_str(text: &str) -> Result<Self, ImageRefError> {
        parse(text).map_err(|why| ImageRefError { text: text.to_owned(), why })
    }
}

fn parse(text: &str) -> Result<ImageRef, String> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest.parse().map_err(|e| format!("{e}"))?)),
        None => (text, None),
    };
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    let (registry, path) = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
        _ => (DEFAULT_REGISTRY, name),
    };
    let repository = match registry {
        DEFAULT_REGISTRY if !path.contains('/') => format!("library/{path}"),
        _ => path.to_owned(),
    };
    check_registry(registry)?;
    check_repository(&repository)?;
    tag.map_or(Ok(()), check_tag)?;
    let tag = match (tag, &digest) {
        (Some(tag), _) => Some(tag.to_owned()),
        (None, Some(_)) => None,
        (None, None) => Some("latest".to_owned()),
    };
    Ok(ImageRef { registry: registry.to_owned(), repository, tag, digest })
}

fn check_registry(text: &str) -> Result<(), String> {
    let (host, port) = text.split_once(':').unwrap_or((text, "1"));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if !host.split('.').all(label) || port.parse::<u16>().is_err() {
        return Err(format!("`{text}` is not a registry host"));
    }
    Ok(())
}

/// The grammar of the OCI distribution specification for `<name>`.
fn check_repository(text: &str) -> Result<(), String> {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let component = |part: &str| {
        let bytes = part.as_bytes();
        let ends = |b: Option<&u8>| b.is_some_and(|b| alphanumeric(*b));
        ends(bytes.first())
            && ends(bytes.last())
            && bytes.iter().all(|b| alphanumeric(*b) || b"._-".contains(b))
            && !part.contains("..")
            && !part.contains("___")
    };
    if text.len() > 255 || !text.split('/').all(component) {
        return Err(format!(
            "`{text}` is not a repository: lower-case words, `.`, `_`, `-` and `/`"
        ));
    }
    Ok(())
}

fn check_tag(text: &str) -> Result<(), String> {
    let first = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let rest = |b: u8| first(b) || b == b'.' || b == b'-';
    if text.len() > 128 || !text.bytes().next().is_some_and(first) || !text.bytes().all(rest) {
        return Err(format!("`{text}` is not a tag"));
    }
    Ok(())
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

impl TryFrom<String> for ImageRef {
    type Error = ImageRefError;
    fn try_from(text: String) -> Result<Self, ImageRefError> {
        text.parse()
    }
}

impl From<ImageRef> for String {
    fn from(image: ImageRef) -> String {
        image.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_completed_as_docker_does() {
        let full = |text: &str| text.parse::<ImageRef>().unwrap().to_string();
        assert_eq!(full("nginx"), "docker.io/library/nginx:latest");
        assert_eq!(full("kubeedge/cloudcore:v1.20.0"), "docker.io/kubeedge/cloudcore:v1.20.0");
        assert_eq!(full("localhost/x"), "localhost/x:latest");
        assert_eq!(full("10.0.0.1:5000/a/b:1"), "10.0.0.1:5000/a/b:1");
        assert_eq!(full("docker.io/nginx:1"), "docker.io/library/nginx:1");
    }

    #[test]
    fn a_digest_wins_over_the_tag_when_a_registry_is_asked() {
        let text = format!("quay.io/a/b:v1@sha256:{}", "0".repeat(64));
        let image: ImageRef = text.parse().unwrap();
        assert_eq!(image.to_string(), text);
        assert_eq!(image.reference(), format!("sha256:{}", "0".repeat(64)));
        assert_eq!(image.tag(), Some("v1"));
    }

    #[test]
    fn wrong_names_are_refused() {
        for text in [
            "",
            ":",
            "UPPER/case",
            "a//b",
            "a/../b",
            "quay.io/a:b c",
            "quay.io/",
            "-x.io/a",
            "quay.io:99999/a",
            "quay.io/a@sha256:00",
            "a/b:",
            "quay.io/.a",
            "quay.io/a..b",
        ] {
            assert!(text.parse::<ImageRef>().is_err(), "{text}");
        }
    }
}
