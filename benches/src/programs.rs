//! Our two programs, as they are released.

use crate::{problem::Result, tools};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// Where both programs are.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// From the folder in `BOTTARI_PROGRAMS` when that is set, else brought up to
    /// date by cargo beside this one.
    pub(crate) fn ready() -> Result<Self> {
        if let Some(folder) = env::var_os("BOTTARI_PROGRAMS") {
            return Ok(Self { folder: std::fs::canonicalize(folder)? });
        }
        let own = env::current_exe()?;
        let folder = own.parent().ok_or("this program is in no folder")?.to_owned();
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--locked"]);
        cargo.args(["-p", "bottari-builder", "-p", "bottari-installer"]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        tools::succeed(&mut cargo)?;
        Ok(Self { folder })
    }

    /// `bottari-builder` with a verb.
    pub(crate) fn builder(&self, verb: &str, home: &Path) -> Command {
        self.command("bottari-builder", verb, home)
    }

    /// `bottari-installer` with a verb.
    pub(crate) fn installer(&self, verb: &str, home: &Path) -> Command {
        self.command("bottari-installer", verb, home)
    }

    /// Whether a verb of the builder has a flag.
    pub(crate) fn builder_has(&self, verb: &str, flag: &str) -> bool {
        let help =
            Command::new(self.folder.join("bottari-builder")).args([verb, "--help"]).output();
        let text = help.map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&text).split_whitespace().any(|word| word == flag)
    }

    /// Nothing of the environment of whoever measures.
    fn command(&self, name: &str, verb: &str, home: &Path) -> Command {
        let mut command = Command::new(self.folder.join(name));
        command.arg(verb).env_clear().current_dir(home).env("HOME", home);
        command.env("LANG", "C.UTF-8").env("PATH", env::var_os("PATH").unwrap_or_default());
        command
    }
}
