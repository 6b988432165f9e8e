//! Why a lockfile does not pass.

use super::{ChartError, Missing, Report};
use crate::cache::CacheError;
use manifests::{Digest, ExitCode, Failure, lockfile::LockedFile, patch::RenderError};
use std::fmt::Write;

/// How many places of one reference a message lists.
const LISTED: usize = 5;

/// A lockfile that cannot be checked, or does not pass.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A manifest, a chart or Helm is not in the cache any more.
    #[error("the cache lost `{file}` while it was in use: expected {digest}")]
    Gone {
        /// The file: `component/name`.
        file: String,
        /// Its digest.
        digest: Digest,
    },
    /// A manifest cannot be read as it will be applied.
    #[error("`{file}` cannot be read")]
    Manifest {
        /// The manifest: `component/name`.
        file: String,
        /// Why.
        source: Box<RenderError>,
    },
    /// The Helm of the release cannot be used.
    #[error("`{file}` cannot be unpacked")]
    Helm {
        /// The archive: `component/name`.
        file: String,
        /// Why.
        source: Box<ChartError>,
    },
    /// A chart cannot be rendered.
    #[error("chart `{file}` cannot be rendered")]
    Chart {
        /// The chart: `component/name`.
        file: String,
        /// Why.
        source: Box<ChartError>,
    },
    /// Something is missing, or there without a reason.
    #[error("{0}")]
    Incomplete(Box<Incomplete>),
}

/// A report that is not complete, as text.
#[derive(Debug, thiserror::Error)]
#[error("release `{}` is not complete:{}", .0.release, details(.0))]
pub struct Incomplete(Report);

impl CheckError {
    pub(super) fn incomplete(report: Report) -> Self {
        Self::Incomplete(Box::new(Incomplete(report)))
    }

    pub(super) fn helm(program: &LockedFile, error: ChartError) -> Self {
        Self::Helm { file: name(program), source: Box::new(error) }
    }

    pub(super) fn chart(chart: &LockedFile, error: ChartError) -> Self {
        Self::Chart { file: name(chart), source: Box::new(error) }
    }
}

fn name(file: &LockedFile) -> String {
    format!("{}/{}", file.component, file.name)
}

impl Failure for CheckError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Cache(error) => error.exit_code(),
            Self::Gone { .. } => ExitCode::Source,
            Self::Helm { source, .. } | Self::Chart { source, .. } => source.exit_code(),
            Self::Manifest { .. } | Self::Incomplete(_) => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cache(error) => error.hint(),
            Self::Gone { .. } => Some("run the same command again".into()),
            Self::Manifest { .. } => None,
            Self::Helm { source, .. } | Self::Chart { source, .. } => source.hint(),
            Self::Incomplete(incomplete) => Some(incomplete.advice()),
        }
    }
}

impl Incomplete {
    /// One sentence for each kind of mistake that is there.
    fn advice(&self) -> String {
        let report = &self.0;
        let advice = [
            (
                !report.missing.is_empty(),
                "add what is missing to the definition of its component (another name of a locked image goes under `also:`, with its registry in `extra-names:` of the release), or let it pass with a reason under `exceptions:` of the release",
            ),
            (
                !report.unexplained.is_empty(),
                "say under `stated:` of an image where it is named, or take it out",
            ),
            (!report.unused_exceptions.is_empty(), "take exceptions out that nothing needs"),
        ];
        let advice: Vec<_> =
            advice.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text).collect();
        format!("{}; then run `bottari-builder lock RELEASE.yaml`", advice.join("; "))
    }
}

fn details(report: &Report) -> String {
    let mut text = String::new();
    for missing in &report.missing {
        let Missing { reference, gap, .. } = missing;
        let _ = write!(text, "\n  {}: `{reference}` {gap}{}", components(missing), places(missing));
    }
    for stray in &report.unexplained {
        let (component, image) = (&stray.component, &stray.image);
        let _ = write!(text, "\n  {component}: `{image}` is locked, but nothing names it");
    }
    for reference in &report.unused_exceptions {
        let _ = write!(text, "\n  the release: nothing needs the exception `{reference}`");
    }
    text
}

fn components(missing: &Missing) -> String {
    let mut names: Vec<_> = missing.places.iter().map(|place| place.component.as_str()).collect();
    names.dedup();
    names.join(", ")
}

fn places(missing: &Missing) -> String {
    let listed = missing.places.iter().take(LISTED).map(|place| format!("\n    in {place}"));
    let more = missing.places.len().saturating_sub(LISTED);
    let more = (more > 0).then(|| format!("\n    and in {more} more"));
    listed.chain(more).collect()
}
