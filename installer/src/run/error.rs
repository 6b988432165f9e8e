//! Why a command that works on hosts did not come to its end.

use crate::{
    engine::EngineError, journal::JournalError, plan::HostName, plan::PlanError, steps::StepError,
    transport::TransportError,
};
use manifests::{ExitCode, Failure};
use std::{io, path::PathBuf};

/// Why a run ended early, or did not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The walk itself.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The stored plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A host cannot be reached.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The operator did not wait for the steps that ran.
    #[error("interrupted in the middle of a step")]
    Interrupted,
    /// All is done, and there is something to know.
    #[error("done, with {count} warning{} that nobody acknowledged", if *count == 1 { "" } else { "s" })]
    Warned {
        /// How many.
        count: usize,
    },
    /// Something was found missing, or could not be found out.
    #[error("{count} thing{} not as planned or not known", if *count == 1 { " is" } else { "s are" })]
    NotAsPlanned {
        /// How many.
        count: usize,
    },
    /// A host could not be undone.
    #[error("host `{host}` could not be reset")]
    Reset {
        /// The host.
        host: HostName,
        /// Why.
        #[source]
        source: Box<StepError>,
    },
    /// The control plane has no administrator's access to give.
    #[error("host `{host}` has no `{}`", super::ADMIN_CONF)]
    NoAdminConf {
        /// The control plane.
        host: HostName,
    },
    /// The administrator's access names no server.
    #[error("`{}` on host `{host}` names no server", super::ADMIN_CONF)]
    OddAdminConf {
        /// The control plane.
        host: HostName,
    },
    /// The disk of this machine.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for RunError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Engine(error) => error.exit_code(),
            Self::Plan(error) => error.exit_code(),
            Self::Journal(error) => error.exit_code(),
            Self::Transport(error) => error.exit_code(),
            Self::Interrupted => ExitCode::Interrupted,
            Self::Warned { .. } | Self::NotAsPlanned { .. } => ExitCode::Warnings,
            Self::Reset { .. } => ExitCode::Step,
            Self::NoAdminConf { .. } | Self::OddAdminConf { .. } => ExitCode::Host,
            Self::Write { .. } => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        let again = "run the same command again: it goes on from here";
        match self {
            Self::Engine(error) => error.hint(),
            Self::Plan(error) => error.hint(),
            Self::Journal(error) => error.hint(),
            Self::Transport(error) => error.hint(),
            Self::Interrupted => Some(again.into()),
            Self::Warned { .. } => None,
            Self::NotAsPlanned { .. } => {
                Some("`bottari-installer apply` makes it so again".to_owned())
            }
            Self::Reset { source, .. } => Some(match source.hint() {
                Some(hint) => format!("{hint}; then {again}"),
                None => again.into(),
            }),
            Self::NoAdminConf { host } | Self::OddAdminConf { host } => {
                Some(format!("look at host `{host}`: was it changed by hand?"))
            }
            Self::Write { .. } => {
                Some("see that the disk is not full and the folder is yours".into())
            }
        }
    }
}
