//! Mistakes with their places, all of them at once.

use crate::{ExitCode, Failure};
use std::{
    cell::RefCell,
    fmt,
    path::{Path, PathBuf},
};

/// Where something is in a text; both numbers count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where it is.
    pub place: Place,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// What is wrong with a cluster file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterErrors {
    path: PathBuf,
    mistakes: Vec<Mistake>,
}

impl ClusterErrors {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The mistakes; at least one.
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

impl fmt::Display for ClusterErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        let number = self.mistakes.len();
        let noun = if number == 1 { "mistake" } else { "mistakes" };
        write!(f, "`{path}` has {number} {noun}")?;
        self.mistakes.iter().try_for_each(|Mistake { place, message }| {
            write!(f, "\n{path}:{}:{}: {message}", place.line, place.column)
        })
    }
}

impl std::error::Error for ClusterErrors {}

impl Failure for ClusterErrors {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }

    fn hint(&self) -> Option<String> {
        let path = self.path.display();
        Some(format!(
            "correct these lines of `{path}` and run the same command again; no host was touched"
        ))
    }
}

/// Collects mistakes while a file is read and checked.
#[derive(Debug, Default)]
pub(super) struct Mistakes(RefCell<Vec<Mistake>>);

impl Mistakes {
    /// Notes one.
    pub(super) fn add(&self, place: Place, message: impl Into<String>) {
        self.0.borrow_mut().push(Mistake { place, message: message.into() });
    }

    /// `Some` value and no mistake is the only good end.
    pub(super) fn settle<T>(self, path: &Path, value: Option<T>) -> Result<T, ClusterErrors> {
        let mut mistakes = self.0.into_inner();
        match value {
            Some(value) if mistakes.is_empty() => Ok(value),
            _ => {
                mistakes.sort();
                mistakes.dedup();
                Err(ClusterErrors { path: path.to_owned(), mistakes })
            }
        }
    }
}
