//! Package URLs: names that scanners of vulnerabilities know.

use super::scan::{GoModule, OsPackage, PackageKind, System};
use manifests::{
    Digest, ImageRef, Platform,
    lockfile::{LockedFile, LockedPackage, LockedSystem},
};
use packageurl::PackageUrl;

/// A name in parts; `None` where they make none, as with an empty one.
struct Parts<'a> {
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    version: Option<String>,
    qualifiers: Vec<(&'static str, String)>,
}

impl Parts<'_> {
    fn join(self) -> Option<String> {
        let mut purl = PackageUrl::new(self.kind, self.name).ok()?;
        if let Some(namespace) = self.namespace {
            purl.with_namespace(namespace).ok()?;
        }
        if let Some(version) = self.version.filter(|version| !version.is_empty()) {
            purl.with_version(version).ok()?;
        }
        for (key, value) in self.qualifiers {
            purl.add_qualifier(key, value).ok()?;
        }
        Some(purl.to_string())
    }
}

/// `pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12`.
pub(super) fn package(
    kind: PackageKind,
    package: &OsPackage,
    system: Option<&System>,
) -> Option<String> {
    let (kind, usual) = match kind {
        PackageKind::Deb => ("deb", "debian"),
        PackageKind::Apk => ("apk", "alpine"),
        PackageKind::Rpm => ("rpm", "redhat"),
    };
    let qualifiers = [
        ("arch", package.arch.clone()),
        ("distro", system.map(System::label)),
        ("epoch", package.epoch.map(|epoch| epoch.to_string())),
        ("upstream", package.source.clone()),
    ];
    Parts {
        kind,
        namespace: Some(system.map_or(usual, |system| &system.id)),
        name: &package.name,
        version: Some(package.version.clone()),
        qualifiers: given(qualifiers),
    }
    .join()
}

/// The same of a package that hosts get: its system is named as in a definition.
pub(super) fn for_hosts(system: &LockedSystem, locked: &LockedPackage) -> Option<String> {
    let (id, version) = system.system.as_str().split_once('-')?;
    let system = System { id: id.to_owned(), version: Some(version.to_owned()) };
    let described = OsPackage {
        name: locked.name.to_string(),
        version: locked.version.to_string(),
        arch: Some(locked.arch.to_string()),
        ..OsPackage::default()
    };
    package(PackageKind::Deb, &described, Some(&system))
}

/// `pkg:golang/golang.org/x/net@v0.38.0`.
pub(super) fn module(module: &GoModule) -> Option<String> {
    let (namespace, name) = match module.path.rsplit_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, module.path.as_str()),
    };
    let version = Some(module.version.clone()).filter(|version| version != "(devel)");
    Parts { kind: "golang", namespace, name, version, qualifiers: Vec::new() }.join()
}

/// `pkg:oci/pause@sha256:…?arch=amd64&repository_url=registry.k8s.io/pause&tag=3.10`.
pub(super) fn image(
    image: &ImageRef,
    digest: &Digest,
    platform: Option<&Platform>,
) -> Option<String> {
    let platform = platform.map(ToString::to_string);
    let arch = platform.as_deref().and_then(|platform| platform.split('/').nth(1));
    let qualifiers = [
        ("arch", arch.map(str::to_owned)),
        ("repository_url", Some(image.name())),
        ("tag", image.tag().map(str::to_owned)),
    ];
    let name = image.repository().rsplit('/').next().unwrap_or_default();
    Parts {
        kind: "oci",
        namespace: None,
        name,
        version: Some(digest.to_string()),
        qualifiers: given(qualifiers),
    }
    .join()
}

/// `pkg:generic/kubelet@v1.33.5?arch=amd64&checksum=sha256:…&download_url=…`.
pub(super) fn file(file: &LockedFile) -> Option<String> {
    let qualifiers = [
        ("arch", file.arch.map(|arch| arch.to_string())),
        ("checksum", Some(file.digest.to_string())),
        ("download_url", Some(file.source.to_string())),
    ];
    Parts {
        kind: "generic",
        namespace: None,
        name: file.name.as_str(),
        version: Some(file.version.to_string()),
        qualifiers: given(qualifiers),
    }
    .join()
}

fn given<const N: usize>(
    qualifiers: [(&'static str, Option<String>); N],
) -> Vec<(&'static str, String)> {
    let given = qualifiers.into_iter().filter_map(|(key, value)| Some((key, value?)));
    given.filter(|(_, value)| !value.is_empty()).collect()
}
