//! Everything that can end a command, under one type.

use super::{ClusterFileError, InitError};
use crate::{
    facts::FactsError,
    preflight::{NotReady, UnknownCheck},
    rollback::RollbackError, serve::ServeError,
    trust_store::TrustStoreError, unpack::UnpackError,
};
use bundles::BundleError;
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
    /// Unpacking.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// Serving.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Writing a cluster file to begin with.
    #[error(transparent)]
    Init(#[from] InitError),
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
    /// A result cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
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
            Self::Unpack(error) => Some(error),
            Self::Serve(error) => Some(error),
            Self::Init(error) => Some(error),
            Self::Cluster(error) => Some(error),
            Self::Facts(error) => Some(error),
            Self::NotReady(error) => Some(error),
            Self::UnknownCheck(error) => Some(error),
            Self::Write { .. } | Self::Answer(_) => None,
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
