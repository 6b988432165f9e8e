//! Image names that are written in parts: `{registry, repository, tag}` as charts
//! have them, `{hub, tag}` with `image` below as Istio has them.

use super::words;
use manifests::ImageRef;
use serde_json::{Map, Value};

const REGISTRIES: [&str; 3] = ["registry", "hub", "imageRegistry"];
const REPOSITORIES: [&str; 5] =
    ["repository", "imageRepository", "repo", "image_name", "imageName"];
const TAGS: [&str; 5] = ["tag", "imageTag", "image_tag", "imageVersion", "image_version"];
const DIGESTS: [&str; 3] = ["digest", "sha", "image_digest"];

/// What a map says for every map below it: Istio writes it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hub<'a> {
    registry: &'a str,
    tag: &'a str,
}

impl<'a> Hub<'a> {
    pub(super) fn of(map: &'a Map<String, Value>) -> Option<Self> {
        Some(Self { registry: text(map, &["hub"])?, tag: text(map, &["tag"])? })
    }

    /// The image of a single word: `proxyv2`.
    pub(super) fn image(self, word: &str) -> Option<ImageRef> {
        let is_word = !word.is_empty() && !word.contains(['/', ':', '@']);
        is_word.then(|| format!("{}/{word}:{}", self.registry, self.tag).parse().ok()).flatten()
    }
}

/// The image that the parts in a map make, when they do. `name` is the name that
/// the map stands under.
///
/// A repository without a slash counts only under a name that says image or with
/// a registry; a map without tag and digest only under such a name.
pub(super) fn composed(name: &str, map: &Map<String, Value>) -> Option<ImageRef> {
    let says_image = words::says_image(name);
    let registry = text(map, &REGISTRIES).map(|registry| registry.trim_end_matches('/'));
    let repository = repository(map, says_image)?;
    let (tag, digest) = (tag(map, says_image), text(map, &DIGESTS));
    let is_placed = says_image || registry.is_some() || repository.contains('/');
    let is_pinned = says_image || tag.is_some() || digest.is_some();
    if !is_placed || !is_pinned {
        return None;
    }
    let prefix = registry.filter(|registry| !repository.starts_with(&format!("{registry}/")));
    let prefix = prefix.map(|registry| format!("{registry}/")).unwrap_or_default();
    let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
    let digest = digest.map(|digest| format!("@{digest}")).unwrap_or_default();
    format!("{prefix}{repository}{tag}{digest}").parse().ok()
}

/// Whether a field is one of the parts, so that it is no name by itself.
pub(super) fn is_part(key: &str, value: &Value) -> bool {
    let is_key = key == "image" || REPOSITORIES.contains(&key);
    is_key && value.as_str().is_some_and(is_bare)
}

/// `repository`; `image` beside a tag; `name` beside a tag, under a name that
/// says image.
fn repository(map: &Map<String, Value>, says_image: bool) -> Option<&str> {
    let is_pinned = || tag(map, says_image).is_some() || text(map, &DIGESTS).is_some();
    let image = || text(map, &["image"]).filter(|_| is_pinned());
    let name = || text(map, &["name"]).filter(|_| says_image && is_pinned());
    let repository = text(map, &REPOSITORIES).or_else(image).or_else(name);
    repository.filter(|text| is_bare(text))
}

/// Without tag and digest.
fn is_bare(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    !name.contains('@') && !last.contains(':')
}

fn tag(map: &Map<String, Value>, says_image: bool) -> Option<String> {
    let version = || plain(map, &["version"]).filter(|_| says_image);
    plain(map, &TAGS).or_else(version)
}

fn text<'a>(map: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a str> {
    let texts = keys.iter().filter_map(|key| map.get(*key)?.as_str());
    texts.map(str::trim).find(|text| !text.is_empty())
}

/// A text, or a number as YAML reads `tag: 1.28`.
fn plain(map: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    let number = |key: &&str| map.get(*key).filter(|value| value.is_number());
    let numbers = || keys.iter().find_map(number).map(ToString::to_string);
    text(map, keys).map(str::to_owned).or_else(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn image(name: &str, map: &Value) -> Option<String> {
        composed(name, map.as_object().unwrap()).map(|image| image.to_string())
    }

    #[test]
    fn parts_make_a_whole_name() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (name, map, expected) in [
            ("image", json!({"repository": "a/b", "tag": "v1"}), "docker.io/a/b:v1".to_owned()),
            ("x", json!({"repository": "quay.io/a/b", "tag": 1.28}), "quay.io/a/b:1.28".into()),
            (
                "x",
                json!({"registry": "quay.io", "repository": "b", "digest": digest}),
                format!("quay.io/b@{digest}"),
            ),
            ("image", json!({"name": "quay.io/a", "version": "v2"}), "quay.io/a:v2".into()),
            ("image", json!({"repository": "quay.io/a"}), "quay.io/a:latest".into()),
            ("x", json!({"image": "kubeedge/a", "tag": "v1"}), "docker.io/kubeedge/a:v1".into()),
            (
                "deployment",
                json!({"image_name": "quay.io/kiali/kiali", "image_version": "v2.0"}),
                "quay.io/kiali/kiali:v2.0".into(),
            ),
            (
                "x",
                json!({"registry": "quay.io", "repository": "quay.io/a", "tag": "1"}),
                "quay.io/a:1".into(),
            ),
        ] {
            assert_eq!(image(name, &map), Some(expected), "{map}");
        }
    }

    #[test]
    fn other_maps_are_no_image() {
        for map in [
            json!({"repository": "https://charts.example.org", "tag": "v1"}),
            json!({"repository": "charts", "tag": "v1"}),
            json!({"repository": "quay.io/a/b"}),
            json!({"image": "quay.io/a:v1", "tag": "v2"}),
            json!({"name": "controller", "version": "v1"}),
            json!({"tag": "v1"}),
            json!({"image_name": "auto"}),
        ] {
            assert_eq!(image("spec", &map), None, "{map}");
        }
    }

    #[test]
    fn a_hub_completes_single_words_only() {
        let map = json!({"hub": "docker.io/istio", "tag": "1.27.3"});
        let hub = Hub::of(map.as_object().unwrap()).unwrap();
        assert_eq!(hub.image("proxyv2").unwrap().to_string(), "docker.io/istio/proxyv2:1.27.3");
        assert_eq!(hub.image("quay.io/a/b"), None);
        assert_eq!(Hub::of(json!({"hub": "", "tag": "1"}).as_object().unwrap()), None);
    }
}
