//! Stock tools that our formats and servers must get along with.

use std::{
    io::{self, Write},
    path::Path,
    process::{Command, Output},
};

/// A command for a stock tool, with `HOME` in `home` and no proxies.
///
/// None, and a line on the terminal, when the tool is not installed. Where `CI` is
/// set a missing tool is a failure, so nothing can go untested there unnoticed.
pub fn tool(name: &str, home: &Path) -> Option<Command> {
    let found = Command::new(name).arg("--version").output().is_ok();
    if !found {
        assert!(std::env::var_os("CI").is_none(), "`{name}` must be installed where CI is set");
        skipped(&format!("`{name}` is not installed"));
        return None;
    }
    let mut command = Command::new(name);
    command.env_clear().env("HOME", home).env("LANG", "C.UTF-8");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    Some(command)
}

/// Says that a test proves nothing here, past the capture of its output.
pub fn skipped(why: &str) {
    // A closed terminal is no reason to fail.
    let _said = writeln!(io::stderr(), "\nSKIPPED: {why}\n");
}

/// Runs a command that must succeed.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("the tool was found before");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}: {stderr}", output.status);
    output
}

/// A command that judges a file, its next argument, by the official rules of
/// `cyclonedx`, `spdx` or `html`; ends with 1 where they are broken.
///
/// None where `.ci/run` has not installed the validators, as [`tool`].
pub fn validator(rules: &str, home: &Path) -> Option<Command> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = folder.join("../target/validators/bin/python3");
    let mut command = tool(python.to_str().expect("the folder has a name in UTF-8"), home)?;
    command.arg(folder.join("src/validate.py")).arg(rules);
    Some(command)
}
