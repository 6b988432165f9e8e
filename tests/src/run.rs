//! Runs the real programs as an operator would: in a folder of their own, with
//! nothing of the environment of whoever runs the tests.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};
use tempfile::TempDir;

/// One of the two programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `bottari-builder`.
    Builder,
    /// `bottari-installer`.
    Installer,
}

impl Program {
    /// Its name on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Builder => "bottari-builder",
            Self::Installer => "bottari-installer",
        }
    }

    /// The built program: from the folder in `BOTTARI_PROGRAMS` when that is set
    /// (to test what will be released), else brought up to date by cargo, once.
    pub fn path(self) -> PathBuf {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        let folder = FOLDER.get_or_init(|| match env::var_os("BOTTARI_PROGRAMS") {
            Some(folder) => PathBuf::from(folder),
            // Displayed, because the text is what the compiler said.
            None => build().unwrap_or_else(|error| panic!("cannot build both programs: {error}")),
        });
        folder.join(self.name())
    }
}

/// Asks cargo, which knows best whether a program is stale, to build them in the
/// profile and target folder of the running test.
fn build() -> io::Result<PathBuf> {
    let test = env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).map(Path::to_owned);
    let folder = folder.ok_or_else(|| io::Error::other("the test is not in a target folder"))?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet"]);
    for program in [Program::Builder, Program::Installer] {
        cargo.args(["-p", program.name()]);
    }
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    let output = cargo.output()?;
    match output.status.success() {
        true => Ok(folder),
        false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// A folder with a `HOME` in it, gone when dropped.
#[derive(Debug)]
pub struct Sandbox {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How a program ended and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
}

impl Sandbox {
    /// An empty one.
    pub fn new() -> io::Result<Self> {
        let sandbox = Self { folder: tempfile::tempdir()?, variables: Vec::new() };
        std::fs::create_dir(sandbox.path("home"))?;
        Ok(sandbox)
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets a variable for every program that runs here from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// A program with these arguments, ready to run in this folder.
    pub fn command(&self, program: Program, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.path());
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.path("home")).env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.env("PATH", env::var_os("PATH").unwrap_or_default());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a program to its end.
    pub fn run(&self, program: Program, arguments: &[&str]) -> Outcome {
        let output = self.command(program, arguments).output();
        Outcome::new(&output.expect("a built program can be started"))
    }

    /// A text as it would be in any other sandbox: its folder is `[SANDBOX]`, ports
    /// of 127.0.0.1 are `[PORT]`.
    pub fn redact(&self, text: &str) -> String {
        let folder = self.folder.path().to_string_lossy();
        redact_ports(&text.replace(folder.as_ref(), "[SANDBOX]"))
    }
}

impl Outcome {
    fn new(output: &Output) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Self { code: output.status.code(), stdout, stderr }
    }
}

fn redact_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |before, after| {
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        before + "127.0.0.1:[PORT]" + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redacted_texts_are_equal_in_every_sandbox() {
        let sandbox = Sandbox::new().unwrap();
        let text = format!("{}: http://127.0.0.1:4711/a 127.0.0.1:9", sandbox.path("x").display());
        let redacted = "[SANDBOX]/x: http://127.0.0.1:[PORT]/a 127.0.0.1:[PORT]";
        assert_eq!(sandbox.redact(&text), redacted);
    }
}
