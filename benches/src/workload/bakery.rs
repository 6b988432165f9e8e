//! Bakes all layers on all processors, puts images and files together, and pushes
//! the images as anybody would.

use super::{
    Contents, Image, PlainFile, REGISTRY,
    gzip::Packers,
    image::{self, Name, Shelf},
    layer::{self, Dough, Layer},
    pool::{Pool, Program},
    recipe::{self, IMAGES, Recipe, Scale},
};
use crate::{
    parallel,
    problem::{Result, at, make_folder},
    tools,
};
use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::Command,
};

/// Bytes of the tiny layer on top of each image.
const TINY: u64 = 1 << 20;

/// Makes everything; images as layouts in a folder that is told, to be pushed.
pub(super) fn bake(folder: &Path, scale: Scale) -> Result<(Contents, PathBuf)> {
    let mut pool = Pool::collect()?;
    let packers = Packers::build(folder)?;
    let path = make_folder(folder.join("shelf"))?;
    let blobs = make_folder(path.join("blobs/sha256"))?;
    let doughs = doughs(&mut pool, &packers, scale);
    let layers = parallel::map(&doughs, |key, dough| layer::bake(dough, &packers, &blobs, key))?;
    let shelf = Shelf { folder: &path, blobs: &blobs };
    let (images, changed) = images(&layers, shelf)?;
    let files = files(&make_folder(folder.join("files"))?, &mut pool, scale)?;
    Ok((Contents { images, changed, files }, path))
}

/// The shared layers; the own, the tiny and perhaps the arm64 layer of each image;
/// the one that changes.
fn doughs(pool: &mut Pool, packers: &Packers, scale: Scale) -> Vec<Dough> {
    let mut dough = |bytes, gzip| {
        let gzip = packers.real(gzip);
        Dough { programs: pool.deal(bytes), bytes, gzip }
    };
    let mut all: Vec<_> =
        recipe::SHARED.iter().map(|(mib, gzip)| dough(scale.bytes(*mib), *gzip)).collect();
    for it in &IMAGES {
        all.push(dough(scale.bytes(it.mib), it.gzip));
        all.push(dough(scale.bytes(1).min(TINY), it.gzip));
        if it.two_architectures {
            all.push(dough(scale.bytes(it.mib / 2), it.gzip));
        }
    }
    let changed = &IMAGES[recipe::CHANGED];
    all.push(dough(scale.bytes(changed.mib), changed.gzip));
    all
}

fn images(layers: &[Layer], shelf: Shelf<'_>) -> Result<(Vec<Image>, Image)> {
    let (shared, own) = layers.split_at(recipe::SHARED.len());
    let mut own = own.iter().cloned();
    let mut next = || own.next().expect("a layer was baked for each place");
    let mut images = Vec::new();
    let mut changed = None;
    for (index, it) in IMAGES.iter().enumerate() {
        let below = it.shared.iter().map(|index| shared[*index].clone());
        let layers: Vec<_> = below.chain([next(), next()]).collect();
        let arm64 = it.two_architectures.then(&mut next);
        let platforms: Vec<_> = [("amd64", layers.clone())]
            .into_iter()
            .chain(arm64.map(|it| ("arm64", vec![it])))
            .collect();
        images.push(named(it, "v1", &platforms, shelf)?);
        if index == recipe::CHANGED {
            changed = Some((it, layers));
        }
    }
    let (it, mut layers) = changed.expect("one of the images changes");
    let place = layers.len() - 2;
    layers[place] = next();
    let changed = named(it, "v2", &[("amd64", layers)], shelf)?;
    Ok((images, changed))
}

fn named(
    recipe: &Recipe,
    tag: &str,
    platforms: &[(&str, Vec<Layer>)],
    shelf: Shelf<'_>,
) -> Result<Image> {
    let repository = &format!("{REGISTRY}/bench/{}", recipe.name);
    image::assemble(Name { repository, tag }, platforms, shelf)
}

/// Programs one behind the other, until a file is as large as it should be.
fn files(folder: &Path, pool: &mut Pool, scale: Scale) -> Result<Vec<PlainFile>> {
    let sizes = recipe::FILES.iter().enumerate();
    sizes
        .map(|(index, mib)| {
            let (name, size) = (format!("program-{}", index + 1), scale.bytes(*mib));
            let path = folder.join(&name);
            concatenate(&pool.deal(size), size, &path)?;
            let digest = layer::digest_of(&path)?.digest;
            Ok(PlainFile { name, digest, size })
        })
        .collect()
}

fn concatenate(programs: &[Program], size: u64, path: &Path) -> Result<()> {
    let mut out = File::create(path).map_err(at(path))?;
    let mut left = size;
    for program in programs {
        let file = File::open(&program.path).map_err(at(&program.path))?;
        left -= io::copy(&mut file.take(left), &mut out)?;
    }
    // A program that has shrunk meanwhile would leave the file too short.
    if left == 0 { Ok(out.flush()?) } else { Err("a program of this machine was changed".into()) }
}

/// Pushes every image to a registry.
pub(super) fn push(contents: &Contents, shelf: &Path, registry: &str) -> Result<()> {
    for image in contents.images.iter().chain([&contents.changed]) {
        let name = Name { repository: &image.repository, tag: &image.tag };
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests"]);
        skopeo.arg("--dest-tls-verify=false").arg("--src-shared-blob-dir").arg(shelf.join("blobs"));
        skopeo.arg(format!("oci:{}:{}", image::layout_path(name, shelf).display(), image.tag));
        skopeo.arg(format!("docker://{registry}/{}:{}", image.repository, image.tag));
        tools::succeed(&mut skopeo)?;
    }
    Ok(())
}
