//! Everything that can end a command, under one type.

use super::InitError;
use crate::{
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
