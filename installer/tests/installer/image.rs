//! Small images with real layers: bytes that a container engine can unpack.

use bundles::{DOCKER_MANIFEST_TYPE, INDEX_TYPE, MANIFEST_TYPE, sha256};
use flate2::{Compression, write::GzEncoder};
use manifests::{
    Descriptor, Digest,
    lockfile::{LockedImage, LockedLayer, LockedManifest},
};
use serde_json::{Value, json};
use std::{collections::HashMap, io, io::Read};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// Blobs in memory, as a source for the bundle writer.
#[derive(Debug, Default)]
pub(crate) struct Blobs(HashMap<Digest, Vec<u8>>);

impl bundles::BlobSource for Blobs {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let bytes = self.0.get(digest).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }
}

impl Blobs {
    /// Keeps bytes under their SHA-256.
    pub(crate) fn add(&mut self, bytes: Vec<u8>, media_type: &str) -> Descriptor {
        let (digest, size) = (sha256(&bytes), bytes.len() as u64);
        self.0.insert(digest.clone(), bytes);
        Descriptor { digest, size, media_type: media_type.to_owned() }
    }

    /// Keeps bytes under the digest they are known by.
    pub(crate) fn add_as(
        &mut self,
        digest: Digest,
        bytes: Vec<u8>,
        media_type: &str,
    ) -> Descriptor {
        let size = bytes.len() as u64;
        self.0.insert(digest.clone(), bytes);
        Descriptor { digest, size, media_type: media_type.to_owned() }
    }
}

/// Bytes that do not compress, the same for the same seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut bytes: Vec<u8> = (0..len.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
    bytes.truncate(len);
    bytes
}

/// One image manifest that is in a bundle.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) root: Descriptor,
    platform: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// How an image is to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe<'a> {
    pub(crate) platform: &'a str,
    pub(crate) content: &'a [u8],
    pub(crate) docker: bool,
    pub(crate) subject: Option<&'a Descriptor>,
}

pub(crate) fn image(blobs: &mut Blobs, recipe: Recipe<'_>) -> Image {
    let (manifest_type, config_type, layer_type) = match recipe.docker {
        true => (DOCKER_MANIFEST_TYPE, DOCKER_CONFIG, DOCKER_LAYER),
        false => (MANIFEST_TYPE, CONFIG, LAYER),
    };
    let tar = archive(recipe.content);
    let layer = blobs.add(gzip(&tar), layer_type);
    let (os, arch) = recipe.platform.split_once('/').unwrap();
    let config = json!({
        "os": os, "architecture": arch, "config": {},
        "rootfs": { "type": "layers", "diff_ids": [sha256(&tar)] },
        "history": [{ "created_by": "a test" }],
    });
    let config = blobs.add(config.to_string().into_bytes(), config_type);
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": manifest_type,
        "config": pointer(&config), "layers": [pointer(&layer)],
    });
    if let Some(subject) = recipe.subject {
        manifest["subject"] = pointer(subject);
        manifest["artifactType"] = json!("application/vnd.example.signature");
        manifest["annotations"] = json!({ "org.example.by": "a test" });
    }
    let root = blobs.add(manifest.to_string().into_bytes(), manifest_type);
    Image { root, platform: recipe.platform.to_owned(), config, layers: vec![layer] }
}

/// An index over these images, and over one for s390x that is left out.
pub(crate) fn index(
    blobs: &mut Blobs,
    images: &[Image],
    leave_one_out: bool,
) -> (Descriptor, Vec<LockedManifest>) {
    let mut children: Vec<Value> = images
        .iter()
        .map(|image| {
            let (os, arch) = image.platform.split_once('/').unwrap();
            let mut child = pointer(&image.root);
            child["platform"] = json!({ "os": os, "architecture": arch });
            child
        })
        .collect();
    let mut locked: Vec<_> = images.iter().map(Image::locked).collect();
    if leave_one_out {
        let absent =
            Descriptor { digest: sha256(b"absent"), size: 480, media_type: MANIFEST_TYPE.into() };
        let mut child = pointer(&absent);
        child["platform"] = json!({ "os": "linux", "architecture": "s390x" });
        children.push(child);
        locked.push(LockedManifest {
            platform: "linux/s390x".parse().ok(),
            digest: absent.digest,
            size: absent.size,
            media_type: absent.media_type,
            omitted: true,
            config: None,
            layers: vec![],
        });
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": children });
    (blobs.add(index.to_string().into_bytes(), INDEX_TYPE), locked)
}

impl Image {
    fn locked(&self) -> LockedManifest {
        let layer = |layer: &Descriptor| LockedLayer {
            digest: layer.digest.clone(),
            size: layer.size,
            media_type: layer.media_type.clone(),
            urls: vec![],
        };
        LockedManifest {
            platform: self.platform.parse().ok(),
            digest: self.root.digest.clone(),
            size: self.root.size,
            media_type: self.root.media_type.clone(),
            omitted: false,
            config: Some(self.config.clone()),
            layers: self.layers.iter().map(layer).collect(),
        }
    }

    /// As an entry of a lockfile, by itself.
    pub(crate) fn named(&self, component: &str, name: &str) -> LockedImage {
        entry(component, name, &self.root, vec![self.locked()])
    }

    /// Digest and size of its layer.
    pub(crate) fn layer(&self) -> &Descriptor {
        &self.layers[0]
    }
}

/// An entry of a lockfile.
pub(crate) fn entry(
    component: &str,
    name: &str,
    root: &Descriptor,
    manifests: Vec<LockedManifest>,
) -> LockedImage {
    LockedImage {
        name: name.parse().unwrap(),
        component: component.parse().unwrap(),
        version: "v1".parse().unwrap(),
        also: vec![],
        digest: root.digest.clone(),
        size: root.size,
        media_type: root.media_type.clone(),
        published: None,
        roles: vec![],
        stated: None,
        manifests,
    }
}

fn pointer(blob: &Descriptor) -> Value {
    json!({ "mediaType": blob.media_type, "digest": blob.digest, "size": blob.size })
}

fn archive(content: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, "content", content).unwrap();
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    io::Write::write_all(&mut out, bytes).unwrap();
    out.finish().unwrap()
}
