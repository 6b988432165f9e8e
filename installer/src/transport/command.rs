//! What is to be run on a host, and what came of it.

use super::{
    Secret,
    output::{Ears, LineSink},
    secret::redact,
};
use bytes::Bytes;
use std::{fmt::Debug, sync::Arc, time::Duration};

/// How long a command may take when nobody says otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_mins(1);
/// How much of each output stream is kept, in bytes; the end is what matters.
pub const KEPT_OUTPUT: usize = 1024 * 1024;

/// A POSIX shell script or one program with arguments, to be run on a host.
///
/// Arguments are never parsed by a shell. What is secret travels in `stdin`:
/// everything else can be seen in the host's process list, so a transport
/// refuses a command whose text holds one of its secrets.
#[derive(Debug, Clone)]
pub struct RemoteCommand {
    title: String,
    argv: Vec<String>,
    stdin: Bytes,
    as_root: bool,
    deadline: Duration,
    secrets: Vec<Secret>,
    sink: Option<Arc<dyn LineSink>>,
    keep: usize,
}

impl RemoteCommand {
    /// A script for `sh`; `title` is what messages call it. Arguments reach it
    /// as `$1`, `$2`…
    pub fn script<A: Into<String>>(
        title: &str,
        text: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let shell = ["sh", "-c", text, "sh"].map(str::to_owned);
        Self::new(title, shell.into_iter().chain(arguments.into_iter().map(Into::into)).collect())
    }

    /// One program with its arguments.
    pub fn argv<A: Into<String>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let argv: Vec<String> = arguments.into_iter().map(Into::into).collect();
        Self::new(&argv.join(" "), argv)
    }

    fn new(title: &str, argv: Vec<String>) -> Self {
        let title = title.to_owned();
        let deadline = DEFAULT_DEADLINE;
        Self {
            title,
            argv,
            stdin: Bytes::new(),
            as_root: true,
            deadline,
            secrets: Vec::new(),
            sink: None,
            keep: KEPT_OUTPUT,
        }
    }

    /// Gives it these bytes on standard input; without them the input is empty.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Bytes>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Runs it as the login user; everything else runs as root.
    #[must_use]
    pub fn as_login_user(mut self) -> Self {
        self.as_root = false;
        self
    }

    /// Stops it on the host after this long; [`DEFAULT_DEADLINE`] otherwise.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Masks this word in every line and message.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Sends each line of output to `sink` as it comes.
    #[must_use]
    pub fn watch(mut self, sink: Arc<dyn LineSink>) -> Self {
        self.sink = Some(sink);
        self
    }

    /// Keeps so many bytes of each output stream instead of [`KEPT_OUTPUT`].
    #[must_use]
    pub(crate) fn keep(mut self, bytes: usize) -> Self {
        self.keep = bytes;
        self
    }

    /// What messages call it, secrets masked.
    pub fn title(&self) -> String {
        redact(&self.title, &self.secrets)
    }

    /// The program and its arguments; for a script `sh -c TEXT sh ARGUMENT…`.
    pub fn arguments(&self) -> &[String] {
        &self.argv
    }

    /// What it reads.
    pub fn input(&self) -> &Bytes {
        &self.stdin
    }

    /// Whether it runs as root.
    pub fn needs_root(&self) -> bool {
        self.as_root
    }

    /// How long it may take.
    pub fn time_limit(&self) -> Duration {
        self.deadline
    }

    /// Whether one of its secrets would be seen in the process list.
    pub fn shows_a_secret(&self) -> bool {
        self.argv.iter().any(|word| self.secrets.iter().any(|secret| secret.is_in(word)))
    }

    /// What listens to its output.
    pub(crate) fn ears(&self) -> Ears {
        Ears::new(self.keep, self.sink.clone(), self.secrets.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_takes_its_arguments_as_words() {
        let command = RemoteCommand::script("greet", "echo \"$1\"", ["a b; rm -rf /"]);
        assert_eq!(command.arguments(), ["sh", "-c", "echo \"$1\"", "sh", "a b; rm -rf /"]);
        assert_eq!(command.title(), "greet");
        assert!(command.needs_root());
    }

    #[test]
    fn a_secret_in_the_process_list_is_noticed() {
        let token = Secret::new("hunter2");
        let open = RemoteCommand::argv(["join", "hunter2"]).secret(token.clone());
        assert!(open.shows_a_secret());
        assert_eq!(open.title(), "join [secret]");
        assert!(!RemoteCommand::argv(["join"]).secret(token).stdin("hunter2").shows_a_secret());
    }
}
