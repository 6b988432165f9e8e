//! Reading this repository's data, and comparing sets of lines.

use manifests::{
    Arch, Digest,
    catalog::Catalog,
    component::{Component, Contents, FileSource, ImageSource, ResolvedFile, Trust},
    release::{Pick, Release},
    yaml,
};
use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The folder of this crate, which holds the data too.
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The architectures that a definition may have something for.
pub(crate) const BOTH: [Arch; 2] = [Arch::Amd64, Arch::Arm64];

pub(crate) type Lines = BTreeSet<String>;

/// Every component definition.
pub(crate) fn definitions() -> Vec<Component> {
    let files = files_below(&Path::new(ROOT).join("components"));
    let parse = |path: &PathBuf| Component::parse(path, &read(path));
    files.iter().map(|path| parse(path).expect("every definition parses")).collect()
}

/// The K-PaaS release, with what each of its picks is made of.
pub(crate) fn kpaas() -> (Release, Vec<(Pick, Contents)>) {
    release(&Path::new(ROOT).join("releases/kpaas-1.7.0.yaml"))
}

/// A release file with all its profiles, and what each of its picks is made of.
pub(crate) fn release(path: &Path) -> (Release, Vec<(Pick, Contents)>) {
    let release = Release::parse(path, &read(path)).unwrap_or_else(|error| panic!("{error}"));
    let picks = Catalog::beside(path).contents(&release).unwrap_or_else(|error| panic!("{error}"));
    (release, picks)
}

pub(crate) fn read(path: &Path) -> String {
    yaml::read(path).expect("the file was just found")
}

/// Every YAML file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().expect("the folder is part of the repository") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    found
}

/// The files of a source as they are fetched.
pub(crate) fn resolved(source: &FileSource, pick: &Pick, arches: &[Arch]) -> Vec<ResolvedFile> {
    source.resolve(&pick.version, arches).expect("a parsed definition resolves")
}

/// The pin of a file: `sha256:… primary`, or two dashes when there is none.
pub(crate) fn pin(published: Option<(Digest, Trust)>) -> String {
    match published {
        Some((digest, Trust::Primary)) => format!("{digest} primary"),
        Some((digest, Trust::ThirdParty)) => format!("{digest} third-party"),
        None => "- -".to_owned(),
    }
}

/// The pin of an image, in the same form.
pub(crate) fn image_pin(image: &ImageSource) -> String {
    let published = image.published.as_ref();
    pin(published.and_then(|p| p.digest(None).cloned().map(|digest| (digest, p.trust))))
}

/// Something that lies beside some checkouts only; without it there is nothing to
/// compare with, which is said past the capture of the test's output.
pub(crate) fn at_hand(path: &str) -> Option<PathBuf> {
    let path = Path::new(ROOT).join(path);
    if !path.exists() {
        // A closed terminal is no reason to fail.
        let _said = writeln!(
            io::stderr(),
            "\nSKIPPED: `{}` is not here, nothing is compared with it\n",
            path.display()
        );
        return None;
    }
    Some(path)
}

/// Fails with the lines that only one of the two sides has.
pub(crate) fn assert_same(expected: (&str, &Lines), found: (&str, &Lines)) {
    let only = |one: &Lines, other: &Lines| {
        one.difference(other).map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    };
    let (missing, unexpected) = (only(expected.1, found.1), only(found.1, expected.1));
    assert!(
        missing.is_empty() && unexpected.is_empty(),
        "missing, only in {}:\n{missing}\nunexpected, only in {}:\n{unexpected}",
        expected.0,
        found.0,
    );
}
