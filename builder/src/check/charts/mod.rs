//! Charts, rendered as they will be installed: by the Helm that the release
//! brings, for its Kubernetes and with every API that it adds. What comes out is
//! read like any manifest. A chart that cannot be rendered here is told, never
//! passed over.

mod apis;
mod error;
mod helm;
mod manifest;
mod outcome;
mod renderer;
mod run;
mod select;

pub(super) use apis::{Apis, brought_by};
pub use error::ChartError;
pub use outcome::{Rendered, Unknown, Unread};
pub(super) use select::needs;

use super::{CheckError, finding::Finding};
use crate::cache::Cache;
use manifests::lockfile::{FileKind, Lockfile};
use renderer::Renderer;
use std::sync::atomic::AtomicBool;

/// What all charts of a lockfile came to.
#[derive(Debug, Default)]
pub(super) struct Charts {
    pub(super) findings: Vec<Finding>,
    pub(super) rendered: Vec<Rendered>,
    pub(super) unread: Vec<Unread>,
}

/// Renders and reads all charts of a lockfile, whose manifests bring these APIs.
pub(super) fn read(
    lockfile: &Lockfile,
    cache: &Cache,
    apis: Apis,
    stop: &AtomicBool,
) -> Result<Charts, CheckError> {
    let mut charts = Charts::default();
    let mut known = Vec::new();
    for file in lockfile.files.iter().filter(|file| file.kind == FileKind::Chart) {
        match select::settings(lockfile, file) {
            Ok(render) => known.push((file, render)),
            Err(why) => charts.unread.push(Unread::new(file, why)),
        }
    }
    let Some(program) = select::program(lockfile).filter(|_| !known.is_empty()) else {
        return Ok(charts);
    };
    let renderer = Renderer::open(lockfile, program, cache, stop)?;
    for manifest in renderer.all(&known, apis)? {
        charts.findings.extend(manifest.findings());
        charts.rendered.push(renderer.outcome(&manifest));
    }
    Ok(charts)
}
