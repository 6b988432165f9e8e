//! The folder of component definitions, `manifests/components/` in this
//! repository: one folder per component, each with its `component.yaml`.

use crate::{
    Name,
    component::{Component, Contents},
    release::{Pick, Release},
    yaml::{self, InputError},
};
use std::path::{Path, PathBuf};

/// Where component definitions are read from.
#[derive(Debug, Clone)]
pub struct Catalog {
    root: PathBuf,
}

impl Catalog {
    /// A catalog in this folder.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The catalog beside a release file: `../components`.
    pub fn beside(release: &Path) -> Self {
        let folder = release.parent().unwrap_or(Path::new("."));
        Self { root: folder.join("../components") }
    }

    /// Reads one definition.
    pub fn component(&self, name: &Name) -> Result<Component, InputError> {
        let path = self.path(name);
        let component = Component::parse(&path, &yaml::read(&path)?)?;
        if component.component != *name {
            let message = format!("expected component: {name}, found {}", component.component);
            return Err(InputError::meaning(&path, message));
        }
        Ok(component)
    }

    /// What each component of a release is made of, in the release's order.
    pub fn contents(&self, release: &Release) -> Result<Vec<(Pick, Contents)>, InputError> {
        release.components.iter().map(|pick| Ok((pick.clone(), self.pick(pick)?))).collect()
    }

    fn pick(&self, pick: &Pick) -> Result<Contents, InputError> {
        let mut component = self.component(&pick.name)?;
        component.versions.remove(&pick.version).ok_or_else(|| {
            let known: Vec<_> = component.versions.keys().map(ToString::to_string).collect();
            let (version, known) = (&pick.version, known.join(", "));
            let message = format!("no version {version} here; it has: {known}");
            InputError::meaning(&self.path(&pick.name), message)
        })
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.root.join(name.as_str()).join("component.yaml")
    }
}
