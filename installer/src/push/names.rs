//! What a name of a bundle is called in somebody else's registry. Everything
//! stays as it is, except for what a repository's name cannot hold: the colon
//! before a registry's port becomes `_`, which no host name can hold, and a host
//! is written in lower case.

/// Longest name of a repository, prefix included: strict registries have no more.
const MAX_NAME: usize = 255;

/// Repository and tag. A name by digest has no tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) repository: String,
    pub(super) tag: Option<String>,
}

/// Where a name goes, before the prefix; `None` when no registry would take it.
pub(super) fn place(name: &str) -> Option<Place> {
    let bare = name.split_once('@').map_or(name, |(bare, _)| bare);
    let (repository, tag) = match bare.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (bare, None),
    };
    let repository = match repository.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) => {
            format!("{}/{path}", host.to_ascii_lowercase().replace(':', "_"))
        }
        _ => repository.to_owned(),
    };
    let good = is_repository(&repository) && tag.is_none_or(is_tag);
    good.then(|| Place { repository, tag: tag.map(str::to_owned) })
}

/// The grammar of the OCI distribution specification for `<name>`, to the letter.
pub(super) fn is_repository(text: &str) -> bool {
    text.len() <= MAX_NAME && text.split('/').all(is_part)
}

/// Words of `a-z0-9`, and between two of them `.`, `_`, `__` or any number of `-`.
fn is_part(part: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let separators = part.split(|c: char| c.is_ascii() && word(c as u8));
    let joins =
        |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|b| b == b'-');
    let bytes = part.as_bytes();
    bytes.first().is_some_and(|b| word(*b))
        && bytes.last().is_some_and(|b| word(*b))
        && separators.into_iter().all(joins)
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(name: &str) -> Option<(String, Option<String>)> {
        place(name).map(|place| (place.repository, place.tag))
    }

    #[test]
    fn original_names_are_kept() {
        for (name, repository, tag) in [
            ("docker.io/library/busybox:1.36", "docker.io/library/busybox", Some("1.36")),
            ("localhost:5000/a/b:1", "localhost_5000/a/b", Some("1")),
            ("Registry.Site:443/a:V1", "registry.site_443/a", Some("V1")),
            ("files/etcd/amd64/etcd.tgz:v3", "files/etcd/amd64/etcd.tgz", Some("v3")),
            ("bottari/lockfile:1.0", "bottari/lockfile", Some("1.0")),
        ] {
            let tag = tag.map(str::to_owned);
            assert_eq!(placed(name), Some((repository.to_owned(), tag)), "{name}");
        }
        let digest = format!("quay.io/a@sha256:{}", "0".repeat(64));
        assert_eq!(placed(&digest), Some(("quay.io/a".to_owned(), None)));
    }

    #[test]
    fn what_no_registry_takes_has_no_place() {
        for name in
            ["a/../b:1", "a/B:1", "a/b.-c:1", "a/b:1 2", "a/_b:1", "a//b:1", "", "a/b___c:1"]
        {
            assert_eq!(placed(name), None, "{name}");
        }
        assert_eq!(placed(&format!("a/{}:1", "b".repeat(MAX_NAME))), None);
    }

    #[test]
    fn hyphens_may_follow_each_other_and_dots_may_not() {
        assert!(is_repository("a--b/c__d") && !is_repository("a..b") && !is_repository("a._b"));
    }
}
