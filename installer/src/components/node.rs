//! One host of the plan to be: what the cluster file and its facts say of it.

use super::{contents::is_package, error::PlanningError, site::Site};
use crate::{
    facts::Facts,
    plan::{HostName, PlannedStep, StepId},
    steps::{Action, FileContent},
};
use manifests::{
    Algorithm, Arch, Role,
    cluster::Host,
    lockfile::{FileKind, LockedFile},
};
use std::collections::BTreeMap;

/// A host of the cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) host: &'a Host,
    pub(super) facts: &'a Facts,
    pub(super) arch: Arch,
}

/// A step without its place: what is the same on each host.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) phase: &'static str,
    pub(super) name: &'a str,
    pub(super) title: String,
    pub(super) why: &'a str,
}

impl<'a> Node<'a> {
    pub(super) fn new(site: &Site<'a>, host: &'a Host) -> Result<Self, PlanningError> {
        let no_facts = || PlanningError::NoFacts { host: host.name.clone() };
        let facts = site.inputs.facts.get(&host.name).ok_or_else(no_facts)?;
        let carried = &site.inputs.lockfile.arches;
        match facts.arch().filter(|arch| carried.contains(arch)) {
            Some(arch) => Self { host, facts, arch }.checked(site),
            None => Err(PlanningError::Machine {
                host: host.name.clone(),
                found: facts.machine.clone().unwrap_or_else(|| "of unknown architecture".into()),
                carried: carried.clone(),
            }),
        }
    }

    /// A host that is worker and control plane may want two versions of something
    /// that each of them wants in one.
    fn checked(self, site: &Site<'a>) -> Result<Self, PlanningError> {
        let mut versions = BTreeMap::new();
        for file in self.files(site) {
            let first = versions.entry(&file.component).or_insert(&file.version);
            if *first != &file.version {
                return Err(PlanningError::Versions {
                    host: self.host.name.clone(),
                    component: file.component.clone(),
                    versions: [(*first).clone(), file.version.clone()],
                });
            }
        }
        Ok(self)
    }

    pub(super) fn name(&self) -> &'a HostName {
        &self.host.name
    }

    pub(super) fn is_control_plane(&self) -> bool {
        self.host.roles.contains(&Role::ControlPlane)
    }

    /// A step on this host that waits for nothing on others.
    pub(super) fn step(
        &self,
        draft: Draft<'_>,
        action: Action,
    ) -> Result<PlannedStep, PlanningError> {
        let Draft { phase, name, title, why } = draft;
        Ok(PlannedStep {
            id: step_id(self.name(), phase, name)?,
            host: self.name().clone(),
            phase: phase.parse().expect("phases are names"),
            title,
            why: why.to_owned(),
            needs: Vec::new(),
            action,
        })
    }

    /// The files of the bundle that this host needs: those of its roles and its
    /// architecture.
    pub(super) fn files(&self, site: &Site<'a>) -> impl Iterator<Item = &'a LockedFile> {
        let (arch, roles) = (self.arch, &self.host.roles);
        let files = site.inputs.lockfile.files.iter();
        files.filter(move |file| {
            file.kind == FileKind::File
                && file.arch.is_none_or(|of| of == arch)
                && file.roles.iter().any(|role| roles.contains(role))
        })
    }

    /// The one of a component that a look at it tells.
    pub(super) fn file(
        &self,
        site: &Site<'a>,
        component: &str,
        is_it: impl Fn(&LockedFile) -> bool,
    ) -> Option<&'a LockedFile> {
        self.files(site).find(|file| file.component.as_str() == component && is_it(file))
    }

    /// The Debian packages among them.
    pub(super) fn packages(&self, site: &Site<'a>) -> impl Iterator<Item = &'a LockedFile> {
        self.files(site).filter(|file| is_package(file))
    }

    /// The error for something that a component should have for this host.
    pub(super) fn lacks(&self, component: &str, file: &str) -> PlanningError {
        let (component, file) = (component.to_owned(), file.to_owned());
        let roles = self.host.roles.iter().copied().collect();
        PlanningError::File { component, file, arch: self.arch, roles }
    }

    /// A whole file of the bundle.
    pub(super) fn artifact(
        &self,
        site: &Site<'_>,
        file: &LockedFile,
    ) -> Result<FileContent, PlanningError> {
        let blob = file.digest.clone();
        let sha256 = match blob.algorithm() {
            Algorithm::Sha256 => Some(&blob),
            Algorithm::Sha512 => site.inputs.contents.sha256.get(&blob),
        };
        match sha256.cloned() {
            Some(sha256) => Ok(FileContent::Artifact { blob, sha256, size: file.size }),
            None => Err(self.lacks(file.component.as_str(), &format!("file `{}`", file.name))),
        }
    }
}

/// The name of a step.
pub(super) fn step_id(host: &HostName, phase: &str, name: &str) -> Result<StepId, PlanningError> {
    Ok(format!("{host}/{phase}/{name}").parse()?)
}
