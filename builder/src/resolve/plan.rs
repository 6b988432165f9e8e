//! What there is to lock, decided from release and definitions alone.

use super::LockError;
use manifests::{
    ImageRef, Name, Role, Version,
    component::{Contents, FileSource, ImageSource, Rendering, ResolvedFile},
    lockfile::FileKind,
    release::{Pick, Release},
};

/// Everything that sources have to be asked about.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) work: Vec<Work>,
}

/// One artifact to lock.
#[derive(Debug)]
pub(super) enum Work {
    File(Box<FileWork>),
    Image(Box<ImageWork>),
}

/// One file to lock.
#[derive(Debug)]
pub(super) struct FileWork {
    pub(super) kind: FileKind,
    pub(super) pick: Pick,
    pub(super) roles: Vec<Role>,
    /// What it is rendered with, when it is a chart.
    pub(super) render: Option<Rendering>,
    pub(super) file: ResolvedFile,
    /// Where the published digest was read.
    pub(super) publisher: Option<String>,
}

/// One image to lock.
#[derive(Debug)]
pub(super) struct ImageWork {
    pub(super) pick: Pick,
    pub(super) source: ImageSource,
    /// The extra names that this release carries.
    pub(super) also: Vec<ImageRef>,
}

impl Plan {
    /// Plans the components that are resolved anew.
    pub(super) fn new(
        release: &Release,
        contents: &[(Pick, Contents)],
        resolves: impl Fn(&Name) -> bool,
    ) -> Result<Self, LockError> {
        let mut work = Vec::new();
        for (pick, contents) in contents {
            if resolves(&pick.name) {
                add(&mut work, release, pick, contents)?;
            }
        }
        Ok(Self { work })
    }
}

fn add(
    work: &mut Vec<Work>,
    release: &Release,
    pick: &Pick,
    contents: &Contents,
) -> Result<(), LockError> {
    for (kind, source) in contents.sources() {
        work.extend(files(kind, release, pick, source)?);
    }
    work.extend(contents.images.iter().map(|source| image(release, pick, source)));
    Ok(())
}

fn files(
    kind: FileKind,
    release: &Release,
    pick: &Pick,
    source: &FileSource,
) -> Result<Vec<Work>, LockError> {
    let definition = |message| LockError::Definition { component: pick.name.clone(), message };
    let files = source.resolve(&pick.version, &release.arches).map_err(definition)?;
    let publisher = source.published.as_ref().map(|published| published.source.clone());
    files
        .into_iter()
        .map(|file| {
            refuse_credentials(&file).map_err(definition)?;
            let (pick, roles, publisher) = (pick.clone(), source.roles.clone(), publisher.clone());
            let render = source.render.clone();
            Ok(Work::File(Box::new(FileWork { kind, pick, roles, render, file, publisher })))
        })
        .collect()
}

/// A definition is published and its URLs end up in lockfiles.
fn refuse_credentials(file: &ResolvedFile) -> Result<(), String> {
    let url = &file.url;
    if url.username().is_empty() && url.password().is_none() {
        return Ok(());
    }
    let host = url.host_str().unwrap_or("");
    Err(format!(
        "the URL of `{}` holds credentials: put them into ~/.netrc under `machine {host}`",
        file.name
    ))
}

fn image(release: &Release, pick: &Pick, source: &ImageSource) -> Work {
    let carried = |also: &&ImageRef| release.extra_names.iter().any(|n| n == also.registry());
    let also = source.also.iter().filter(carried).cloned().collect();
    Work::Image(Box::new(ImageWork { pick: pick.clone(), source: source.clone(), also }))
}

impl FileWork {
    /// What the user calls it.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.pick.name, self.file.name)
    }
}

impl ImageWork {
    /// What the user calls it.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.pick.name, self.source.name)
    }

    pub(super) fn version(&self) -> Version {
        self.pick.version.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn plan(url: &str, extra: &str, is_resolved: bool) -> Result<Plan, LockError> {
        let component = format!(
            "component: a\ntitle: t\nhomepage: https://a.io\nlicence: MIT\nversions:\n  v1:\n    files:\n    - name: f\n      url: {url}\n    images:\n    - name: quay.io/a/b:v1\n      also: [k.example/a/b:v1, l.example/b:v1]\n"
        );
        let release = format!(
            "release: r\nversion: '1'\nserial: 1\ntitle: t\narches: [amd64]\nextra-names: [{extra}]\ncomponents: [{{name: a, version: v1}}]\n"
        );
        let path = Path::new("x.yaml");
        let release = Release::parse(path, &release).unwrap();
        let mut component = manifests::component::Component::parse(path, &component).unwrap();
        let contents = component.versions.pop_first().unwrap().1;
        Plan::new(&release, &[(release.components[0].clone(), contents)], |_| is_resolved)
    }

    #[test]
    fn extra_names_are_carried_only_for_registries_the_release_names() {
        let plan = plan("https://a.io/f", "k.example", true).unwrap();
        let [Work::File(_), Work::Image(image)] = &plan.work[..] else { panic!("{plan:?}") };
        assert_eq!(image.also, ["k.example/a/b:v1".parse().unwrap()]);
    }

    #[test]
    fn credentials_in_a_definition_are_refused_with_the_place_for_them() {
        let error = plan("https://u:p@a.io/f", "", true).unwrap_err().to_string();
        assert!(error.contains("machine a.io") && !error.contains("u:p"), "{error}");
    }

    #[test]
    fn an_update_plans_only_what_it_names() {
        assert_eq!(plan("https://a.io/f", "", false).unwrap().work.len(), 0);
    }
}
