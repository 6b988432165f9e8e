//! What came of a command: its status and the end of what it said.

use super::{Secret, TransportError, secret::redact};

/// The kept end of an output stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// The last bytes that came.
    pub bytes: Vec<u8>,
    /// How many bytes came before them and were dropped.
    pub dropped_bytes: u64,
}

impl From<&str> for Captured {
    fn from(text: &str) -> Self {
        Self { bytes: text.into(), dropped_bytes: 0 }
    }
}

impl Captured {
    /// The last lines that hold anything, joined by `; `.
    pub(crate) fn last_lines(&self, count: usize) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines[lines.len().saturating_sub(count)..].join("; ")
    }

    pub(super) fn push(&mut self, bytes: &[u8], keep: usize) {
        self.bytes.extend_from_slice(bytes);
        // Twice the room, so that a long output is moved seldom.
        if self.bytes.len() > keep.saturating_mul(2) {
            self.trim(keep);
        }
    }

    pub(super) fn trim(&mut self, keep: usize) {
        let surplus = self.bytes.len().saturating_sub(keep);
        self.bytes.drain(..surplus);
        self.dropped_bytes += surplus as u64;
    }
}

/// A command that ran to its end, well or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// The exit status; 128 and the signal's number when a signal ended it.
    pub status: i32,
    /// Standard output, as it came: it may hold secrets.
    pub stdout: Captured,
    /// Standard error, as it came: it may hold secrets.
    pub stderr: Captured,
    pub(crate) secrets: Vec<Secret>,
}

impl Finished {
    /// A made-up result: status and standard output. For fakes.
    pub fn with(status: i32, stdout: &str) -> Self {
        Self { status, stdout: Captured::from(stdout), ..Self::default() }
    }

    /// Whether it ended with status 0.
    pub fn success(&self) -> bool {
        self.status == 0
    }

    /// Standard output as text; bytes that are no UTF-8 become `�`.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout.bytes).into_owned()
    }

    /// What it said last, for a message: the end of standard error, or of
    /// standard output when that is empty. Secrets masked.
    pub fn said(&self) -> String {
        let error = self.stderr.last_lines(8);
        let words = if error.is_empty() { self.stdout.last_lines(8) } else { error };
        redact(&words, &self.secrets)
    }

    /// Itself when it succeeded, otherwise an error that says how it ended.
    pub fn expect_success(self, host: &str, title: &str) -> Result<Self, TransportError> {
        if self.success() {
            return Ok(self);
        }
        let title = redact(title, &self.secrets);
        let (status, said) = (self.status, self.said());
        Err(TransportError::Failed { host: host.to_owned(), title, status, said })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_the_command_said_last_and_no_secret() {
        let mut finished = Finished::with(1, "out");
        finished.stderr = Captured::from("warning\nwrong token hunter2\n");
        finished.secrets = vec![Secret::new("hunter2")];
        let error = finished.expect_success("cp-1", "join hunter2").unwrap_err().to_string();
        assert_eq!(
            error,
            "cp-1: `join [secret]` ended with status 1: warning; wrong token [secret]"
        );
    }
}
