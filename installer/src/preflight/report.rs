//! What the verdicts mean together: ready, ready once acknowledged, not ready.

use super::{
    check::{CHECKS, CheckResult},
    verdict::State,
};
use manifests::{ExitCode, Failure};
use serde::Serialize;
use std::collections::BTreeSet;

/// Every verdict, and the warnings somebody took upon himself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// By host, each in the order of [`CHECKS`].
    pub results: Vec<CheckResult>,
    /// Checks whose warnings are acknowledged.
    pub accepted: BTreeSet<&'static str>,
}

/// Why an installation cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// Something has to be put right first.
    #[error("{} not ready: {}", subject(.hosts), .checks.join(", "))]
    Failed {
        /// The hosts.
        hosts: Vec<String>,
        /// The checks that failed, on any of them.
        checks: Vec<&'static str>,
    },
    /// Somebody has to say that it may stay so.
    #[error("warnings that nobody acknowledged: {}", .checks.join(", "))]
    Warnings {
        /// The checks, on any host.
        checks: Vec<&'static str>,
    },
}

/// A check that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no check `{0}`")]
pub struct UnknownCheck(String);

fn subject(hosts: &[String]) -> String {
    match hosts {
        [one] => format!("host `{one}` is"),
        many => format!("{} hosts are", many.len()),
    }
}

impl Failure for NotReady {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Failed { .. } => ExitCode::Host,
            Self::Warnings { .. } => ExitCode::Warnings,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Failed { .. } => {
                "do what the last column says, then run the same again".to_owned()
            }
            Self::Warnings { checks } => {
                let flags: Vec<String> =
                    checks.iter().map(|check| format!("--accept {check}")).collect();
                format!("put it right, or acknowledge with `{}`", flags.join(" "))
            }
        })
    }
}

impl Failure for UnknownCheck {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn hint(&self) -> Option<String> {
        let ids: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
        Some(format!("the checks are {}", ids.join(", ")))
    }
}

/// The checks named on the command line, in full or without `preflight/`.
pub fn accepted(names: &[String]) -> Result<BTreeSet<&'static str>, UnknownCheck> {
    let known = |name: &String| {
        let mut ids = CHECKS.iter().map(|check| check.id);
        ids.find(|id| *id == name || id.strip_prefix("preflight/") == Some(name))
            .ok_or_else(|| UnknownCheck(name.clone()))
    };
    names.iter().map(known).collect()
}

impl Report {
    /// Whether the installation may begin. Failures cannot be acknowledged.
    pub fn ready(&self) -> Result<(), NotReady> {
        let failed: Vec<&CheckResult> = self.with(State::Failed).collect();
        if !failed.is_empty() {
            let hosts: BTreeSet<&String> = failed.iter().map(|result| &result.host).collect();
            let hosts = hosts.into_iter().cloned().collect();
            return Err(NotReady::Failed { hosts, checks: checks(failed) });
        }
        let warnings = self.with(State::Warning);
        let open = checks(warnings.filter(|result| !self.accepted.contains(result.check)));
        match open.is_empty() {
            true => Ok(()),
            false => Err(NotReady::Warnings { checks: open }),
        }
    }

    fn with(&self, state: State) -> impl Iterator<Item = &CheckResult> {
        self.results.iter().filter(move |result| result.state == state)
    }
}

/// Their ids, each once.
fn checks<'a>(results: impl IntoIterator<Item = &'a CheckResult>) -> Vec<&'static str> {
    let ids: BTreeSet<&'static str> = results.into_iter().map(|result| result.check).collect();
    ids.into_iter().collect()
}
