//! All charts of a lockfile through one Helm.

use super::{
    Apis, Rendered, apis,
    helm::{Chart, Helm},
    manifest::Manifest,
    run::Limits,
    select,
};
use crate::{
    cache::Cache,
    check::{CheckError, read},
};
use manifests::{
    Arch, Version,
    component::Rendering,
    lockfile::{LockedFile, Lockfile},
    patch,
};
use std::{sync::atomic::AtomicBool, time::Duration};

/// Real charts take a tenth of a second.
const LIMIT: Duration = Duration::from_mins(1);

/// How often all charts are rendered at most: each may look at what others bring.
const ROUNDS: usize = 3;

/// A Helm at work on one lockfile.
pub(super) struct Renderer<'a> {
    helm: Helm,
    version: &'a Version,
    kubernetes: Option<&'a Version>,
    cache: &'a Cache,
    limits: Limits<'a>,
}

impl<'a> Renderer<'a> {
    pub(super) fn open(
        lockfile: &'a Lockfile,
        (program, arch): (&'a LockedFile, Arch),
        cache: &'a Cache,
        stop: &'a AtomicBool,
    ) -> Result<Self, CheckError> {
        let archive = read::bytes(program, cache)?;
        let helm =
            Helm::unpack(&archive, arch).map_err(|error| CheckError::helm(program, error))?;
        let limits = Limits { time: LIMIT, bytes: patch::LARGEST as u64, stop };
        Ok(Self {
            helm,
            version: &program.version,
            kubernetes: select::kubernetes(lockfile),
            cache,
            limits,
        })
    }

    /// Helm puts the definitions of a chart in place before it looks at the rest,
    /// so whatever any chart brings is known to all.
    pub(super) fn all(
        &self,
        charts: &[(&'a LockedFile, &Rendering)],
        apis: Apis,
    ) -> Result<Vec<Manifest<'a>>, CheckError> {
        let mut apis: Apis = apis.into_iter().chain(apis::built_in()).collect();
        let each = |apis: &Apis| {
            charts.iter().map(|(file, render)| self.one(file, render, apis)).collect()
        };
        for _ in 1..ROUNDS {
            let manifests: Vec<Manifest<'_>> = each(&apis)?;
            let brought: Apis = manifests.iter().flat_map(Manifest::apis).collect();
            if brought.is_subset(&apis) {
                return Ok(manifests);
            }
            apis.extend(brought);
        }
        each(&apis)
    }

    fn one(
        &self,
        file: &'a LockedFile,
        render: &Rendering,
        apis: &Apis,
    ) -> Result<Manifest<'a>, CheckError> {
        let archive = read::bytes(file, self.cache)?;
        let chart = Chart { archive: &archive, render, kubernetes: self.kubernetes, apis };
        let text = self.helm.render(chart, self.limits);
        let manifest = text.and_then(|text| Manifest::parse(file, text));
        manifest.map_err(|error| CheckError::chart(file, error))
    }

    pub(super) fn outcome(&self, manifest: &Manifest<'_>) -> Rendered {
        let LockedFile { component, version, name: file, .. } = manifest.file.clone();
        let (helm, kubernetes) = (self.version.clone(), self.kubernetes.cloned());
        Rendered { component, version, file, helm, kubernetes, objects: manifest.objects() }
    }
}
