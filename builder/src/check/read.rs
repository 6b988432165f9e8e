//! Manifests out of the cache, rendered as they will be applied, and everything
//! they ask for.

use super::{
    CheckError,
    finding::{Finding, Place},
    object,
};
use crate::cache::Cache;
use manifests::{
    FileName, Name, Version,
    component::Step,
    lockfile::{FileKind, LockedComponent, LockedFile, Lockfile},
    patch::{Patch, RenderError, documents, render},
};
use std::fmt;

/// What all manifests of a lockfile ask for.
pub(super) fn findings(lockfile: &Lockfile, cache: &Cache) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    for file in &lockfile.files {
        // A new kind of file is read here, said to name nothing, or reported as unread.
        match file.kind {
            FileKind::Manifest => findings.extend(manifest(lockfile, file, cache)?),
            FileKind::Chart | FileKind::File => {}
        }
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

fn manifest(
    lockfile: &Lockfile,
    file: &LockedFile,
    cache: &Cache,
) -> Result<Vec<Finding>, CheckError> {
    let name = ManifestName::of(file);
    let gone = || CheckError::Gone { file: name.to_string(), digest: file.digest.clone() };
    let bytes = cache.read(&file.digest)?.ok_or_else(gone)?;
    let mut findings = Vec::new();
    for patches in applied(lockfile, file) {
        findings.extend(read_manifest(name, &bytes, patches)?);
    }
    Ok(findings)
}

/// The patches of each step that applies a manifest; none at all for one that
/// no step applies, which an operator may do.
fn applied<'a>(lockfile: &'a Lockfile, file: &LockedFile) -> Vec<&'a [Patch]> {
    let is_of = |component: &&LockedComponent| {
        (&component.name, &component.version) == (&file.component, &file.version)
    };
    let components = lockfile.components.iter().filter(is_of);
    let steps = components.flat_map(|component| component.steps.iter().filter_map(Step::applied));
    let steps = steps.filter(|apply| apply.manifest == file.name);
    let mut patches: Vec<_> = steps.map(|apply| apply.patches.as_slice()).collect();
    if patches.is_empty() {
        patches.push(&[]);
    }
    patches
}

/// A manifest of a version of a component.
#[derive(Debug, Clone, Copy)]
pub struct ManifestName<'a> {
    /// The component.
    pub component: &'a Name,
    /// Its version.
    pub version: &'a Version,
    /// The manifest's file.
    pub file: &'a FileName,
}

impl<'a> ManifestName<'a> {
    fn of(file: &'a LockedFile) -> Self {
        let LockedFile { component, version, name, .. } = file;
        Self { component, version, file: name }
    }
}

/// `calico/calico.yaml`: what people call it.
impl fmt::Display for ManifestName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.component, self.file)
    }
}

/// What one manifest asks for as it is applied, with its patches.
pub fn read_manifest(
    name: ManifestName<'_>,
    manifest: &[u8],
    patches: &[Patch],
) -> Result<Vec<Finding>, CheckError> {
    let unreadable =
        |source| CheckError::Manifest { file: name.to_string(), source: Box::new(source) };
    let rendered = render(manifest, patches).map_err(unreadable)?;
    let text = str::from_utf8(&rendered).map_err(RenderError::NotText).map_err(unreadable)?;
    let documents = documents(text).map_err(unreadable)?;
    let objects = documents.iter().flat_map(|(line, value)| object::objects(value, *line));
    let findings = objects.flat_map(|object| {
        let place = Place {
            component: name.component.clone(),
            version: name.version.clone(),
            file: name.file.to_string(),
            object: object.title,
            field: String::new(),
        };
        object.found.into_iter().map(move |found| Finding {
            reference: found.reference,
            place: Place { field: found.field, ..place.clone() },
        })
    });
    Ok(findings.collect())
}
