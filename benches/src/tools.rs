//! The programs of others that the benchmark runs.

use crate::problem::Result;
use std::{
    env,
    path::PathBuf,
    process::{Command, Output},
};

/// Folders that hold servers and are not on every user's path.
const MORE_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// What the whole benchmark cannot do without.
pub(crate) const NEEDED: [&str; 9] =
    ["bash", "cp", "curl", "docker-registry", "gzip", "openssl", "skopeo", "tar", "zstd"];

/// Where a program is, when it is installed.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(MORE_FOLDERS.map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Refuses to begin without the tools that the benchmark compares with.
pub(crate) fn need(names: &[&str]) -> Result<()> {
    let missing: Vec<_> = names.iter().copied().filter(|name| find(name).is_none()).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(format!("not installed: {}", missing.join(", ")).into()),
    }
}

/// Runs a command that must succeed, and gives what it printed.
pub(crate) fn succeed(command: &mut Command) -> Result<Output> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} ended with {}: {said}", output.status).into())
}

/// The first line that a command prints; empty when it cannot be run.
pub(crate) fn first_line(name: &str, arguments: &[&str]) -> String {
    let Some(program) = find(name) else { return String::new() };
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned()
}
