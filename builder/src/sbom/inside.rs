//! What was found inside images and archives: OS packages, Go programs and
//! their modules.

use super::{
    graph::{Graph, Item, ItemKind},
    purl,
    scan::{Found, GoBuild, GoModule, OsPackage, PackageKind, Scan, System, Unread},
};
use manifests::Digest;

/// A note as text.
pub(super) fn unread(unread: &Unread) -> String {
    match unread.path.as_str() {
        "" => unread.why.clone(),
        path => format!("{path}: {}", unread.why),
    }
}

pub(super) fn packages<'a>(
    graph: &mut Graph,
    parent: &str,
    system: Option<&System>,
    packages: impl IntoIterator<Item = (PackageKind, &'a OsPackage)>,
) {
    for (kind, package) in packages {
        let purl = purl::package(kind, package, system);
        let reference = purl.clone().unwrap_or_else(|| unnamed(kind, package, system));
        let mut item = Item::new(ItemKind::Package, &*package.name);
        item.version = Some(match package.epoch {
            Some(epoch) => format!("{epoch}:{}", package.version),
            None => package.version.clone(),
        });
        item.purl = purl;
        item.licence = package.licence.clone().filter(|licence| !licence.is_empty());
        if let Some(source) = &package.source {
            item.property("bottari:source-package", source);
        }
        graph.put(parent, &reference, item);
    }
}

/// A package whose name makes no package URL is listed all the same.
fn unnamed(kind: PackageKind, package: &OsPackage, system: Option<&System>) -> String {
    let text = format!("{kind:?} {package:?} {system:?}");
    format!("package/{}", bundles::sha256(text.as_bytes()).hex())
}

/// The package that a file is. What an archive of a whole system lists as
/// installed is not that.
pub(super) fn package_of(scan: &Scan) -> impl Iterator<Item = (PackageKind, &OsPackage)> {
    let packages = scan.found.get("").into_iter().filter_map(|found| match found {
        Found::Packages(database) => Some(database),
        _ => None,
    });
    packages.flat_map(|database| database.packages.iter().map(|package| (database.kind, package)))
}

/// The Go programs of a file.
pub(super) fn programs_of(scan: &Scan) -> impl Iterator<Item = (&str, &GoBuild)> {
    scan.found.iter().filter_map(|(path, found)| match found {
        Found::Program(build) => Some((path.as_str(), build)),
        _ => None,
    })
}

/// Programs of the blob `digest`. One with an empty path is the blob itself.
pub(super) fn programs<'a>(
    graph: &mut Graph,
    parent: &str,
    digest: &Digest,
    programs: impl IntoIterator<Item = (&'a str, &'a GoBuild)>,
) {
    for (path, build) in programs {
        if path.is_empty() {
            modules(graph, parent, build);
            continue;
        }
        let reference = format!("program/{digest}/{path}");
        graph.put(parent, &reference, program(path, digest, build));
        modules(graph, &reference, build);
    }
}

fn program(path: &str, blob: &Digest, build: &GoBuild) -> Item {
    let mut item = Item::new(ItemKind::Program, path);
    item.version = build.main.as_ref().map(|main| main.version.clone());
    item.property("bottari:blob", blob);
    if let Some(go) = &build.go {
        item.property("bottari:go", go);
    }
    if let Some(package) = &build.package {
        item.property("bottari:go-package", package);
    }
    for (key, value) in &build.settings {
        item.property("bottari:go-setting", &format!("{key}={value}"));
    }
    item
}

/// The program's own module, those it is linked with, and Go's library.
fn modules(graph: &mut Graph, program: &str, build: &GoBuild) {
    let library = build.go.as_ref().map(|go| GoModule {
        path: "stdlib".to_owned(),
        version: go.clone(),
        sum: None,
    });
    for module in build.main.iter().chain(&build.modules).chain(&library) {
        let GoModule { path, version, sum } = module;
        let mut item = Item::new(ItemKind::Module, path);
        item.version = Some(version.clone());
        item.purl = purl::module(module);
        // The same version with other bytes is another thing.
        let sum_text = sum.as_ref().map(|sum| format!(" {sum}")).unwrap_or_default();
        if let Some(sum) = &sum {
            item.property("bottari:go-sum", sum);
        }
        graph.put(program, &format!("go/{path}@{version}{sum_text}"), item);
    }
}
