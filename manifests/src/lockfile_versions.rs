//! A component in two versions: what keeps one from standing in for the other.
//! Hosts take a file by component and role, people by component and name, and
//! inside a cluster there is only one of each object.

use crate::{
    Arch, FileName, Name, Role, Version,
    component::{Contents, FileSource},
    lockfile::{FileKind, LockedFile, Lockfile},
    release::Pick,
};
use std::collections::BTreeMap;

/// A file of one version of a component.
#[derive(Debug, Clone)]
struct VersionedFile<'a> {
    kind: FileKind,
    component: &'a Name,
    version: &'a Version,
    name: FileName,
    arch: Option<Arch>,
    roles: &'a [Role],
}

/// Whether the components of a release go into one bundle, as far as their
/// definitions tell. An error names what is there twice.
pub fn check_versions(contents: &[(Pick, Contents)], arches: &[Arch]) -> Result<(), String> {
    let with_steps = contents.iter().filter(|(_, contents)| !contents.steps.is_empty());
    check_steps(with_steps.map(|(pick, _)| (&pick.name, &pick.version)))?;
    let mut files = Vec::new();
    for (pick, contents) in contents {
        for (kind, source) in contents.sources() {
            files.extend(of_source(pick, kind, source, arches)?);
        }
    }
    check_files(&files, arches)
}

pub(crate) fn check_locked(lockfile: &Lockfile) -> Result<(), String> {
    let with_steps = lockfile.components.iter().filter(|component| !component.steps.is_empty());
    check_steps(with_steps.map(|component| (&component.name, &component.version)))?;
    let files: Vec<_> = lockfile.files.iter().map(of_locked).collect();
    check_files(&files, &lockfile.arches)
}

fn of_source<'a>(
    pick: &'a Pick,
    kind: FileKind,
    source: &'a FileSource,
    arches: &[Arch],
) -> Result<Vec<VersionedFile<'a>>, String> {
    let Pick { name: component, version, .. } = pick;
    let files = source.resolve(version, arches);
    let files = files.map_err(|message| format!("component `{component}`: {message}"))?;
    let file = |file: crate::component::ResolvedFile| VersionedFile {
        kind,
        component,
        version,
        name: file.name,
        arch: file.arch,
        roles: &source.roles,
    };
    Ok(files.into_iter().map(file).collect())
}

fn of_locked(file: &LockedFile) -> VersionedFile<'_> {
    let LockedFile { kind, component, version, name, arch, roles, .. } = file;
    VersionedFile { kind: *kind, component, version, name: name.clone(), arch: *arch, roles }
}

fn check_steps<'a>(
    components: impl Iterator<Item = (&'a Name, &'a Version)>,
) -> Result<(), String> {
    let mut first = BTreeMap::new();
    for (name, version) in components {
        if let Some(other) = first.insert(name, version) {
            return Err(format!(
                "component `{name}` has steps in {other} and in {version}; only one version can be installed inside a cluster"
            ));
        }
    }
    Ok(())
}

fn check_files(files: &[VersionedFile<'_>], arches: &[Arch]) -> Result<(), String> {
    let mut names = BTreeMap::new();
    let mut wishes = BTreeMap::new();
    for file in files {
        let VersionedFile { component, version, name, arch, .. } = file;
        let other = names.entry((component, name, arch)).or_insert(version);
        if other != &version {
            return Err(format!(
                "`{component}/{name}` is there in {other} and in {version}; put {{version}} into its name"
            ));
        }
        for (role, arch) in file.wishes(arches) {
            let other = wishes.entry((component, role, arch)).or_insert(version);
            if other != &version {
                let role = role.as_str();
                return Err(format!(
                    "component `{component}`: {role} hosts want its files in {other} and in {version}; give each version other roles, or lock without one of them"
                ));
            }
        }
    }
    Ok(())
}

impl VersionedFile<'_> {
    /// The roles and architectures of the hosts that want it. No host takes
    /// manifests and charts as they are.
    fn wishes(&self, arches: &[Arch]) -> Vec<(Role, Arch)> {
        if self.kind != FileKind::File {
            return Vec::new();
        }
        let arches = arches.iter().filter(|arch| self.arch.is_none_or(|of| of == **arch));
        arches.flat_map(|arch| self.roles.iter().map(|role| (*role, *arch))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{component::Component, release::Release};
    use std::path::Path;

    /// CRI-O in two versions, each with these lines.
    fn check(first: &str, second: &str) -> Result<(), String> {
        let component = format!(
            "component: cri-o\ntitle: t\nhomepage: https://a.io\nlicence: MIT\nversions:\n  v1.33.5: {{{first}}}\n  v1.30.0: {{{second}}}\n"
        );
        let release = "release: r\nversion: '1'\nserial: 1\ntitle: t\narches: [amd64, arm64]\ncomponents: [{name: cri-o, version: v1.33.5}, {name: cri-o, version: v1.30.0}]\n";
        let mut component = Component::parse(Path::new("c.yaml"), &component).unwrap();
        let release = Release::parse(Path::new("r.yaml"), release).unwrap();
        let contents =
            |pick: Pick| (pick.clone(), component.versions.remove(&pick.version).unwrap());
        let contents: Vec<_> = release.components.into_iter().map(contents).collect();
        check_versions(&contents, &release.arches)
    }

    const LOCK: &str = "
format: bottari.lock/v1
release: r
version: '1'
serial: 1
title: t
arches: [amd64]
compression-level: 3
components:
- {name: cri-o, version: v1, leaves: {interfaces: [a0]}}
- {name: cri-o, version: v2, steps: [{wait: {rollout: deployment/a, namespace: a}}]}
files:
- {kind: file, component: cri-o, version: v1, name: v1.tgz, ROLE}
- {kind: file, component: cri-o, version: v2, name: v2.tgz, roles: [worker], DATA}
images: []
";

    /// A lockfile with CRI-O in two versions, the first for hosts of this role.
    fn lock(role: &str) -> String {
        let digest = "sha256:8b50d62d38cb2de005b42227dd14b33f6e01758970f248f9257789ecfaf634c9";
        let data =
            format!("source: 'https://a.io/a', size: 1, digest: '{digest}', media-type: a/b");
        LOCK.replace("ROLE", &format!("roles: [{role}], DATA")).replace("DATA", &data)
    }

    fn refusal(text: &str) -> String {
        Lockfile::parse(Path::new("x.lock"), text).unwrap_err().to_string()
    }

    #[test]
    fn a_lockfile_is_held_to_the_same() {
        let good = lock("edge");
        assert_eq!(Lockfile::parse(Path::new("x.lock"), &good).unwrap().components.len(), 2);
        assert!(refusal(&lock("worker")).contains("worker hosts want its files in v1 and in v2"));
        assert!(refusal(&good.replace("v2.tgz", "v1.tgz")).contains("`cri-o/v1.tgz` is there in"));
        let steps = good.replace(
            "leaves: {interfaces: [a0]}",
            "steps: [{wait: {rollout: deployment/a, namespace: a}}]",
        );
        assert!(refusal(&steps).contains("`cri-o` has steps in v1 and in v2"));
    }

    fn file(name: &str, roles: &str) -> String {
        format!("files: [{{name: '{name}', url: 'https://a.io/{{arch}}', roles: [{roles}]}}]")
    }

    fn manifest(name: &str) -> String {
        format!("manifests: [{{name: '{name}', url: 'https://a.io/m', roles: [control-plane]}}]")
    }

    #[test]
    fn two_versions_for_different_hosts_go_together() {
        let cluster = file("{version}-{arch}.tgz", "control-plane, worker");
        assert_eq!(check(&cluster, &file("{version}-{arch}.tgz", "edge")), Ok(()));
        assert_eq!(check(&cluster, &file("{version}-{arch}.tgz", "")), Ok(()));
        assert_eq!(check(&manifest("{version}.yaml"), &manifest("{version}.yaml")), Ok(()));
    }

    #[test]
    fn no_host_is_left_to_choose_between_two_versions() {
        let cluster = file("{version}-{arch}.tgz", "control-plane, worker");
        let error = check(&cluster, &file("{version}-{arch}.tgz", "worker, edge")).unwrap_err();
        let expected = "`cri-o`: worker hosts want its files in v1.33.5 and in v1.30.0";
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_name_stands_for_one_version() {
        let error = check(&file("crio", "worker"), &file("crio", "edge")).unwrap_err();
        assert!(error.contains("`cri-o/crio` is there in v1.33.5 and in v1.30.0"), "{error}");
        let error = check(&manifest("crio.yaml"), &manifest("crio.yaml")).unwrap_err();
        assert!(error.contains("put {version} into its name"), "{error}");
    }

    #[test]
    fn only_one_version_is_installed_inside_a_cluster() {
        let with_steps =
            format!("{}, steps: [{{apply: v1.33.5.yaml}}]", manifest("{version}.yaml"));
        assert_eq!(check(&with_steps, &manifest("{version}.yaml")), Ok(()));
        let other = with_steps.replace("apply: v1.33.5", "apply: v1.30.0");
        let error = check(&with_steps, &other).unwrap_err();
        assert!(error.contains("has steps in v1.33.5 and in v1.30.0"), "{error}");
    }
}
