//! A host as a step sees it: scripts with arguments, run as root, and their
//! answers.

use super::StepError;
use crate::{
    plan::HostName,
    transport::{RemoteCommand, Transport},
};
use std::time::Duration;

/// Shell functions that scripts share. `$STATE` is where we keep our own things.
///
/// `same FILE SHA256` asks for the right bytes; `plain FILE` makes sure that no
/// part of a path is a link, because what is behind it is not ours; `keep TEMP
/// FILE` makes a file appear under its name, whole, also after a power cut.
const PRELUDE: &str = r#"
set -eu
umask 022
STATE=/var/lib/bottari
same() { [ -f "$1" ] && [ "$(sha256sum < "$1")" = "$2  -" ]; }
plain() {
  part=$1
  while [ -n "$part" ]; do
    if [ -L "$part" ]; then echo "\`$part\` is a link" >&2; exit 73; fi
    part=${part%/*}
  done
}
keep() { sync "$1"; mv -fT "$1" "$2"; sync "${2%/*}"; }
"#;

/// What a script ends with when a path leads through a link.
const LINK: i32 = 73;

/// A host and the way to it.
#[derive(Debug, Clone, Copy)]
pub struct Remote<'a> {
    /// Its name.
    pub name: &'a HostName,
    /// The way.
    pub transport: &'a dyn Transport,
}

impl Remote<'_> {
    /// Runs a script that has to succeed, and returns what it wrote.
    pub(crate) async fn run(
        &self,
        title: &str,
        script: &str,
        arguments: &[&str],
    ) -> Result<String, StepError> {
        self.run_with(title, script, arguments, |command| command).await
    }

    /// The same, with input or a longer deadline.
    pub(crate) async fn run_with(
        &self,
        title: &str,
        script: &str,
        arguments: &[&str],
        change: impl FnOnce(RemoteCommand) -> RemoteCommand,
    ) -> Result<String, StepError> {
        let (status, output) = self.try_with(title, script, arguments, change).await?;
        match status {
            0 => Ok(output.0),
            LINK => Err(StepError::Link { host: self.name.clone(), said: output.1 }),
            status => Err(StepError::script(self.name.clone(), title.to_owned(), status, output.1)),
        }
    }

    /// Runs a script that may fail: its status, what it wrote, what it said last.
    pub(crate) async fn try_with(
        &self,
        title: &str,
        script: &str,
        arguments: &[&str],
        change: impl FnOnce(RemoteCommand) -> RemoteCommand,
    ) -> Result<(i32, (String, String)), StepError> {
        let text = format!("{PRELUDE}{script}");
        let command = RemoteCommand::script(title, &text, arguments.iter().copied());
        let finished = self.transport.run(&change(command)).await?;
        Ok((finished.status, (finished.text(), finished.said())))
    }

    /// The error for an answer that a script of ours would not give.
    pub(crate) fn odd_answer(&self, title: &str, found: &str) -> StepError {
        let found = found.trim().chars().take(200).collect();
        StepError::Answer { host: self.name.clone(), title: title.to_owned(), found }
    }
}

/// How long a script that moves `bytes` about on one host may take.
pub(crate) fn patience(bytes: u64) -> Duration {
    Duration::from_secs(60 + bytes / 5_000_000)
}
