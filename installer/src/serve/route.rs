//! What a request asks for, read from its path alone. Pure: no table is
//! consulted, so hostile paths are tested without a server.

use super::names::{self, RepositoryName};
use manifests::Digest;

/// Longest path that is looked at.
const MAX_PATH: usize = 2048;

/// A place that exists, whatever it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/v2/`: whether this is a registry.
    Base,
    /// `/v2/_catalog`: every repository.
    Catalog,
    /// `/v2/NAME/manifests/REFERENCE`.
    Manifest(RepositoryName, Reference),
    /// `/v2/NAME/blobs/DIGEST`.
    Blob(RepositoryName, Digest),
    /// `/v2/NAME/blobs/uploads/`: where pushes of blobs begin.
    Uploads(RepositoryName),
    /// `/v2/NAME/blobs/uploads/ID`: a push that is under way, or a text that no
    /// push is called by.
    Upload(RepositoryName, String),
    /// `/v2/NAME/tags/list`.
    Tags(RepositoryName),
    /// `/v2/NAME/referrers/DIGEST`.
    Referrers(RepositoryName, Digest),
    /// `/files/` and folders below: what is there.
    FileList(String),
    /// `/files/COMPONENT[/ARCH]/NAME`.
    File(String),
    /// `/source/HOST/PATH`: the same files by where upstream keeps them.
    Source(String),
    /// `/apt/` and folders below: what is there.
    AptList(String),
    /// `/apt/SYSTEM/PATH`: repositories of OS packages.
    Apt(String),
    /// `/healthz`.
    Health,
    /// `/metrics`.
    Metrics,
}

/// How a manifest is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    /// By tag, or by a text that no tag can be and so is not there.
    Tag(String),
    /// By digest.
    Digest(Digest),
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Astray {
    /// No such place.
    Unknown,
    /// A repository that nobody could have.
    Name,
    /// A digest that is none; the text says why.
    Digest(String),
}

impl Route {
    /// The repository it leads into.
    pub(crate) fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Self::Manifest(name, _)
            | Self::Blob(name, _)
            | Self::Uploads(name)
            | Self::Upload(name, _)
            | Self::Tags(name)
            | Self::Referrers(name, _) => Some(name),
            _ => None,
        }
    }

    /// Reads a request's path, escapes included.
    pub(crate) fn parse(path: &str) -> Result<Self, Astray> {
        if path.len() > MAX_PATH {
            return Err(Astray::Unknown);
        }
        let path = names::unescaped(path).ok_or(Astray::Unknown)?;
        match path.as_str() {
            "/v2" | "/v2/" => return Ok(Self::Base),
            "/v2/_catalog" => return Ok(Self::Catalog),
            "/healthz" => return Ok(Self::Health),
            "/metrics" => return Ok(Self::Metrics),
            "/files" => return Ok(Self::FileList(String::new())),
            "/apt" => return Ok(Self::AptList(String::new())),
            _ => {}
        }
        if let Some(rest) = path.strip_prefix("/v2/") {
            return registry(rest);
        }
        if let Some(file) = path.strip_prefix("/files/") {
            let list = file.is_empty() || file.ends_with('/');
            return Ok(if list { Self::FileList(file.into()) } else { Self::File(file.into()) });
        }
        if let Some(file) = path.strip_prefix("/apt/") {
            let list = file.is_empty() || file.ends_with('/');
            return Ok(if list { Self::AptList(file.into()) } else { Self::Apt(file.into()) });
        }
        path.strip_prefix("/source/").map(|at| Self::Source(at.into())).ok_or(Astray::Unknown)
    }
}

/// The part after `/v2/`. The name may hold slashes, so it is read backwards.
fn registry(rest: &str) -> Result<Route, Astray> {
    let name = |name: &str| name.parse::<RepositoryName>().map_err(|_wrong| Astray::Name);
    let digest =
        |text: &str| text.parse::<Digest>().map_err(|error| Astray::Digest(error.to_string()));
    let (rest, last) = rest.rsplit_once('/').ok_or(Astray::Unknown)?;
    let (repository, kind) = rest.rsplit_once('/').ok_or(Astray::Unknown)?;
    match (kind, last) {
        ("tags", "list") => Ok(Route::Tags(name(repository)?)),
        ("blobs", "uploads") => Ok(Route::Uploads(name(repository)?)),
        ("uploads", id) if repository.ends_with("/blobs") => {
            let repository = name(&repository[..repository.len() - "/blobs".len()])?;
            Ok(if id.is_empty() {
                Route::Uploads(repository)
            } else {
                Route::Upload(repository, id.into())
            })
        }
        ("blobs", text) => Ok(Route::Blob(name(repository)?, digest(text)?)),
        ("referrers", text) => Ok(Route::Referrers(name(repository)?, digest(text)?)),
        ("manifests", text) if text.contains(':') => {
            Ok(Route::Manifest(name(repository)?, Reference::Digest(digest(text)?)))
        }
        ("manifests", text) => {
            Ok(Route::Manifest(name(repository)?, Reference::Tag(text.to_owned())))
        }
        _ => Err(Astray::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RepositoryName {
        text.parse().unwrap()
    }

    #[test]
    fn every_place_is_found_by_its_path() {
        let digest: Digest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
        let tag = |text: &str| Reference::Tag(text.to_owned());
        let cases = [
            ("/v2".into(), Route::Base),
            ("/v2/".into(), Route::Base),
            ("/v2/_catalog".into(), Route::Catalog),
            ("/healthz".into(), Route::Health),
            ("/metrics".into(), Route::Metrics),
            ("/v2/a.io/b/manifests/1".into(), Route::Manifest(name("a.io/b"), tag("1"))),
            (
                "/v2/a/manifests/b/manifests/1".into(),
                Route::Manifest(name("a/manifests/b"), tag("1")),
            ),
            ("/v2/a/tags/list/tags/list".into(), Route::Tags(name("a/tags/list"))),
            ("/v2/a/b/blobs/uploads/".into(), Route::Uploads(name("a/b"))),
            ("/v2/a/blobs/uploads".into(), Route::Uploads(name("a"))),
            ("/v2/a/blobs/uploads/x".into(), Route::Upload(name("a"), "x".into())),
            (
                format!("/v2/a/b/manifests/{digest}"),
                Route::Manifest(name("a/b"), Reference::Digest(digest.clone())),
            ),
            (
                format!("/v2/a/b/manifests/sha256%3A{}", digest.hex()),
                Route::Manifest(name("a/b"), Reference::Digest(digest.clone())),
            ),
            (format!("/v2/a%2Fb/blobs/{digest}"), Route::Blob(name("a/b"), digest.clone())),
            (format!("/v2/a/b/referrers/{digest}"), Route::Referrers(name("a/b"), digest)),
            ("/files".into(), Route::FileList(String::new())),
            ("/files/etcd/".into(), Route::FileList("etcd/".into())),
            ("/files/etcd/amd64/a%2Bb".into(), Route::File("etcd/amd64/a+b".into())),
            ("/apt".into(), Route::AptList(String::new())),
            ("/apt/debian-12/".into(), Route::AptList("debian-12/".into())),
            (
                "/apt/debian-12/pool/a_1%2bb%7e2_amd64.deb".into(),
                Route::Apt("debian-12/pool/a_1+b~2_amd64.deb".into()),
            ),
            ("/source/dl.k8s.io/v1/kubectl".into(), Route::Source("dl.k8s.io/v1/kubectl".into())),
        ];
        for (path, route) in cases {
            assert_eq!(Route::parse(&path), Ok(route), "{path}");
        }
    }

    #[test]
    fn hostile_paths_lead_nowhere() {
        let long = format!("/v2/{}/manifests/1", "a/".repeat(2000));
        for path in [
            "",
            "/",
            "v2/",
            "//v2/",
            "/v2//",
            "/V2/",
            "/v2/a",
            "/v2/manifests/1",
            "/v2/a/b/c",
            "/etc/passwd",
            "/v2/_catalog/",
            "/v2/a/tags/",
            "/v2/a/tags/list/",
            "/v2/%",
            "/v2/a/manifests/%f",
            "/../v2/",
            "/v2/..",
            "/healthz/..",
            "/filesystem",
            "/aptitude",
            &long,
        ] {
            assert_eq!(Route::parse(path), Err(Astray::Unknown), "{path}");
        }
        for path in [
            "/v2/../manifests/1",
            "/v2/a/../b/manifests/1",
            "/v2/a/%2e%2e/b/manifests/1",
            "/v2/a/%2E%2E%2Fb/manifests/1",
            "/v2/a//b/manifests/1",
            "/v2//manifests/1",
            "/v2/A/B/manifests/1",
            "/v2/a%00b/manifests/1",
            "/v2/a/b/../../etc/tags/list",
            "/v2/a/../blobs/uploads/",
            "/v2/../../etc/blobs/uploads/x",
        ] {
            assert_eq!(Route::parse(path), Err(Astray::Name), "{path}");
        }
        for path in ["/v2/a/blobs/sha256:..", "/v2/a/blobs/x", "/v2/a/manifests/sha256:%2e%2e"] {
            let route = Route::parse(path);
            assert!(matches!(route, Err(Astray::Digest(_))), "{path}: {route:?}");
        }
    }
}
