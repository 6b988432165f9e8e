//! Manifests out of the cache, rendered as they will be applied, and everything
//! they ask for and add to the API of the cluster.

use super::{
    CheckError,
    charts::{Apis, brought_by},
    finding::{Finding, Place},
    object,
};
use crate::cache::Cache;
use manifests::{
    FileName, Name, Version,
    component::Step,
    lockfile::{FileKind, LockedComponent, LockedFile, Lockfile},
    patch::{self, Patch, RenderError, render},
};
use serde_json::Value;
use std::fmt;

/// What all manifests of a lockfile come to.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    pub(super) findings: Vec<Finding>,
    pub(super) apis: Apis,
}

/// Reads all manifests of a lockfile.
pub(super) fn manifests(lockfile: &Lockfile, cache: &Cache) -> Result<Manifests, CheckError> {
    let mut manifests = Manifests::default();
    for file in &lockfile.files {
        // A new kind of file is read here, by a module of its own, or said to name nothing.
        match file.kind {
            FileKind::Manifest => manifests.read(lockfile, file, cache)?,
            FileKind::Chart | FileKind::File => {}
        }
    }
    Ok(manifests)
}

impl Manifests {
    fn read(
        &mut self,
        lockfile: &Lockfile,
        file: &LockedFile,
        cache: &Cache,
    ) -> Result<(), CheckError> {
        let (name, bytes) = (ManifestName::of(file), bytes(file, cache)?);
        for patches in applied(lockfile, file) {
            let documents = documents(name, &bytes, patches)?;
            self.apis.extend(documents.iter().flat_map(|(_, document)| brought_by(document)));
            self.findings.extend(findings(name, &documents, |_| None));
        }
        Ok(())
    }
}

/// A small file, hashed again.
pub(super) fn bytes(file: &LockedFile, cache: &Cache) -> Result<Vec<u8>, CheckError> {
    let name = ManifestName::of(file).to_string();
    let gone = || CheckError::Gone { file: name, digest: file.digest.clone() };
    cache.read(&file.digest)?.ok_or_else(gone)
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

/// A manifest, or a chart, of a version of a component.
#[derive(Debug, Clone, Copy)]
pub struct ManifestName<'a> {
    /// The component.
    pub component: &'a Name,
    /// Its version.
    pub version: &'a Version,
    /// The file.
    pub file: &'a FileName,
}

impl<'a> ManifestName<'a> {
    pub(super) fn of(file: &'a LockedFile) -> Self {
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
    Ok(findings(name, &documents(name, manifest, patches)?, |_| None))
}

fn documents(
    name: ManifestName<'_>,
    manifest: &[u8],
    patches: &[Patch],
) -> Result<Vec<(usize, Value)>, CheckError> {
    let unreadable =
        |source| CheckError::Manifest { file: name.to_string(), source: Box::new(source) };
    let rendered = render(manifest, patches).map_err(unreadable)?;
    let text = str::from_utf8(&rendered).map_err(RenderError::NotText).map_err(unreadable)?;
    patch::documents(text).map_err(unreadable)
}

/// What documents ask for, each with its first line. The template is that of the
/// document in a line.
pub(super) fn findings(
    name: ManifestName<'_>,
    documents: &[(usize, Value)],
    template: impl Fn(usize) -> Option<String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, document) in documents {
        for object in object::objects(document, *line) {
            let place = Place {
                component: name.component.clone(),
                version: name.version.clone(),
                file: name.file.to_string(),
                template: template(*line),
                object: object.title,
                field: String::new(),
            };
            findings.extend(object.found.into_iter().map(|found| Finding {
                reference: found.reference,
                place: Place { field: found.field, ..place.clone() },
            }));
        }
    }
    findings
}
