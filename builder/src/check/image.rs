//! Is this text an image name? Two answers: [`strict`] for texts that may hold
//! anything, [`named`] where a name in front already says `image`.

use manifests::ImageRef;

/// Words in tags without a digit, such as `master-rootless`; `NoSchedule` is none.
const MOVING: [&str; 9] =
    ["latest", "stable", "edge", "main", "master", "nightly", "dev", "canary", "release"];

/// Ways to say that an image name follows.
const SCHEMES: [&str; 3] = ["docker-pullable://", "docker://", "oci://"];

/// An image name that can hardly be anything else: it has a tag or a digest, and
/// either a host (a dot with letters behind it, or a port) or the form of Docker
/// Hub, `owner/name:1.2` or `owner/name:latest`.
pub(super) fn strict(token: &str) -> Option<ImageRef> {
    let token = without_scheme(token);
    let image: ImageRef = token.parse().ok()?;
    let (name, tag) = written(token);
    let (first, path) = name.split_once('/')?;
    let has_host = first.contains(['.', ':']) || first == "localhost";
    // A digest leaves no doubt, whatever the tag.
    let is_pinned = image.digest().is_some();
    let fits = match has_host {
        true => is_host(first) && is_path(path) && (is_pinned || tag.is_some_and(is_tag)),
        false => is_hub_path(first, path) && (is_pinned || tag.is_some_and(is_hub_tag)),
    };
    fits.then_some(image)
}

/// An image name where one is expected: `busybox:1.35` will do, a single word
/// such as `auto` will not.
pub(super) fn named(token: &str) -> Option<ImageRef> {
    let token = without_scheme(token);
    let is_path = token.starts_with(['/', '.']) || token.contains("://");
    let is_name = !is_path && token.contains(['/', ':', '@']);
    is_name.then(|| token.parse().ok()).flatten()
}

fn without_scheme(token: &str) -> &str {
    SCHEMES.iter().find_map(|scheme| token.strip_prefix(scheme)).unwrap_or(token)
}

/// The name without tag and digest, and the tag as it is written.
fn written(token: &str) -> (&str, Option<&str>) {
    let name = token.split_once('@').map_or(token, |(name, _)| name);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    }
}

/// `quay.io`, `10.0.0.1:5000`, `harbor:443`; not `v1.2` or `1.5`.
fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(h, p)| (h, Some(p)));
    let is_address = host.parse::<std::net::Ipv4Addr>().is_ok();
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_domain = last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic());
    is_address || port.is_some() || is_domain
}

/// Has a letter, and is not the version of an API group.
fn is_path(path: &str) -> bool {
    path.contains(|c: char| c.is_ascii_alphabetic()) && !is_api_version(path)
}

fn is_hub_path(owner: &str, name: &str) -> bool {
    owner.contains(|c: char| c.is_ascii_alphabetic()) && !name.contains('/') && is_path(name)
}

/// `v1`, `v1beta1`: so `apps/v1` is an API and no image.
fn is_api_version(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('v') else { return false };
    let rest = rest.replace("alpha", "").replace("beta", "");
    !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())
}

fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split(['-', '_', '.']);
    tag.contains(|c: char| c.is_ascii_digit()) || parts.any(|part| MOVING.contains(&part))
}

/// `v1.2…`, `1.2…`, `latest`: a port or a plain number is none.
fn is_hub_tag(tag: &str) -> bool {
    let version = tag.strip_prefix('v').unwrap_or(tag);
    let parts = version.split_once('.');
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    tag == "latest"
        || parts.is_some_and(|(major, rest)| {
            is_number(major) && rest.starts_with(|c: char| c.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:1b044f6dcac3afbb59e05d98463f1dec6f3d3fb99940bc12ca5d80270358e3bd";

    #[test]
    fn whole_names_are_found_in_any_text() {
        for token in [
            "quay.io/calico/node:v3.30.3",
            "registry.k8s.io/pause:3.10",
            "10.0.0.1:5000/a/b:1",
            "harbor:443/a/b:v1",
            "localhost/x:1",
            "calico/ctl:v3.30.3",
            "istio/proxyv2:latest",
            "gcr.io/a/b:nightly",
            "quay.io/a/b:master-rootless",
            &format!("mcr.microsoft.com/a:nanoserver@{DIGEST}"),
            "docker://quay.io/a/b:v1",
            &format!("quay.io/a/b@{DIGEST}"),
            &format!("quay.io/a/b:v1@{DIGEST}"),
            &format!("a/b@{DIGEST}"),
        ] {
            assert!(strict(token).is_some(), "{token}");
        }
    }

    #[test]
    fn what_only_looks_like_a_name_is_none() {
        for token in [
            "https://quay.io/a/b:1",
            "localhost:9098",
            "metrics-server:443",
            "10.0.0.1:5000",
            "10.0.0.0/16:80",
            "/etc/cni/net.d:1.0",
            "./run:1.0",
            "apps/v1:1.2",
            "networking.k8s.io/v1beta1:1",
            "node-role.kubernetes.io/control-plane:NoSchedule",
            "system:serviceaccounts",
            "system:serviceaccounts:default",
            "quay.io/calico/node",
            "foo/bar:baz",
            "foo/bar:80",
            "a/b/c:1.2",
            "busybox:1.35.0",
            "v1.2/x:3",
            "user@example.org",
            "2024/01:1.2",
            "quay.io/a/b@sha256:00",
            "",
        ] {
            assert_eq!(strict(token), None, "{token}");
        }
    }

    #[test]
    fn behind_a_name_that_says_image_a_short_name_will_do() {
        let full = |token: &str| named(token).map(|image| image.to_string());
        assert_eq!(full("busybox:1.35").as_deref(), Some("docker.io/library/busybox:1.35"));
        assert_eq!(full("quay.io/a/b").as_deref(), Some("quay.io/a/b:latest"));
        for token in ["auto", "true", "/var/lib/image:1", "./a/b", "https://a.io/x", "a b:1", "*:*"]
        {
            assert_eq!(named(token), None, "{token}");
        }
    }
}
