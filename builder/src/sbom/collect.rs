//! From a lockfile and what was found in its blobs to one graph.

use super::{
    Subject,
    graph::{Graph, Item, ItemKind},
    image,
    inside::{self, programs},
    purl,
    scans::Scans,
};
use manifests::{
    Name, Version,
    lockfile::{
        FileKind, LockedFile, LockedImage, LockedManifest, LockedPackage, LockedSystem, Lockfile,
    },
};

const ROOT: &str = "bundle";

pub(super) fn collect(subject: Subject<'_>, scans: &Scans) -> Graph {
    let lockfile = subject.lockfile;
    let mut graph = Graph::new(ROOT, bundle(subject));
    for file in &lockfile.files {
        let component = component(&mut graph, lockfile, &file.component, &file.version);
        put_file(&mut graph, &component, file, scans);
    }
    for locked in &lockfile.images {
        let component = component(&mut graph, lockfile, &locked.component, &locked.version);
        put_image(&mut graph, &component, locked, scans);
    }
    for system in &lockfile.systems {
        for package in &system.packages {
            put_package(&mut graph, system, package);
        }
    }
    graph
}

fn bundle(subject: Subject<'_>) -> Item {
    let lockfile = subject.lockfile;
    let mut item = Item::new(ItemKind::Bundle, lockfile.release.as_str());
    item.version = Some(lockfile.version.to_string());
    item.description = Some(lockfile.title.clone());
    item.property("bottari:lockfile", subject.digest);
    item.property("bottari:serial", &lockfile.serial);
    for arch in &lockfile.arches {
        item.property("bottari:architecture", &arch);
    }
    item
}

/// The reference of a component, which is made when it is first needed.
fn component(graph: &mut Graph, lockfile: &Lockfile, name: &Name, version: &Version) -> String {
    let reference = format!("component/{name}@{version}");
    if !graph.has(&reference) {
        let mut item = Item::new(ItemKind::Component, name.as_str());
        item.version = Some(version.to_string());
        if let Some(entry) = lockfile.catalog_entry(name, version) {
            item.description = Some(entry.title.clone());
            item.homepage = Some(entry.homepage.clone());
            item.licence = Some(entry.licence.clone());
        }
        graph.put(ROOT, &reference, item);
    }
    reference
}

fn put_file(graph: &mut Graph, component: &str, file: &LockedFile, scans: &Scans) {
    let kind = match file.kind {
        FileKind::File => ItemKind::File,
        FileKind::Manifest => ItemKind::Manifest,
        FileKind::Chart => ItemKind::Chart,
    };
    let reference = file.artifact_name();
    let mut item = Item::new(kind, file.name.as_str());
    item.version = Some(file.version.to_string());
    item.purl = purl::file(file);
    item.digest = Some(file.digest.clone());
    item.download = Some(file.source.clone());
    item.property("bottari:size", &file.size);
    item.property("bottari:media-type", &file.media_type);
    if let Some(arch) = file.arch {
        item.property("bottari:architecture", &arch);
    }
    let scan = scans.get(&file.digest).filter(|_| kind == ItemKind::File);
    item.unread.extend(scan.iter().flat_map(|scan| &scan.unread).map(inside::unread));
    graph.put(component, &reference, item);
    if let Some(scan) = scan {
        inside::packages(graph, &reference, None, inside::package_of(scan));
        programs(graph, &reference, &file.digest, inside::programs_of(scan));
    }
}

/// A package for hosts. One for several architectures is one item.
fn put_package(graph: &mut Graph, system: &LockedSystem, package: &LockedPackage) {
    let LockedPackage { name, version, arch, .. } = package;
    let reference = format!("os-package/{}/{name}@{version}/{arch}", system.system);
    let mut item = Item::new(ItemKind::Package, name.as_str());
    item.version = Some(version.to_string());
    item.purl = purl::for_hosts(system, package);
    item.digest = Some(package.digest.clone());
    item.download = Some(package.source.clone());
    item.property("bottari:size", &package.size);
    item.property("bottari:system", &system.system);
    graph.put(ROOT, &reference, item);
}

fn put_image(graph: &mut Graph, component: &str, locked: &LockedImage, scans: &Scans) {
    let reference = format!("image/{}", locked.name);
    let mut item = Item::new(ItemKind::Image, locked.name.to_string());
    item.version = locked.name.tag().map(str::to_owned);
    item.purl = purl::image(&locked.name, &locked.digest, None);
    item.digest = Some(locked.digest.clone());
    for name in &locked.also {
        item.property("bottari:also-named", name);
    }
    for manifest in locked.manifests.iter().filter(|manifest| manifest.omitted) {
        let platform = manifest.platform.as_ref().map_or("unknown".into(), ToString::to_string);
        item.property("bottari:omitted-platform", &platform);
    }
    graph.put(component, &reference, item);
    for manifest in locked.manifests.iter().filter(|manifest| !manifest.omitted) {
        put_manifest(graph, &reference, locked, manifest, scans);
    }
}

fn put_manifest(
    graph: &mut Graph,
    image: &str,
    locked: &LockedImage,
    manifest: &LockedManifest,
    scans: &Scans,
) {
    let reference = format!("manifest/{}", manifest.digest);
    let platform = manifest.platform.as_ref().map(ToString::to_string);
    let is_attestation = platform.as_deref() == Some("unknown/unknown");
    let kind = if is_attestation { ItemKind::Attestation } else { ItemKind::PlatformImage };
    let view = image::view(manifest, scans);
    let mut item = Item::new(kind, locked.name.to_string());
    item.version = locked.name.tag().map(str::to_owned);
    item.digest = Some(manifest.digest.clone());
    if !is_attestation {
        item.purl = purl::image(&locked.name, &manifest.digest, manifest.platform.as_ref());
    }
    if let Some(platform) = &platform {
        item.property("bottari:platform", platform);
    }
    if let Some(system) = &view.system {
        item.property("bottari:system", &system.label());
    }
    for layer in &manifest.layers {
        item.property("bottari:layer", &layer.digest);
    }
    let unread = view.unread.iter();
    item.unread.extend(unread.map(|(layer, it)| format!("layer {layer}: {}", inside::unread(it))));
    graph.put(image, &reference, item);
    inside::packages(graph, &reference, view.system, view.packages);
    for (path, (layer, build)) in view.programs {
        programs(graph, &reference, layer, [(path, build)]);
    }
}
