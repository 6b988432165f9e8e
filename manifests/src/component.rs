//! Component definitions: what one version of a component is made of and where
//! upstream keeps it. Adding a component is writing such a file, not code.

pub use crate::{
    component_chart::Rendering,
    component_leaves::{ChainPrefix, InterfaceName, Leaves, LeftPath},
    component_steps::{Apply, Condition, ObjectPath, Provides, Step, Until, Wait},
};

use crate::{
    Arch, Digest, FileName, ImageRef, Name, Role, Version, component_chart, component_steps,
    lockfile::FileKind,
    patch::Reason,
    provenance::{Checksums, Cosign, OpenPgp},
    yaml,
    yaml::InputError,
};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};
use url::Url;

/// One `component.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Component {
    /// Its name, equal to the name of its folder.
    pub component: Name,
    /// What it does, in one line.
    pub title: String,
    /// Where its project lives.
    pub homepage: Url,
    /// SPDX expression of its licence.
    pub licence: String,
    /// What each version is made of.
    pub versions: BTreeMap<Version, Contents>,
}

/// What one version of a component is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Contents {
    /// Binaries and archives.
    pub files: Vec<FileSource>,
    /// Kubernetes manifests, kept byte for byte as upstream wrote them.
    pub manifests: Vec<FileSource>,
    /// Helm charts, each the archive that its project offers for download.
    pub charts: Vec<FileSource>,
    /// Container images.
    pub images: Vec<ImageSource>,
    /// What else may stand on it.
    pub provides: Option<Provides>,
    /// What installs it inside a cluster, in this order.
    pub steps: Vec<Step>,
    /// What it leaves on hosts.
    pub leaves: Leaves,
}

/// A file upstream offers for download.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileSource {
    /// The name we give it. `{version}` and `{arch}` are filled in.
    pub name: String,
    /// Where it is. With `{arch}` in it, there is one file per architecture.
    pub url: String,
    /// Hosts that need it; empty means none by itself (read by the installer).
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The digests upstream or somebody else has published.
    pub published: Option<Published>,
    /// The list of checksums that upstream publishes with it.
    pub checksums: Option<Checksums>,
    /// Upstream's signature over it.
    pub openpgp: Option<OpenPgp>,
    /// Upstream's signature over it, made by cosign.
    pub cosign: Option<Cosign>,
    /// What it is rendered with: of every chart, and of nothing else.
    pub render: Option<Rendering>,
}

/// An image upstream offers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ImageSource {
    /// The name upstream gives it, with its tag.
    pub name: ImageRef,
    /// Other names it must answer to, such as the K-PaaS copy of it.
    #[serde(default)]
    pub also: Vec<ImageRef>,
    /// Hosts that pull it.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The published digest of the tag, under `any`.
    pub published: Option<Published>,
    /// Where it is named although no manifest shows it.
    pub stated: Option<Reason>,
}

/// A digest somebody has published, and how far we trust it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Published {
    /// Who published it.
    pub trust: Trust,
    /// Where it was read.
    pub source: String,
    /// For things that exist once for all architectures.
    pub any: Option<Digest>,
    /// For the amd64 file.
    pub amd64: Option<Digest>,
    /// For the arm64 file.
    pub arm64: Option<Digest>,
}

/// How far a published digest can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// The project itself published it.
    Primary,
    /// Somebody else pinned it; checked again when the release is locked.
    ThirdParty,
}

/// A [`FileSource`] for one architecture, with nothing left to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedFile {
    /// Its name.
    pub name: FileName,
    /// The architecture, when the file is for one only.
    pub arch: Option<Arch>,
    /// Where to fetch it.
    pub url: Url,
    /// The published digest and how far it is trusted.
    pub published: Option<(Digest, Trust)>,
    /// The list of checksums that must name it.
    pub checksums: Option<Checksums<Url>>,
    /// The signature over it.
    pub openpgp: Option<OpenPgp<Url>>,
    /// The signature over it, made by cosign.
    pub cosign: Option<Cosign<Url>>,
}

impl FileSource {
    /// The files behind this source for the wanted architectures.
    pub fn resolve(&self, version: &Version, wanted: &[Arch]) -> Result<Vec<ResolvedFile>, String> {
        if !self.url.contains("{arch}") {
            return Ok(vec![self.resolve_one(version, None)?]);
        }
        wanted.iter().map(|arch| self.resolve_one(version, Some(*arch))).collect()
    }

    fn resolve_one(&self, version: &Version, arch: Option<Arch>) -> Result<ResolvedFile, String> {
        let name = fill(&self.name, version, arch)?;
        let text = |template: &str| fill(template, version, arch);
        let place = |template: &str| parse_url(&text(template)?);
        let published = self.published.as_ref();
        let digest = published.and_then(|published| published.digest(arch));
        Ok(ResolvedFile {
            name: name.parse().map_err(|e| format!("{e}"))?,
            arch,
            url: place(&self.url)?,
            published: digest.cloned().zip(published.map(|published| published.trust)),
            checksums: self.checksums.as_ref().map(|list| list.resolve(&place)).transpose()?,
            openpgp: self.openpgp.as_ref().map(|one| one.resolve(&place)).transpose()?,
            cosign: self.cosign.as_ref().map(|one| one.resolve(&place, &text)).transpose()?,
        })
    }
}

impl Published {
    /// The digest for one architecture, or the one for all.
    pub fn digest(&self, arch: Option<Arch>) -> Option<&Digest> {
        match arch {
            None => self.any.as_ref(),
            Some(Arch::Amd64) => self.amd64.as_ref(),
            Some(Arch::Arm64) => self.arm64.as_ref(),
        }
    }
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
    match url.scheme() {
        "https" | "http" if url.has_host() => Ok(url),
        scheme => Err(format!("`{text}`: expected https, found {scheme}")),
    }
}

/// Fills `{version}`, `{bare-version}` (without a leading `v`) and `{arch}`.
fn fill(template: &str, version: &Version, arch: Option<Arch>) -> Result<String, String> {
    let bare = version.as_str().strip_prefix('v').unwrap_or(version.as_str());
    let mut text = template.replace("{version}", version.as_str()).replace("{bare-version}", bare);
    if let Some(arch) = arch {
        text = text.replace("{arch}", arch.as_str());
    }
    match text.split_once('{') {
        None => Ok(text),
        Some(_) => Err(format!(
            "`{template}`: only {{version}}, {{bare-version}} and {{arch}} are known, and {{arch}} must be in the url too"
        )),
    }
}

impl Component {
    /// Reads a definition. `path` is only for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Self, InputError> {
        let component: Self = yaml::parse(path, text)?;
        component.check().map_err(|message| InputError::meaning(path, message))?;
        Ok(component)
    }

    fn check(&self) -> Result<(), String> {
        for (version, contents) in &self.versions {
            contents.check(version).map_err(|why| format!("version {version}: {why}"))?;
        }
        Ok(())
    }
}

impl Contents {
    /// Everything it downloads that is no image, and what that is.
    pub fn sources(&self) -> impl Iterator<Item = (FileKind, &FileSource)> {
        let files = self.files.iter().map(|source| (FileKind::File, source));
        let manifests = self.manifests.iter().map(|source| (FileKind::Manifest, source));
        files.chain(manifests).chain(self.charts.iter().map(|source| (FileKind::Chart, source)))
    }

    fn check(&self, version: &Version) -> Result<(), String> {
        for (kind, file) in self.sources() {
            file.resolve(version, &[Arch::Amd64, Arch::Arm64])?;
            file.check_published()?;
            component_chart::check_source(kind, file)?;
        }
        self.images.iter().try_for_each(ImageSource::check)?;
        self.check_steps(version)
    }

    /// Steps apply manifests of this very version.
    fn check_steps(&self, version: &Version) -> Result<(), String> {
        let for_all = self.manifests.iter().filter(|manifest| !manifest.url.contains("{arch}"));
        let names = for_all.map(|manifest| fill(&manifest.name, version, None));
        component_steps::check(&self.steps, self.provides, &names.collect::<Result<Vec<_>, _>>()?)
    }
}

impl FileSource {
    /// A digest under the wrong key would silently never be compared.
    fn check_published(&self) -> Result<(), String> {
        let Some(published) = &self.published else { return Ok(()) };
        let per_arch = published.amd64.is_some() || published.arm64.is_some();
        match (self.url.contains("{arch}"), per_arch, &published.any) {
            (true, true, None) | (false, false, Some(_)) => Ok(()),
            (true, ..) => Err(format!(
                "{}: digests of a file per architecture go under amd64 and arm64",
                self.name
            )),
            (false, ..) => Err(format!(
                "{}: the digest of a file for all architectures goes under any",
                self.name
            )),
        }
    }
}

impl ImageSource {
    fn check(&self) -> Result<(), String> {
        if self.name.tag().is_none() {
            return Err(format!("{}: an image needs a tag, so that people can name it", self.name));
        }
        match &self.published {
            Some(published) if published.any.is_none() => {
                Err(format!("{}: the digest of an image goes under any", self.name))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETCD: &str = "
component: etcd
title: the key-value store
homepage: https://etcd.io
licence: Apache-2.0
versions:
  v3.5.23:
    files:
    - name: etcd-{version}-linux-{arch}.tar.gz
      url: https://example.org/{version}/etcd-{version}-linux-{arch}.tar.gz
      roles: [control-plane]
      published:
        trust: primary
        source: SHA256SUMS in the release
        amd64: sha256:8b50d62d38cb2de005b42227dd14b33f6e01758970f248f9257789ecfaf634c9
";

    fn parse(text: &str) -> Result<Component, String> {
        Component::parse(Path::new("c.yaml"), text).map_err(|e| e.to_string())
    }

    #[test]
    fn templates_are_filled_for_every_wanted_architecture() {
        let component = parse(ETCD).unwrap();
        let (version, contents) = component.versions.first_key_value().unwrap();
        let files = contents.files[0].resolve(version, &[Arch::Amd64, Arch::Arm64]).unwrap();
        assert_eq!(files[1].name.as_str(), "etcd-v3.5.23-linux-arm64.tar.gz");
        assert_eq!(
            files[0].url.as_str(),
            "https://example.org/v3.5.23/etcd-v3.5.23-linux-amd64.tar.gz"
        );
        assert_eq!(files[0].published.as_ref().unwrap().1, Trust::Primary);
        assert_eq!(files[1].published, None);
    }

    #[test]
    fn a_file_without_arch_in_its_url_exists_once() {
        let text = ETCD.replace("-{arch}", "").replace("amd64:", "any:");
        let component = parse(&text).unwrap();
        let (version, contents) = component.versions.first_key_value().unwrap();
        let files = contents.files[0].resolve(version, &[Arch::Amd64, Arch::Arm64]).unwrap();
        assert_eq!((files.len(), files[0].arch), (1, None));
        assert!(files[0].published.is_some());
    }

    #[test]
    fn steps_apply_only_manifests_of_their_version() {
        let with = |steps: &str| {
            let manifest =
                "manifests:\n    - name: a-{version}.yaml\n      url: https://a.io/a.yaml";
            ETCD.replace("    files:", &format!("    {manifest}\n{steps}    files:"))
        };
        let component = parse(&with("    steps: [{apply: a-v3.5.23.yaml}]\n")).unwrap();
        assert_eq!(component.versions.first_key_value().unwrap().1.steps.len(), 1);
        let other = parse(&with("    steps: [{apply: a-v3.5.24.yaml}]\n")).unwrap_err();
        assert!(other.contains("version v3.5.23: a step applies `a-v3.5.24.yaml`"), "{other}");
        let nothing = parse(&with("    provides: pod-network\n")).unwrap_err();
        assert!(nothing.contains("no step installs it"), "{nothing}");
    }

    #[test]
    fn mistakes_that_would_hide_a_digest_are_refused() {
        let wrong_key = parse(&ETCD.replace("amd64:", "any:")).unwrap_err();
        assert!(wrong_key.contains("go under amd64 and arm64"), "{wrong_key}");
        let typo = parse(&ETCD.replace("{version}/", "{vesrion}/")).unwrap_err();
        assert!(typo.contains("only {version}"), "{typo}");
        let scheme = parse(&ETCD.replace("https://example.org", "file:///etc")).unwrap_err();
        assert!(scheme.contains("expected https"), "{scheme}");
        let name = parse(&ETCD.replace("name: etcd-", "name: ../etcd-")).unwrap_err();
        assert!(name.contains("is not a file name"), "{name}");
    }
}
