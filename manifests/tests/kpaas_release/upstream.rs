//! The images against what upstream's own manifests ask for: exactly those that
//! no definition states must be there.

use crate::data::{Lines, assert_same, at_hand, definitions, read};
use manifests::{ImageRef, Version, component::Contents};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

#[test]
fn upstreams_manifests_name_exactly_the_images_of_their_component() {
    let Some(upstream) = at_hand("../../shared/upstream") else { return };
    let mut compared = BTreeSet::new();
    for component in definitions() {
        for (version, contents) in &component.versions {
            let copies = copies(&upstream, version, contents);
            if copies.is_empty() {
                continue;
            }
            let named = copies.iter().flat_map(|copy| images_in(&read(copy)));
            let named = named.map(|image| own_name(contents, &image)).collect::<Lines>();
            let shown = contents.images.iter().filter(|image| image.stated.is_none());
            let ours = shown.map(|image| image.name.to_string()).collect();
            assert_same(("upstream's manifests", &named), (component.component.as_str(), &ours));
            compared.insert(component.component.to_string());
        }
    }
    for name in ["calico", "ingress-nginx", "metallb", "rook"] {
        assert!(compared.contains(name), "no copy of the manifest of {name} was found");
    }
}

/// The copies at hand of a definition's manifests, laid out as host/path.
fn copies(upstream: &Path, version: &Version, contents: &Contents) -> Vec<PathBuf> {
    let manifests = contents.manifests.iter().map(|manifest| manifest.resolve(version, &[]));
    let manifests = manifests.flat_map(|resolved| resolved.expect("a parsed definition resolves"));
    let path = |url: &str| upstream.join(url.trim_start_matches("https://"));
    manifests.map(|manifest| path(manifest.url.as_str())).filter(|copy| copy.exists()).collect()
}

/// What stands behind each `image:` of a Kubernetes manifest.
fn images_in(manifest: &str) -> Vec<ImageRef> {
    let value = |line: &'_ str| {
        let line = line.trim().trim_start_matches("- ");
        line.strip_prefix("image: ").map(|image| image.parse().expect("upstream's images parse"))
    };
    manifest.lines().filter_map(value).collect()
}

/// The name the definition has for an image of a manifest, or the manifest's
/// own when the definition lacks it. A digest in the manifest must be the pin.
fn own_name(contents: &Contents, image: &ImageRef) -> String {
    let same = |name: &ImageRef| name.name() == image.name() && name.tag() == image.tag();
    let mut sources = contents.images.iter();
    let Some(source) = sources.find(|s| same(&s.name) || s.also.iter().any(same)) else {
        return image.to_string();
    };
    let pinned = source.published.as_ref().and_then(|published| published.any.as_ref());
    assert!(image.digest().is_none() || image.digest() == pinned, "{image}, pinned {pinned:?}");
    source.name.to_string()
}
