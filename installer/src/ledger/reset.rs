//! Undoes what the ledger lists, one thing after the other. Each thing leaves
//! the ledger when it is undone, so a stopped reset goes on where it was.

use super::{
    Before, LedgerFile, ResetAction,
    reset_packages::{Installation, Removal},
    reset_scripts as scripts,
};
use crate::{
    plan::RunId,
    steps::{Remote, StepError},
    transport::RemoteCommand,
};
use manifests::event::{Event, Reporter};
use std::time::Duration;

/// How long most things may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// What a reset did on one host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResetReport {
    /// How many things were undone.
    pub undone: usize,
    /// What was left as it is, and why: it is not, or no longer, ours.
    pub kept: Vec<String>,
}

pub(super) enum Answer {
    Done,
    Gone,
    Kept(String),
    /// Cannot be told by now; nothing of it may be forgotten.
    Busy(String),
}

/// Does what [`super::plan_reset`] planned. The caller holds the lock of the
/// host for `run`.
pub async fn reset(
    host: Remote<'_>,
    ledger: &mut LedgerFile,
    run: Option<&RunId>,
    actions: &[ResetAction],
    reporter: &dyn Reporter,
) -> Result<ResetReport, StepError> {
    let mut report = ResetReport::default();
    for action in actions {
        let text = format!("{}: {action}", host.name);
        reporter.report(&Event::Notice { text });
        match perform(host, action).await? {
            Answer::Done => report.undone += 1,
            Answer::Gone => {}
            Answer::Busy(why) => return Err(host.odd_answer(&action.to_string(), &why)),
            Answer::Kept(why) => report.kept.push(format!("{action}: {why}")),
        }
        ledger.ledger.entries.retain(|entry| !action.undoes(&entry.thing));
        // The last entries stay on the disk until the ledger itself goes: an
        // empty one would tell the next reset that nothing is left to do.
        if !ledger.ledger.entries.is_empty() {
            ledger.save(host, run).await?;
        }
    }
    Ok(report)
}

async fn perform(host: Remote<'_>, action: &ResetAction) -> Result<Answer, StepError> {
    let (script, arguments): (&str, Vec<String>) = match action {
        ResetAction::Command { title, script } => return command(host, title, script).await,
        ResetAction::KeepPackage { .. } => {
            return Ok(Answer::Kept("it is not a package of this bundle".into()));
        }
        ResetAction::KeepRaised { from, .. } => {
            let why = format!("it was {from} before, and packages never go back");
            return Ok(Answer::Kept(why));
        }
        ResetAction::Packages { purge, remove, lock_seconds } => {
            return Removal { purge, remove, lock_seconds: *lock_seconds }.go(host).await;
        }
        ResetAction::StopUnit { unit, ours } => {
            let sums = ours.iter().map(|digest| digest.hex().to_owned());
            (scripts::STOP_UNIT, [unit.to_string()].into_iter().chain(sums).collect())
        }
        ResetAction::EndInstallation { of, begun, raised, lock_seconds } => {
            let (begun, lock_seconds) = (*begun, *lock_seconds);
            Installation { of, begun, raised, lock_seconds }.end(host).await?;
            (scripts::STOP_COMMAND, vec![of.unit_stem()])
        }
        ResetAction::StopCommand { of } => (scripts::STOP_COMMAND, vec![of.unit_stem()]),
        ResetAction::Unmount { below } => (scripts::UNMOUNT, vec![below.to_string()]),
        ResetAction::DeleteInterface { name } => {
            (scripts::DELETE_INTERFACE, vec![name.to_string()])
        }
        ResetAction::ClearChains { prefix } => (scripts::CLEAR_CHAINS, vec![prefix.to_string()]),
        ResetAction::RemoveTree { path } => (scripts::REMOVE_TREE, vec![path.to_string()]),
        ResetAction::File { path, ours, before } => {
            let [sum, mode, owner] = was(before);
            let sums = ours.iter().map(|digest| digest.hex().to_owned());
            let first = [path.to_string(), sum, mode, owner];
            (scripts::FILE, first.into_iter().chain(sums).collect())
        }
        ResetAction::Folder { path } => (scripts::FOLDER, vec![path.to_string()]),
        ResetAction::Sysctl { key, value, before } => {
            (scripts::SYSCTL, vec![key.path(), value.to_string(), before.to_string()])
        }
        ResetAction::Module { module } => (scripts::MODULE, vec![module.to_string()]),
        ResetAction::Swap { devices } => {
            (scripts::SWAP, devices.iter().map(ToString::to_string).collect())
        }
        ResetAction::Forget => (scripts::FORGET, Vec::new()),
    };
    ask(host, &action.to_string(), script, &arguments, PATIENCE).await
}

fn was(before: &Before) -> [String; 3] {
    match before {
        Before::Nothing => Default::default(),
        Before::File { digest, mode, owner } => {
            [digest.hex().to_owned(), mode.to_string(), owner.to_string()]
        }
    }
}

pub(super) async fn ask(
    host: Remote<'_>,
    title: &str,
    script: &str,
    arguments: &[String],
    patience: Duration,
) -> Result<Answer, StepError> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let patient = |command: RemoteCommand| command.deadline(patience);
    let answer = match host.run_with(title, script, &arguments, patient).await {
        Ok(answer) => answer,
        Err(StepError::Link { said, .. }) => return Ok(Answer::Kept(said)),
        Err(error) => return Err(error),
    };
    match answer.trim().split_once(' ').unwrap_or((answer.trim(), "")) {
        ("done", _) => Ok(Answer::Done),
        ("gone", _) => Ok(Answer::Gone),
        ("busy", why) => Ok(Answer::Busy(why.to_owned())),
        ("kept", why) => Ok(Answer::Kept(why.to_owned())),
        _ => Err(host.odd_answer(title, &answer)),
    }
}

/// A component's own way to clean up. When it fails, what follows still undoes
/// all that we placed, so it is reported and no reason to stop.
async fn command(host: Remote<'_>, title: &str, script: &str) -> Result<Answer, StepError> {
    let patient = |command: RemoteCommand| command.deadline(Duration::from_mins(10));
    match host.try_with(title, script, &[], patient).await? {
        (0, _) => Ok(Answer::Done),
        (status, (_, said)) => Ok(Answer::Kept(format!("it ended with status {status}: {said}"))),
    }
}
