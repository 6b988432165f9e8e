//! Why a chart cannot be rendered.

use manifests::{ExitCode, Failure, patch::RenderError};
use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

/// What stands between a chart and its objects.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// A file or folder that is there for the time of the check.
    #[error("cannot {action} `{path}`")]
    Io {
        /// The verb: "create", "write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Helm's archive is none.
    #[error("the archive cannot be read")]
    Archive(#[source] io::Error),
    /// Helm's archive is one, without Helm in it.
    #[error("the archive holds no `{member}`")]
    NoProgram {
        /// Where Helm should be.
        member: String,
    },
    /// What lies at Helm's place is a link or a folder.
    #[error("`{member}` in the archive is not a plain file")]
    NotPlain {
        /// Where Helm should be.
        member: String,
    },
    /// What lies at Helm's place is larger than any Helm.
    #[error("`{member}` in the archive is too large: expected at most {most} bytes, found {found}")]
    TooLarge {
        /// Where Helm should be.
        member: String,
        /// Its size in bytes.
        found: u64,
        /// The largest size in bytes.
        most: u64,
    },
    /// The system does not run Helm.
    #[error("`{program}` cannot be started")]
    Start {
        /// Where it was unpacked.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Helm did not come to an end.
    #[error("helm was stopped: it took more than {} s", .most.as_secs_f32())]
    Late {
        /// How long it may take.
        most: Duration,
    },
    /// The chart comes to more than anybody applies.
    #[error("helm was stopped: it wrote more than {most} bytes")]
    Endless {
        /// How much it may come to, in bytes.
        most: u64,
    },
    /// The operator ended the check.
    #[error("interrupted")]
    Interrupted,
    /// Helm refuses the chart.
    #[error("helm ended with {status}: {words}")]
    Refused {
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        words: String,
    },
    /// What Helm made of it is no Kubernetes manifest.
    #[error("what helm made of it is no manifest")]
    Unreadable(#[source] RenderError),
}

impl ChartError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

impl Failure for ChartError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Io { .. } | Self::Start { .. } => ExitCode::Step,
            Self::Interrupted => ExitCode::Interrupted,
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Io { .. } | Self::Start { .. } => {
                "Helm is unpacked into the folder for temporary files, where programs must be allowed to run; choose another with TMPDIR=DIR"
            }
            Self::Archive(_)
            | Self::NoProgram { .. }
            | Self::NotPlain { .. }
            | Self::TooLarge { .. } => {
                "look at `url` of this file in the definition of `helm`: it must be an archive as Helm's own releases are"
            }
            Self::Interrupted => "run the same command again",
            Self::Late { .. }
            | Self::Endless { .. }
            | Self::Refused { .. }
            | Self::Unreadable(_) => {
                "look at `render` of this chart in the definition of its component; then run `bottari-builder lock RELEASE.yaml`"
            }
        };
        Some(hint.to_owned())
    }
}
