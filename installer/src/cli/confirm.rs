//! Asks the operator before hosts are changed.

use super::CommandError;
use console::Console;
use manifests::{ExitCode, Failure};
use std::io::{IsTerminal, stdin};

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// There is no terminal to ask at.
    #[error("this has to be confirmed, and there is no terminal to ask at: no host was changed")]
    NobodyToAsk,
    /// The answer was another one.
    #[error("not confirmed: no host was changed")]
    Declined,
}

impl Failure for ConfirmError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NobodyToAsk => ExitCode::Usage,
            Self::Declined => ExitCode::Interrupted,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NobodyToAsk => Some("add `--yes`".to_owned()),
            Self::Declined => None,
        }
    }
}

/// Goes on only when the answer is `expected`, or `yes` was given.
pub(super) fn confirm(
    console: &Console,
    yes: bool,
    question: &str,
    expected: &str,
) -> Result<(), CommandError> {
    if yes {
        return Ok(());
    }
    if !stdin().is_terminal() {
        return Err(ConfirmError::NobodyToAsk.into());
    }
    let answer = console.ask(question).map_err(CommandError::Answer)?;
    if answer.trim() == expected { Ok(()) } else { Err(ConfirmError::Declined.into()) }
}
