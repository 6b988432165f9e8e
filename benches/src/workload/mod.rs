//! The workload: images in a registry's folder, files in a folder, a release that
//! names them. Made once for a machine, then reused.

mod bakery;
mod gzip;
mod image;
mod layer;
mod pool;
mod recipe;
mod release;

pub(crate) use recipe::Scale;
pub(crate) use release::{Mirrors, REGISTRY};

use crate::{
    problem::{Result, at, empty_folder, write},
    servers::Registry,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Bytes by their SHA-256 in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Blob {
    pub(crate) digest: String,
    pub(crate) size: u64,
}

/// An image with everything it consists of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    /// With the registry in front: `registry.example.org/bench/app01`.
    pub(crate) repository: String,
    pub(crate) tag: String,
    pub(crate) manifests: Vec<Blob>,
    pub(crate) blobs: Vec<Blob>,
}

/// A file and its size.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PlainFile {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
}

/// What was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Contents {
    /// Twelve.
    pub(crate) images: Vec<Image>,
    /// One of them, with another top layer.
    pub(crate) changed: Image,
    /// Eight.
    pub(crate) files: Vec<PlainFile>,
}

/// A workload on disk.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) folder: PathBuf,
    pub(crate) contents: Contents,
}

/// Written last, so that a workload that is half made is made anew.
#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    recipe: u32,
    scale: Scale,
    contents: Contents,
}

impl Workload {
    /// Takes the one in this folder, or makes it.
    pub(crate) fn ready(work: &Path, scale: Scale) -> Result<Self> {
        let folder = work.join(format!("workload-{}", scale.name()));
        if let Some(contents) = stamped(&folder, scale) {
            return Ok(Self { folder, contents });
        }
        let workload = Self::make(empty_folder(folder)?, scale)?;
        let contents = workload.contents.clone();
        let stamp = Stamp { recipe: recipe::VERSION, scale, contents };
        write(&workload.folder.join("stamp.json"), &serde_json::to_string_pretty(&stamp)?)?;
        Ok(workload)
    }

    fn make(folder: PathBuf, scale: Scale) -> Result<Self> {
        let (contents, shelf) = bakery::bake(&folder, scale)?;
        let workload = Self { folder, contents };
        let registry = Registry::start(&workload.registry(), &workload.folder)?;
        bakery::push(&workload.contents, &shelf, &registry.address())?;
        drop(registry);
        fs::remove_dir_all(&shelf).map_err(at(&shelf))?;
        release::write_all(&workload.folder, &workload.contents)?;
        Ok(workload)
    }

    /// The data folder of the registry that has the images.
    pub(crate) fn registry(&self) -> PathBuf {
        self.folder.join("registry")
    }

    /// The folder of the files.
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// The release file; the second one has the changed image.
    pub(crate) fn release(&self, which: usize) -> PathBuf {
        self.folder.join(format!("release/releases/bench-{which}.yaml"))
    }
}

impl Contents {
    /// Every distinct blob of images and files, with the repository that has it;
    /// none for a file.
    pub(crate) fn unique(&self) -> BTreeMap<&str, (u64, Source<'_>)> {
        let images = self.images.iter().flat_map(|image| {
            let blobs = image.blobs.iter().map(|blob| (blob, Source::Blob(&image.repository)));
            let manifests =
                image.manifests.iter().map(|blob| (blob, Source::Manifest(&image.repository)));
            blobs.chain(manifests)
        });
        let images = images.map(|(blob, source)| (blob.digest.as_str(), (blob.size, source)));
        let files = self.files.iter();
        let files = files.map(|file| (file.digest.as_str(), (file.size, Source::File(&file.name))));
        images.chain(files).collect()
    }

    /// Bytes of all distinct blobs.
    pub(crate) fn bytes(&self) -> u64 {
        self.unique().values().map(|(size, _)| size).sum()
    }

    /// Bytes that only the changed image has.
    pub(crate) fn changed_bytes(&self) -> u64 {
        let known = self.unique();
        let parts = self.changed.blobs.iter().chain(&self.changed.manifests);
        parts.filter(|blob| !known.contains_key(blob.digest.as_str())).map(|blob| blob.size).sum()
    }
}

/// Where a blob can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source<'a> {
    Blob(&'a str),
    Manifest(&'a str),
    File(&'a str),
}

impl Source<'_> {
    /// Whether it is a layer or a config.
    pub(crate) fn is_blob(self) -> bool {
        matches!(self, Self::Blob(_))
    }

    /// The path of a blob on its server.
    pub(crate) fn path(self, digest: &str) -> String {
        match self {
            Self::Blob(repository) => format!("/v2/{repository}/blobs/sha256:{digest}"),
            Self::Manifest(repository) => format!("/v2/{repository}/manifests/sha256:{digest}"),
            Self::File(name) => format!("/files/bench/{name}"),
        }
    }
}

fn stamped(folder: &Path, scale: Scale) -> Option<Contents> {
    let text = fs::read_to_string(folder.join("stamp.json")).ok()?;
    let stamp: Stamp = serde_json::from_str(&text).ok()?;
    (stamp.recipe == recipe::VERSION && stamp.scale == scale).then_some(stamp.contents)
}
