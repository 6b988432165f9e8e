//! Image manifests and indexes over layers that are baked.

use super::{
    Blob, Image,
    layer::{self, Layer},
};
use crate::problem::{Result, make_folder, write};
use serde_json::{Value, json};
use std::path::Path;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The folder of all blobs, as `skopeo` shares it between layouts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shelf<'a> {
    /// Holds `blobs/sha256` and `layouts`.
    pub(super) folder: &'a Path,
    pub(super) blobs: &'a Path,
}

/// A name for an image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) repository: &'a str,
    pub(super) tag: &'a str,
}

/// An image of one platform, or of several under one index, and its layout.
pub(super) fn assemble(
    name: Name<'_>,
    platforms: &[(&str, Vec<Layer>)],
    shelf: Shelf<'_>,
) -> Result<Image> {
    let mut blobs = Vec::new();
    let mut manifests = Vec::new();
    for (architecture, layers) in platforms {
        let manifest = manifest(architecture, layers, shelf, &mut blobs)?;
        let mut entry = descriptor(&manifest, MANIFEST);
        entry["platform"] = json!({ "architecture": architecture, "os": "linux" });
        manifests.push((manifest, entry));
    }
    let (root, mut entry) = match &mut manifests[..] {
        [(blob, _)] => (blob.clone(), descriptor(blob, MANIFEST)),
        several => {
            let list: Vec<_> = several.iter().map(|(_, entry)| entry).collect();
            let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": list });
            let blob = layer::put(&serde_json::to_vec(&index)?, shelf.blobs)?;
            (blob.clone(), descriptor(&blob, INDEX))
        }
    };
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": name.tag });
    layout(name, &entry, shelf)?;
    let mut documents: Vec<Blob> = manifests.into_iter().map(|(blob, _)| blob).collect();
    if documents.len() > 1 {
        documents.push(root);
    }
    let (repository, tag) = (name.repository.to_owned(), name.tag.to_owned());
    Ok(Image { repository, tag, manifests: documents, blobs })
}

fn manifest(
    architecture: &str,
    layers: &[Layer],
    shelf: Shelf<'_>,
    blobs: &mut Vec<Blob>,
) -> Result<Blob> {
    let plain: Vec<_> = layers.iter().map(|layer| format!("sha256:{}", layer.plain)).collect();
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "config": {},
        "rootfs": { "type": "layers", "diff_ids": plain },
    });
    let config = layer::put(&serde_json::to_vec(&config)?, shelf.blobs)?;
    let list: Vec<_> = layers.iter().map(|layer| descriptor(&layer.blob, LAYER)).collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(&config, CONFIG),
        "layers": list,
    });
    blobs.push(config);
    blobs.extend(layers.iter().map(|layer| layer.blob.clone()));
    layer::put(&serde_json::to_vec(&manifest)?, shelf.blobs)
}

fn descriptor(blob: &Blob, media_type: &str) -> Value {
    json!({
        "mediaType": media_type,
        "digest": format!("sha256:{}", blob.digest),
        "size": blob.size,
    })
}

/// The folder that `skopeo` reads one image from.
fn layout(name: Name<'_>, entry: &Value, shelf: Shelf<'_>) -> Result<()> {
    let folder = make_folder(layout_path(name, shelf.folder))?;
    let index = json!({ "schemaVersion": 2, "manifests": [entry] });
    write(&folder.join("index.json"), &index.to_string())?;
    write(&folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
}

pub(super) fn layout_path(name: Name<'_>, folder: &Path) -> std::path::PathBuf {
    let flat = name.repository.replace('/', "_");
    folder.join("layouts").join(format!("{flat}-{}", name.tag))
}
