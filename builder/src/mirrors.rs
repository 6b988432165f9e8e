//! The `--mirrors FILE`: where to ask instead, for sites that reach upstream
//! only through a copy. What a lockfile records is always the original.
//!
//! ```yaml
//! urls:
//! - from: https://dl.k8s.io/
//!   to: http://mirror.example/dl.k8s.io/
//! registries:
//! - from: registry.k8s.io
//!   to: https://harbor.example:8443/k8s
//! ```

use manifests::yaml::{self, InputError};
use serde::Deserialize;
use std::path::Path;
use url::Url;

/// URL prefixes and registries with their replacements.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Mirrors {
    urls: Vec<UrlMirror>,
    registries: Vec<RegistryMirror>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct UrlMirror {
    from: Prefix,
    to: Prefix,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistryMirror {
    from: Host,
    to: Prefix,
}

/// An http or https URL without query, without a slash at its end.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
struct Prefix(String);

/// A registry's host and optional port.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
struct Host(String);

impl Mirrors {
    /// Reads a mirrors file.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        Self::parse(path, &yaml::read(path)?)
    }

    /// Parses the text of a mirrors file. `path` is only for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Self, InputError> {
        yaml::parse(path, text)
    }

    /// Where to ask for a URL instead. The longest prefix wins.
    pub fn url(&self, url: &Url) -> Option<Url> {
        let rests = self.urls.iter().filter_map(|mirror| Some((mirror, mirror.from.rest(url)?)));
        let (mirror, rest) = rests.max_by_key(|(mirror, _)| mirror.from.0.len())?;
        Url::parse(&format!("{}{rest}", mirror.to.0)).ok()
    }

    /// Where to ask instead of a registry: its path goes in front of the repository.
    pub fn registry(&self, host: &str) -> Option<Url> {
        let mirror = self.registries.iter().find(|mirror| mirror.from.0 == host)?;
        Url::parse(&mirror.to.0).ok()
    }
}

impl Prefix {
    /// What follows the prefix in a URL that it covers. A prefix ends at a
    /// border: `https://a.io` covers `https://a.io/x`, never `https://a.io.evil/`.
    fn rest<'a>(&self, url: &'a Url) -> Option<&'a str> {
        let rest = url.as_str().strip_prefix(&self.0)?;
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
    }
}

impl TryFrom<String> for Prefix {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let url = Url::parse(&text).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(format!("expected http:// or https://, found `{}://`", url.scheme()));
        }
        if url.query().or(url.fragment()).is_some() {
            return Err("a prefix has no `?` and no `#`".into());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl TryFrom<String> for Host {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        // An image name knows best what a registry may look like.
        let image: Result<manifests::ImageRef, _> = format!("{text}/a/b").parse();
        match image {
            Ok(image) if image.registry() == text => Ok(Self(text)),
            _ => Err(format!(
                "`{text}` is not a registry host such as `quay.io` or `a.example:5000`"
            )),
        }
    }
}

impl std::fmt::Debug for Mirrors {
    /// Without the replacements, which may hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let urls = self.urls.iter().map(|mirror| &mirror.from.0);
        f.debug_set().entries(urls.chain(self.registries.iter().map(|m| &m.from.0))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
urls:
- from: https://a.io/
  to: http://mirror:1/a
- from: https://a.io/deep
  to: http://user:pw@other/
registries:
- from: quay.io
  to: http://127.0.0.1:5000/q
";

    fn mirrors() -> Mirrors {
        Mirrors::parse(Path::new("m.yaml"), TEXT).unwrap()
    }

    #[test]
    fn the_longest_prefix_that_ends_at_a_border_wins() {
        let mapped = |url: &str| mirrors().url(&url.parse().unwrap()).map(String::from);
        assert_eq!(mapped("https://a.io/x?y").as_deref(), Some("http://mirror:1/a/x?y"));
        assert_eq!(mapped("https://a.io/deep/x").as_deref(), Some("http://user:pw@other/x"));
        assert_eq!(mapped("https://a.io/deeper").as_deref(), Some("http://mirror:1/a/deeper"));
        assert_eq!(mapped("https://a.io.evil/x"), None);
        assert_eq!(mapped("http://a.io/x"), None);
    }

    #[test]
    fn a_registry_is_replaced_as_a_whole() {
        let to = mirrors().registry("quay.io").map(String::from);
        assert_eq!(to.as_deref(), Some("http://127.0.0.1:5000/q"));
        assert_eq!(mirrors().registry("docker.io"), None);
        assert!(!format!("{:?}", mirrors()).contains("pw"));
    }

    #[test]
    fn mistakes_name_line_and_column() {
        let cases = [
            ("urls:\n- from: ftp://a/\n  to: http://b/\n", "line 2, column 9: expected http://"),
            (
                "registries:\n- from: https://quay.io\n  to: http://b\n",
                "line 2, column 9: `https://quay.io` is not a registry",
            ),
            ("urls:\n- from: http://a/\n  too: http://b/\n", "line 3, column 3"),
            ("urls:\n- from: http://a/\n  to: http://b/?c\n", "line 3, column 7: a prefix has no"),
        ];
        for (text, expected) in cases {
            let error = Mirrors::parse(Path::new("m.yaml"), text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
