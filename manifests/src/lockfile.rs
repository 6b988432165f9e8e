//! The lockfile: a release resolved to exact sources, sizes and digests.
//!
//! Goals, in order: complete (a bundle is a function of it), reviewable (one
//! fact per line, sorted, so a version bump is a short diff), reproducible, and
//! readable by later tools (`format` names the version).

pub use crate::{
    lockfile_catalog::CatalogEntry,
    lockfile_component::LockedComponent,
    lockfile_notes::Decision,
    lockfile_versions::check_versions,
    packages::{LockedBase, LockedIndex, LockedList, LockedPackage, LockedSet, LockedSystem},
};

use crate::{
    Arch, Descriptor, Digest, FileName, ImageRef, Name, Platform, Role, SbomFormat, Version,
    component::{Rendering, Trust},
    component_chart, lockfile_catalog, lockfile_component, lockfile_versions,
    overlay::LaidOverlay,
    packages,
    patch::Reason,
    provenance::Proof,
    release::{Exception, Omission, Profile},
    rules::{self, Acknowledgement, Rule},
    sbom_format,
    yaml::{self, InputError},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use url::Url;

/// What a lockfile of this version says in its first field.
pub const FORMAT: &str = "bottari.lock/v1";

const HEADING: &str = "\
# Written by `bottari-builder lock`; not meant to be edited.
# Review it as a diff: every line is one fact about what the bundle will hold.
";

/// One lockfile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Lockfile {
    /// [`FORMAT`].
    pub format: String,
    /// The release's name.
    pub release: Name,
    /// The release's version.
    pub version: Version,
    /// The release's serial.
    pub serial: u64,
    /// The release's title.
    pub title: String,
    /// The architectures carried.
    pub arches: Vec<Arch>,
    /// zstd level for what is not compressed already.
    pub compression_level: u8,
    /// The bills of materials that the bundle carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sbom: Vec<SbomFormat>,
    /// The profiles of the release that were taken, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<Profile>,
    /// Components that do something inside a cluster, in the release's order,
    /// which is the order they are installed in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<LockedComponent>,
    /// What every component of it is, sorted by name and version; lockfiles of
    /// older tools have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catalog: Vec<CatalogEntry>,
    /// Files, Kubernetes manifests and charts, sorted by component, version, name, architecture.
    pub files: Vec<LockedFile>,
    /// Images, sorted by name.
    pub images: Vec<LockedImage>,
    /// OS packages, sorted by system and architecture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<LockedSystem>,
    /// What the release leaves out or brings along although the manifests say
    /// otherwise, in the release's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// Why components are in the version they are, in the release's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    /// What the release does not bring on purpose, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<Omission>,
    /// The rules that speak of its versions, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Those of them that the release does not follow, on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledged: Vec<Acknowledgement>,
    /// The overlays that were laid on the release, in the order in which they
    /// were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlays: Vec<LaidOverlay>,
}

/// What a locked file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A binary or archive.
    File,
    /// A Kubernetes manifest.
    Manifest,
    /// A Helm chart.
    Chart,
}

/// One file with its exact bytes named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedFile {
    /// What it is.
    pub kind: FileKind,
    /// The component it belongs to.
    pub component: Name,
    /// The component's version.
    pub version: Version,
    /// Its name.
    pub name: FileName,
    /// The architecture, when it is for one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<Arch>,
    /// Where it was fetched.
    pub source: Url,
    /// Size in bytes.
    pub size: u64,
    /// Digest; SHA-512 where that is what upstream publishes.
    pub digest: Digest,
    /// Media type, from the name's ending.
    pub media_type: String,
    /// Who had published this digest before we computed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Trust>,
    /// What of upstream's own proved it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<Proof>,
    /// Hosts that need it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// What it is rendered with, when it is a chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub render: Option<Rendering>,
}

/// One image with every blob named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedImage {
    /// The name it was pulled by and answers to.
    pub name: ImageRef,
    /// The component it belongs to.
    pub component: Name,
    /// The component's version.
    pub version: Version,
    /// More names it answers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<ImageRef>,
    /// Digest of the index or manifest the tag pointed at.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub media_type: String,
    /// Who had published this digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Trust>,
    /// Hosts that pull it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Where it is named although no manifest shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Reason>,
    /// The index's children in the index's order, or the one image manifest
    /// itself when the tag pointed straight at it.
    pub manifests: Vec<LockedManifest>,
}

/// One image manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedManifest {
    /// What it runs on; attestations say `unknown/unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Digest of the manifest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub media_type: String,
    /// Named by the index but not carried: no wanted architecture runs it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub omitted: bool,
    /// The image config; none when omitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Descriptor>,
    /// The layers, lowest first; none when omitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LockedLayer>,
}

/// One layer of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedLayer {
    /// Digest of the layer as it is pulled.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub media_type: String,
    /// Where a foreign layer lives, when not in the image's registry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<Url>,
}

/// One distinct blob of a release and everything that needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobUse {
    /// What it is. Media type as the first user states it.
    pub descriptor: Descriptor,
    /// `component/name` or `system/package` of each user, sorted: damage is reported in these words.
    pub users: BTreeSet<String>,
}

impl LockedImage {
    /// The index or manifest the tag pointed at.
    pub fn root(&self) -> Descriptor {
        descriptor(&self.digest, self.size, &self.media_type)
    }

    /// Whether the tag pointed at an index.
    pub fn is_index(&self) -> bool {
        self.manifests.first().is_none_or(|only| only.digest != self.digest)
    }

    /// Every name, upstream's first.
    pub fn names(&self) -> impl Iterator<Item = &ImageRef> {
        std::iter::once(&self.name).chain(&self.also)
    }

    /// Every blob that is carried: root, manifests, configs, layers.
    pub fn blobs(&self) -> Vec<Descriptor> {
        let mut blobs = vec![self.root()];
        for manifest in self.manifests.iter().filter(|manifest| !manifest.omitted) {
            blobs.push(descriptor(&manifest.digest, manifest.size, &manifest.media_type));
            blobs.extend(manifest.config.clone());
            blobs.extend(manifest.layers.iter().map(LockedLayer::descriptor));
        }
        blobs
    }
}

impl LockedLayer {
    /// The layer as a descriptor.
    pub fn descriptor(&self) -> Descriptor {
        descriptor(&self.digest, self.size, &self.media_type)
    }
}

impl LockedFile {
    /// What files are sorted by.
    fn place(&self) -> (&Name, &Version, &FileName, Option<Arch>) {
        (&self.component, &self.version, &self.name, self.arch)
    }

    /// The file as a descriptor.
    pub fn descriptor(&self) -> Descriptor {
        descriptor(&self.digest, self.size, &self.media_type)
    }

    /// How the file is named as an OCI artifact inside the bundle:
    /// `files/<component>[/<arch>]/<name>:<version>`, in lower case because a
    /// repository must be. Unique within a lockfile (checked when it is read).
    pub fn artifact_name(&self) -> String {
        let arch = self.arch.map(|arch| format!("/{arch}")).unwrap_or_default();
        let name = self.name.as_str().to_lowercase().replace(['+', '~'], "-");
        let tag = self.version.as_str().replace('+', "-");
        format!("files/{}{arch}/{name}:{tag}", self.component)
    }
}

fn descriptor(digest: &Digest, size: u64, media_type: &str) -> Descriptor {
    Descriptor { digest: digest.clone(), size, media_type: media_type.to_owned() }
}

impl Lockfile {
    /// Reads a lockfile. `path` is only for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Self, InputError> {
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
        }
        // First the version alone: a newer file has fields this tool cannot name.
        let head: Head = yaml::parse(path, text)?;
        let found = head.format.unwrap_or_else(|| "none".to_owned());
        if found != FORMAT {
            let message = format!(
                "expected format {FORMAT}, found {found}; a tool of the version that wrote it can read it"
            );
            return Err(InputError::meaning(path, message));
        }
        let lockfile: Self = yaml::parse(path, text)?;
        lockfile.check().map_err(|message| InputError::meaning(path, message))?;
        Ok(lockfile)
    }

    /// Writes it: sorted, one fact per line, the same text on every machine.
    pub fn render(&self) -> String {
        let mut sorted = self.clone();
        sorted.sort();
        format!("{HEADING}{}", yaml::render(&sorted))
    }

    /// Puts every list into the order of the format. That of the components has
    /// a meaning and stays.
    pub fn sort(&mut self) {
        self.arches.sort();
        self.catalog.sort_by(|a, b| a.place().cmp(&b.place()));
        self.files.sort_by(|a, b| a.place().cmp(&b.place()));
        self.images.sort_by(|a, b| a.name.cmp(&b.name));
        self.images.iter_mut().for_each(|image| image.also.sort());
        self.systems.sort_by(|a, b| a.place().cmp(&b.place()));
        self.systems.iter_mut().for_each(LockedSystem::sort);
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
    }

    /// Every distinct blob, by digest, with its users.
    ///
    /// An error names a digest that two artifacts give different sizes.
    pub fn blobs(&self) -> Result<BTreeMap<Digest, BlobUse>, String> {
        let mut blobs = BTreeMap::new();
        for file in &self.files {
            add(&mut blobs, &file.descriptor(), format!("{}/{}", file.component, file.name))?;
        }
        for image in &self.images {
            for blob in image.blobs() {
                add(&mut blobs, &blob, format!("{}/{}", image.component, image.name))?;
            }
        }
        for system in &self.systems {
            for package in &system.packages {
                let user = format!("{}/{}", system.system, package.name);
                add(&mut blobs, &package.descriptor(), user)?;
            }
        }
        Ok(blobs)
    }

    /// What every lockfile promises beyond the form of its fields; one that is
    /// read has kept it. An error says what does not go together.
    pub fn check(&self) -> Result<(), String> {
        self.blobs()?;
        let mut names = BTreeSet::new();
        let files = self.files.iter().map(LockedFile::artifact_name);
        let images = self.images.iter().flat_map(|i| i.names().map(ToString::to_string));
        match files.chain(images).find(|name| !names.insert(name.clone())) {
            Some(twice) => Err(format!("`{twice}` is locked twice")),
            None => self.images.iter().try_for_each(check_image),
        }?;
        sbom_format::check(&self.sbom)?;
        rules::check(&self.acknowledged)?;
        lockfile_catalog::check(self)?;
        component_chart::check(self)?;
        lockfile_component::check(self)?;
        packages::check_locked(self)?;
        lockfile_versions::check_locked(self)
    }
}

fn check_image(image: &LockedImage) -> Result<(), String> {
    let carried = |manifest: &&LockedManifest| !manifest.omitted;
    if image.manifests.iter().filter(carried).count() == 0 {
        return Err(format!("image `{}` carries no manifest", image.name));
    }
    let hollow = image.manifests.iter().find(|m| m.omitted != m.config.is_none());
    match hollow {
        Some(manifest) => Err(format!(
            "image `{}`: manifest {} must either be omitted or have a config",
            image.name, manifest.digest
        )),
        None => Ok(()),
    }
}

fn add(
    blobs: &mut BTreeMap<Digest, BlobUse>,
    blob: &Descriptor,
    user: String,
) -> Result<(), String> {
    let entry = blobs
        .entry(blob.digest.clone())
        .or_insert_with(|| BlobUse { descriptor: blob.clone(), users: BTreeSet::new() });
    if entry.descriptor.size != blob.size {
        let (digest, first, second) = (&blob.digest, entry.descriptor.size, blob.size);
        return Err(format!("{digest} is {first} bytes in one place and {second} in `{user}`"));
    }
    entry.users.insert(user);
    Ok(())
}
