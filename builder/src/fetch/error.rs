//! Why a lockfile's blobs cannot be fetched.

use super::plan::{Missing, Plan};
use crate::http::HttpError;
use manifests::{ExitCode, Failure};

/// How many missing blobs one message lists.
const LISTED: usize = 20;

/// Blobs that cannot be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The lockfile contradicts itself.
    #[error("the lockfile is wrong: {0}")]
    Lockfile(String),
    /// The way out cannot be set up.
    #[error("sources cannot be reached")]
    Setup(#[source] Box<HttpError>),
    /// A source gives other bytes than the lockfile names.
    #[error("`{artifact}` has changed at its source")]
    Changed {
        /// The artifact: `component/name`.
        artifact: String,
        /// The component.
        component: String,
        /// Expected and found.
        source: Box<HttpError>,
    },
    /// A source.
    #[error("`{artifact}` cannot be fetched")]
    Source {
        /// The artifact: `component/name`.
        artifact: String,
        /// The component.
        component: String,
        /// Why.
        source: Box<HttpError>,
    },
    /// Offline, and the cache is not complete.
    #[error("the cache lacks {count} of the lockfile's blobs, {bytes} bytes:\n{list}")]
    Offline {
        /// How many.
        count: usize,
        /// How large they are together.
        bytes: u64,
        /// One line each: artifact, digest, size.
        list: String,
    },
}

impl FetchError {
    pub(super) fn setup(error: HttpError) -> Self {
        Self::Setup(Box::new(error))
    }

    pub(super) fn offline(plan: &Plan<'_>) -> Self {
        let mut lines: Vec<_> = plan.missing.iter().take(LISTED).map(line).collect();
        if plan.missing.len() > LISTED {
            lines.push(format!("  and {} more", plan.missing.len() - LISTED));
        }
        let (count, bytes) = (plan.missing.len(), plan.bytes());
        Self::Offline { count, bytes, list: lines.join("\n") }
    }

    /// Names the artifact. A blob without any source is a lockfile's mistake.
    pub(super) fn source(missing: &Missing<'_>, error: Option<HttpError>) -> Self {
        let artifact = missing.name();
        let component = artifact.split('/').next().unwrap_or_default().to_owned();
        match error {
            None => Self::Lockfile(format!("`{artifact}` has no source")),
            Some(error) if error.root().is_changed_source() => {
                Self::Changed { artifact, component, source: Box::new(error) }
            }
            Some(error) => Self::Source { artifact, component, source: Box::new(error) },
        }
    }
}

fn line(missing: &Missing<'_>) -> String {
    let blob = &missing.blob.descriptor;
    format!("  {}  {}  {} bytes", missing.name(), blob.digest, blob.size)
}

impl Failure for FetchError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Lockfile(_) => ExitCode::Input,
            Self::Setup(source) | Self::Source { source, .. } => source.exit_code(),
            Self::Changed { .. } | Self::Offline { .. } => ExitCode::Source,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Lockfile(_) => None,
            Self::Changed { component, .. } => Some(format!(
                "find out why upstream changed it; when the new bytes are right, run `bottari-builder lock RELEASE.yaml --update {component}`"
            )),
            Self::Source { component, source, .. } => match source.root() {
                HttpError::Missing { .. } => Some(format!(
                    "the source no longer has it: run `bottari-builder lock RELEASE.yaml --update {component}`, or name a copy with --mirrors FILE"
                )),
                _ => source.hint(),
            },
            Self::Setup(source) => source.hint(),
            Self::Offline { .. } => Some(
                "run `bottari-builder build LOCK` once without --offline where the sources can be reached".into(),
            ),
        }
    }
}
