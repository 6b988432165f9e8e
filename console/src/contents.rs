//! What a release holds, told the same way by both programs.

use crate::{Table, text};
use manifests::{
    Digest, Name, Version,
    lockfile::{FileKind, LockedFile, LockedImage, Lockfile},
};
use std::collections::BTreeMap;

/// How many of each kind a release holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Images, by the names upstream gives them.
    pub images: u64,
    /// Files.
    pub files: u64,
    /// Kubernetes manifests.
    pub manifests: u64,
    /// Helm charts.
    pub charts: u64,
    /// OS packages, those of each system and architecture apart.
    pub packages: u64,
}

impl Counts {
    /// Counts what a lockfile lists.
    pub fn of(lockfile: &Lockfile) -> Self {
        let files = |kind| lockfile.files.iter().filter(|file| file.kind == kind).count() as u64;
        Self {
            images: lockfile.images.len() as u64,
            files: files(FileKind::File),
            manifests: files(FileKind::Manifest),
            charts: files(FileKind::Chart),
            packages: lockfile.systems.iter().map(|system| system.packages.len() as u64).sum(),
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { images, files, manifests, charts, packages } = *self;
        let images = text::count(images, "image", "images");
        let files = text::count(files, "file", "files");
        write!(f, "{images}, {files}, {}", text::count(manifests, "manifest", "manifests"))?;
        let rare = [(charts, "chart", "charts"), (packages, "OS package", "OS packages")];
        for (count, one, several) in rare.into_iter().filter(|(count, ..)| *count > 0) {
            write!(f, ", {}", text::count(count, one, several))?;
        }
        Ok(())
    }
}

/// The contents of a lockfile as a table for people: component by component, each
/// version of it apart.
pub fn contents(lockfile: &Lockfile) -> Table {
    let mut rows: BTreeMap<(&Name, &Version), Vec<[String; 5]>> = BTreeMap::new();
    for file in &lockfile.files {
        rows.entry((&file.component, &file.version)).or_default().push(file_row(file));
    }
    for image in &lockfile.images {
        rows.entry((&image.component, &image.version)).or_default().extend(image_rows(image));
    }
    let mut table = Table::new(["component", "version", "kind", "name", "size", "for", "blobs"])
        .numbers(&[4, 6]);
    for ((component, version), rows) in rows {
        for (index, row) in rows.into_iter().enumerate() {
            let names = [component.to_string(), version.to_string()];
            let names = if index == 0 { names } else { Default::default() };
            table.row(names.into_iter().chain(row));
        }
    }
    table
}

fn file_row(file: &LockedFile) -> [String; 5] {
    let kind = match file.kind {
        FileKind::File => "file",
        FileKind::Manifest => "manifest",
        FileKind::Chart => "chart",
    };
    let arch = file.arch.map_or_else(|| "all".to_owned(), |arch| arch.to_string());
    [kind.into(), file.name.to_string(), text::size(file.size), arch, "1".into()]
}

/// The image itself, then a row for every other name it answers to.
fn image_rows(image: &LockedImage) -> Vec<[String; 5]> {
    let blobs: BTreeMap<Digest, u64> =
        image.blobs().into_iter().map(|blob| (blob.digest, blob.size)).collect();
    let size = text::size(blobs.values().sum());
    let first =
        ["image".into(), image.name.to_string(), size, platforms(image), blobs.len().to_string()];
    let also = image.also.iter().map(|name| {
        ["  also as".into(), name.to_string(), String::new(), String::new(), String::new()]
    });
    std::iter::once(first).chain(also).collect()
}

/// The platforms carried, and how many more the index names.
fn platforms(image: &LockedImage) -> String {
    let carried = image.manifests.iter().filter(|manifest| !manifest.omitted);
    let mut names: Vec<_> = carried
        .map(|manifest| {
            manifest.platform.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string)
        })
        .collect();
    names.dedup();
    let text = names.join(", ");
    match image.manifests.iter().filter(|manifest| manifest.omitted).count() {
        0 => text,
        omitted => format!("{text} ({omitted} left out)"),
    }
}
