//! `completions` and `man`: what the shell and the reader of manuals want.

use super::{CommandLine, Ended};
use clap::Args;
use console::Console;
use manifests::{ExitCode, Failure};
use std::{fs, io, path::PathBuf};

/// Print a completion script: `source <(bottari-builder completions bash)`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(self, console: &Console) -> ExitCode {
        console.data(&console::completions(console::command::<CommandLine>(), self.shell));
        ExitCode::Done
    }
}

/// Write the manual pages into a folder.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder; made when it is not there.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// A manual page that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`")]
struct ManError {
    path: PathBuf,
    source: io::Error,
}

impl Failure for ManError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }
}

impl Man {
    pub(super) fn run(self, console: &Console) -> Ended {
        for (name, page) in console::man_pages(console::command::<CommandLine>()) {
            let path = self.folder.join(name);
            let written = fs::create_dir_all(&self.folder).and_then(|()| fs::write(&path, page));
            written.map_err(|source| ManError { path: path.clone(), source })?;
            console.data(&format!("{}\n", path.display()));
        }
        Ok(ExitCode::Done)
    }
}
