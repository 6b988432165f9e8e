//! Exit codes, which scripts rely on, and what every error can tell its reader.

use std::error::Error;

/// How both programs end. The numbers are a contract (`docs/exit-codes.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// Done; also with warnings that the release acknowledges.
    Done = 0,
    /// A mistake of ours: please report it.
    Bug = 1,
    /// The command line was wrong.
    Usage = 2,
    /// Done, with warnings that nobody acknowledged.
    Warnings = 10,
    /// An input file is wrong.
    Input = 20,
    /// A source is missing, unreachable or has changed.
    Source = 30,
    /// The bundle is not trusted, damaged or rolled back.
    Untrusted = 40,
    /// A host is not ready.
    Host = 50,
    /// A step failed; run the same command again to resume.
    Step = 60,
    /// Interrupted by the operator; run the same command again to resume.
    Interrupted = 130,
}

impl ExitCode {
    /// Every code, in order.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Bug,
        Self::Usage,
        Self::Warnings,
        Self::Input,
        Self::Source,
        Self::Untrusted,
        Self::Host,
        Self::Step,
        Self::Interrupted,
    ];

    /// The number the process ends with.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// One sentence for documents and `--help`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done (also with acknowledged warnings)",
            Self::Bug => "our bug: please report it",
            Self::Usage => "the command line is wrong",
            Self::Warnings => "done, with warnings nobody acknowledged",
            Self::Input => "an input file is wrong",
            Self::Source => "a source is missing, unreachable or has changed",
            Self::Untrusted => "the bundle is not trusted, damaged or rolled back",
            Self::Host => "a host is not ready",
            Self::Step => "a step failed: run again to resume",
            Self::Interrupted => "interrupted: run again to resume",
        }
    }
}

/// An error that knows how the process should end and what to do next.
///
/// `Display` names the situation and leaves the cause to [`Error::source`];
/// the console prints the chain once, then the hint.
pub trait Failure: Error {
    /// How the process ends.
    fn exit_code(&self) -> ExitCode;

    /// The next thing to type or to look at.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// So that `?` works where any failure may come up.
impl<E: Failure + 'static> From<E> for Box<dyn Failure> {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}

/// An error with what caused it, on one line: for tables, logs and JSON. The
/// console prints the chain itself.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_lists_every_code_with_its_meaning() {
        let document = include_str!("../../docs/exit-codes.md");
        let rows = document.lines().filter(|line| line.starts_with("| ") && !line.contains("---"));
        let rows: Vec<_> = rows.skip(1).map(str::to_owned).collect();
        let codes = ExitCode::ALL.map(|code| format!("| {} | {} |", code.number(), code.meaning()));
        assert_eq!(rows, codes);
    }
}
