//! Writes results that are files.

use manifests::{ExitCode, Failure};
use std::{
    io,
    path::{Path, PathBuf},
};

/// A result could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`")]
pub(super) struct OutputError {
    path: PathBuf,
    source: io::Error,
}

impl Failure for OutputError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }
}

/// Writes a file in one step, as [`console::replace`] does.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), OutputError> {
    console::replace(path, text.as_bytes())
        .map_err(|source| OutputError { path: path.to_owned(), source })
}
