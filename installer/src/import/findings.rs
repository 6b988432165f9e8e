//! What is wrong with the files, and what this version leaves to people.

use manifests::{ExitCode, Failure, cluster::Place};
use std::{
    cell::RefCell,
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
};

/// Where something is: which of the files, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) file: usize,
    pub(super) place: Place,
}

/// One thing to tell, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file as it was named.
    pub file: PathBuf,
    /// Where in it.
    pub place: Place,
    /// What is to be told.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(f, "{}:{line}:{column}: {}", self.file.display(), self.message)
    }
}

/// Every mistake of the files that were to be imported; nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportErrors {
    mistakes: Vec<Finding>,
}

impl ImportErrors {
    /// The mistakes, by file and place; at least one.
    pub fn mistakes(&self) -> &[Finding] {
        &self.mistakes
    }
}

impl fmt::Display for ImportErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.mistakes.len();
        let noun = if number == 1 { "mistake" } else { "mistakes" };
        write!(f, "{number} {noun} in the variables of K-PaaS")?;
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n{mistake}"))
    }
}

impl std::error::Error for ImportErrors {}

impl Failure for ImportErrors {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }

    fn hint(&self) -> Option<String> {
        Some("correct these lines and run the same command again; nothing was written".to_owned())
    }
}

/// Which of the clusters something is about; none is all of them.
pub(super) type Scope = Option<usize>;

/// Collects while files are read and held against each other.
#[derive(Debug, Default)]
pub(super) struct Findings {
    mistakes: RefCell<BTreeSet<(Spot, String)>>,
    unsaid: RefCell<BTreeSet<(Spot, Scope, String)>>,
}

impl Findings {
    /// Something that has to be put right first.
    pub(super) fn mistake(&self, spot: Spot, message: impl Into<String>) {
        self.mistakes.borrow_mut().insert((spot, message.into()));
    }

    /// Something that no cluster file can say today.
    pub(super) fn unsaid(&self, spot: Spot, scope: Scope, message: impl Into<String>) {
        self.unsaid.borrow_mut().insert((spot, scope, message.into()));
    }

    /// Every mistake, when there is one.
    pub(super) fn errors(&self, paths: &[&Path]) -> Option<ImportErrors> {
        let mistakes = self.mistakes.borrow();
        let mistakes: Vec<Finding> =
            mistakes.iter().map(|(spot, message)| finding(*spot, message, paths)).collect();
        (!mistakes.is_empty()).then_some(ImportErrors { mistakes })
    }

    /// What this version does not do, by file and place, with the cluster it is about.
    pub(super) fn left_to_people(&self, paths: &[&Path]) -> Vec<(Scope, Finding)> {
        let unsaid = self.unsaid.borrow();
        unsaid.iter().map(|(spot, scope, text)| (*scope, finding(*spot, text, paths))).collect()
    }
}

fn finding(spot: Spot, message: &str, paths: &[&Path]) -> Finding {
    let file = paths.get(spot.file).map_or_else(PathBuf::new, |path| (*path).to_owned());
    Finding { file, place: spot.place, message: message.to_owned() }
}
