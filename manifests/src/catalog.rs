//! The folder of component definitions, `manifests/components/` in this
//! repository: one folder per component, each with its `component.yaml`. With
//! overlays there are several such folders, read as one: a component may have
//! versions in more than one of them, but each version in one only. Definitions of
//! systems and rules lie beside them.

use crate::{
    Name,
    component::{Component, Contents},
    component_pins::unpin,
    lockfile::CatalogEntry,
    packages::{SystemDefinition, SystemName},
    release::{Pick, Release},
    rules::RuleBook,
    yaml::{self, InputError},
};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// Where component definitions are read from.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// The release's own folder comes last.
    folders: Vec<PathBuf>,
}

impl Catalog {
    /// A catalog in this folder.
    pub fn new(folder: &Path) -> Self {
        Self { folders: vec![folder.to_owned()] }
    }

    /// The catalog beside a release file: `../components`.
    pub fn beside(release: &Path) -> Self {
        Self::new(&folder_beside(release))
    }

    /// The same with the definitions beside an overlay, when it has any.
    #[must_use]
    pub fn with_beside(mut self, overlay: &Path) -> Self {
        let folder = folder_beside(overlay);
        let known = |one: &PathBuf| fs::canonicalize(one).ok() == fs::canonicalize(&folder).ok();
        if folder.is_dir() && !self.folders.iter().any(known) {
            self.folders.insert(0, folder);
        }
        self
    }

    /// Reads one definition, of which there must be one.
    pub fn component(&self, name: &Name) -> Result<Component, InputError> {
        match self.definition(name)? {
            Some(component) => Ok(component),
            None if self.folders.len() > 1 => {
                let message = format!("`{name}` is not defined in {self}");
                Err(InputError::meaning(&self.path(name), message))
            }
            None => read(&self.path(name), name),
        }
    }

    /// Reads one definition, with the versions of all folders.
    pub(crate) fn definition(&self, name: &Name) -> Result<Option<Component>, InputError> {
        let paths = self.folders.iter().map(|folder| path(folder, name));
        let mut found: Option<(PathBuf, Component)> = None;
        for path in paths.filter(|path| path.exists()) {
            let component = read(&path, name)?;
            found = Some(match found {
                None => (path, component),
                Some((first, before)) => {
                    let merged = merged(before, &path, component);
                    (path, merged.map_err(|message| InputError::meaning(&first, message))?)
                }
            });
        }
        Ok(found.map(|(_, component)| component))
    }

    /// The rules beside the definitions: `../rules` of each folder.
    pub fn rules(&self) -> Result<RuleBook, InputError> {
        let folders: Vec<_> = self.folders.iter().map(|folder| folder.join("../rules")).collect();
        RuleBook::read(&folders)
    }

    /// The definition of a system: `../systems/<name>.yaml` of each folder, of which
    /// there must be one.
    pub fn system(&self, name: &SystemName) -> Result<SystemDefinition, InputError> {
        let path = |folder: &PathBuf| folder.join("../systems").join(format!("{name}.yaml"));
        let paths: Vec<_> = self.folders.iter().map(path).collect();
        let found: Vec<_> = paths.iter().filter(|path| path.exists()).collect();
        match found[..] {
            [] => read_system(paths.last().expect("a catalog has a folder"), name),
            [only] => read_system(only, name),
            [first, second, ..] => {
                let message = format!("`{name}` is defined in `{}` too", second.display());
                Err(InputError::meaning(first, message))
            }
        }
    }

    /// What each component of a release is made of, in the release's order.
    pub fn contents(&self, release: &Release) -> Result<Vec<(Pick, Contents)>, InputError> {
        let contents = |pick: &Pick| {
            let mut contents = self.pick(pick)?;
            if release.overlays.iter().any(|overlay| overlay.unpins(&pick.name)) {
                unpin(&mut contents);
            }
            Ok((pick.clone(), contents))
        };
        release.components.iter().map(contents).collect()
    }

    /// What each component of a release is, in the release's order.
    pub fn entries(&self, release: &Release) -> Result<Vec<CatalogEntry>, InputError> {
        let entry = |pick: &Pick| Ok(CatalogEntry::of(pick, self.component(&pick.name)?));
        release.components.iter().map(entry).collect()
    }

    fn pick(&self, pick: &Pick) -> Result<Contents, InputError> {
        let mut component = self.component(&pick.name)?;
        component.versions.remove(&pick.version).ok_or_else(|| {
            let (version, known) = (&pick.version, versions(&component));
            let message = format!("no version {version} here; it has: {known}");
            InputError::meaning(&self.path(&pick.name), message)
        })
    }

    /// Where the release's own definition is.
    fn path(&self, name: &Name) -> PathBuf {
        path(self.folders.last().expect("a catalog has a folder"), name)
    }
}

/// The folders, as a person reads them: "`a` or `b`".
impl fmt::Display for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folders: Vec<_> =
            self.folders.iter().map(|one| format!("`{}`", one.display())).collect();
        f.write_str(&folders.join(" or "))
    }
}

fn folder_beside(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new(".")).join("../components")
}

fn path(folder: &Path, name: &Name) -> PathBuf {
    folder.join(name.as_str()).join("component.yaml")
}

fn read(path: &Path, name: &Name) -> Result<Component, InputError> {
    let component = Component::parse(path, &yaml::read(path)?)?;
    if component.component == *name {
        return Ok(component);
    }
    let message = format!("expected component: {name}, found {}", component.component);
    Err(InputError::meaning(path, message))
}

fn read_system(path: &Path, name: &SystemName) -> Result<SystemDefinition, InputError> {
    let system = SystemDefinition::parse(path, &yaml::read(path)?)?;
    if system.system == *name {
        return Ok(system);
    }
    let message = format!("expected system: {name}, found {}", system.system);
    Err(InputError::meaning(path, message))
}

/// The versions of a definition, as a person reads them.
pub(crate) fn versions(component: &Component) -> String {
    component.versions.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A version in two folders would let one of them take the other's digests away.
fn merged(mut first: Component, path: &Path, second: Component) -> Result<Component, String> {
    for (version, contents) in second.versions {
        if first.versions.contains_key(&version) {
            let path = path.display();
            return Err(format!(
                "version {version} is defined in `{path}` too; give it another name"
            ));
        }
        first.versions.insert(version, contents);
    }
    Ok(first)
}
