//! `completions` and `man`: what packages ship beside the program.

use super::{CommandError, CommandLine};
use clap::Args;
use clap_complete::Shell;
use console::Console;
use std::{fs, path::PathBuf};

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub(super) struct CompletionArguments {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write all pages into a folder
#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// Write a page for every command into this folder
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl CompletionArguments {
    pub(super) fn run(self, console: &Console) {
        console.data(&console::completions(console::command::<CommandLine>(), self.shell));
    }
}

impl ManArguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let pages = console::man_pages(console::command::<CommandLine>());
        let Some(folder) = self.output else {
            let first = pages.first().map(|(_, page)| String::from_utf8_lossy(page));
            console.data(&first.unwrap_or_default());
            return Ok(());
        };
        let failed = |path: PathBuf| move |source| CommandError::Write { path, source };
        fs::create_dir_all(&folder).map_err(failed(folder.clone()))?;
        for (name, page) in pages {
            let path = folder.join(name);
            fs::write(&path, page).map_err(failed(path))?;
        }
        Ok(())
    }
}
