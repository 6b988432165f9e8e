//! The machine's own tools, asked in folders of the test.

use std::process::{Command, Output};

/// Runs a command that must succeed.
pub(crate) fn succeed(command: &mut Command) -> Output {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", said(&done));
    done
}

/// Everything it said.
pub(crate) fn said(done: &Output) -> String {
    [&done.stdout, &done.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}
