//! Everything that can end a command, under one type.

use super::{ClusterFileError, ConfirmError, ImportError, InitError, NoSbom};
use crate::{
    components::{ContentsError, PlanningError},
    facts::FactsError,
    plan::PlanError,
    preflight::{NotReady, UnknownCheck},
    push::PushError,
    rollback::RollbackError,
    run::RunError,
    serve::ServeError,
    site_ca::SiteCaError,
    steps::StepError,
    trust_store::TrustStoreError,
    unpack::UnpackError,
};
use bundles::{BundleError, RepairError};
use manifests::{ExitCode, Failure};
use std::{io, path::PathBuf};

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// What this host has seen before.
    #[error(transparent)]
    Rollback(#[from] RollbackError),
    /// The trusted keys.
    #[error(transparent)]
    Trust(#[from] TrustStoreError),
    /// A document that the bundle does not carry.
    #[error(transparent)]
    NoSbom(#[from] NoSbom),
    /// Repairing.
    #[error(transparent)]
    Repair(#[from] RepairError),
    /// Unpacking.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// Serving.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Pushing.
    #[error(transparent)]
    Push(#[from] Box<PushError>),
    /// Writing a cluster file to begin with.
    #[error(transparent)]
    Init(#[from] InitError),
    /// Making a cluster file of another installer's variables.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The cluster file.
    #[error(transparent)]
    Cluster(#[from] ClusterFileError),
    /// A host that could not be asked.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// Hosts that are not ready.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// `--accept` of something that is no check.
    #[error(transparent)]
    UnknownCheck(#[from] UnknownCheck),
    /// Keys and certificates of the site.
    #[error(transparent)]
    SiteCa(#[from] SiteCaError),
    /// A plan that cannot be made.
    #[error(transparent)]
    Planning(#[from] PlanningError),
    /// A plan that cannot be stored or walked.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A file of the bundle that cannot be looked into.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// A file of this machine that cannot be read.
    #[error(transparent)]
    File(#[from] Box<StepError>),
    /// This program does not find itself.
    #[error("cannot tell where this program and the bundle are")]
    Program(#[source] io::Error),
    /// Nobody wanted it.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// A run that did not come to its end.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A result cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nobody could end the job in good order.
    #[error("cannot listen for the signals that end this")]
    Signals(#[source] io::Error),
    /// A question got no answer.
    #[error("cannot read the answer")]
    Answer(#[source] io::Error),
}

impl CommandError {
    fn failure(&self) -> Option<&dyn Failure> {
        match self {
            Self::Bundle(error) => Some(error),
            Self::Rollback(error) => Some(error),
            Self::Trust(error) => Some(error),
            Self::NoSbom(error) => Some(error),
            Self::Repair(error) => Some(error),
            Self::Unpack(error) => Some(error),
            Self::Serve(error) => Some(error),
            Self::Push(error) => Some(&**error),
            Self::Init(error) => Some(error),
            Self::Import(error) => Some(error),
            Self::Cluster(error) => Some(error),
            Self::Facts(error) => Some(error),
            Self::NotReady(error) => Some(error),
            Self::UnknownCheck(error) => Some(error),
            Self::SiteCa(error) => Some(error),
            Self::Planning(error) => Some(error),
            Self::Plan(error) => Some(error),
            Self::Contents(error) => Some(error),
            Self::File(error) => Some(&**error),
            Self::Confirm(error) => Some(error),
            Self::Run(error) => Some(error),
            Self::Write { .. } | Self::Signals(_) | Self::Answer(_) | Self::Program(_) => None,
        }
    }
}

impl Failure for CommandError {
    fn exit_code(&self) -> ExitCode {
        self.failure().map_or(ExitCode::Input, Failure::exit_code)
    }

    fn hint(&self) -> Option<String> {
        self.failure()?.hint()
    }
}
