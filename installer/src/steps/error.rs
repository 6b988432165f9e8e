//! Why a step could not be done.

use crate::{
    ledger::LedgerError,
    plan::{HostName, ManagedPath, StepId, UnitName},
    transport::TransportError,
};
use manifests::{Digest, ExitCode, Failure, patch::RenderError};
use std::io;

/// Why a step could not be looked at or done.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The host could not be reached, or the command not be run.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A script of ours failed on the host.
    #[error("{host}: `{title}` ended with status {status}")]
    Script {
        /// The host.
        host: HostName,
        /// What it was to do.
        title: String,
        /// How it ended.
        status: i32,
        /// What it said last.
        #[source]
        said: Said,
    },
    /// A path on the host leads through a link.
    #[error("{host}: {said}: expected a path without links")]
    Link {
        /// The host.
        host: HostName,
        /// Which part of which path.
        said: String,
    },
    /// Something else than a file is in the place of a file.
    #[error("{host}: `{path}` is there and is not {expected}")]
    InTheWay {
        /// The host.
        host: HostName,
        /// The path.
        path: ManagedPath,
        /// What was to be there.
        expected: &'static str,
    },
    /// A script answered what it never answers.
    #[error("{host}: `{title}` gave an answer that was not expected: {found}")]
    Answer {
        /// The host.
        host: HostName,
        /// What it was to do.
        title: String,
        /// The answer.
        found: String,
    },
    /// The bytes to be placed are not in the bundle.
    #[error("no bundle at hand holds `{digest}`")]
    NotInBundle {
        /// What is missing.
        digest: Digest,
    },
    /// The bytes to be placed cannot be read.
    #[error("the bytes of `{path}` cannot be read")]
    Content {
        /// Where they were to go.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A manifest cannot be changed as the release says.
    #[error("the manifest cannot be rendered")]
    Manifest(#[from] Box<RenderError>),
    /// A file of another host is not there, or is too large to be carried.
    #[error("`{path}` cannot be read on host `{host}`: {why}")]
    Elsewhere {
        /// The other host.
        host: HostName,
        /// The file.
        path: ManagedPath,
        /// Why.
        why: &'static str,
    },
    /// The ledger of the host cannot be believed.
    #[error("{host}: its ledger cannot be read")]
    Ledger {
        /// The host.
        host: HostName,
        /// Why.
        source: LedgerError,
    },
    /// The lock on the host is no longer ours.
    #[error("{host}: the lock on it was broken by somebody else")]
    LockLost {
        /// The host.
        host: HostName,
    },
    /// There is no lock on the host.
    #[error("{host}: the lock on it is gone: the host was restarted, or somebody broke it")]
    LockGone {
        /// The host.
        host: HostName,
    },
    /// A unit does not run.
    #[error("{host}: unit `{unit}` is {state}: expected active")]
    NotActive {
        /// The host.
        host: HostName,
        /// The unit.
        unit: UnitName,
        /// What systemd says of it.
        state: String,
        /// The end of its log.
        log: String,
    },
    /// A long command failed.
    #[error("{host}: the command of step `{step}` ended with status {status}")]
    Command {
        /// The host.
        host: HostName,
        /// The step.
        step: StepId,
        /// How it ended.
        status: i32,
        /// The end of its output.
        log: String,
    },
    /// A long command is still running after its time was over.
    #[error("{host}: the command of step `{step}` still runs after {seconds} s")]
    StillRunning {
        /// The host.
        host: HostName,
        /// The step.
        step: StepId,
        /// How long we waited.
        seconds: u64,
        /// The end of its output.
        log: String,
    },
    /// A long command was ended from outside, by a signal or a power cut.
    #[error("{host}: the command of step `{step}` was ended from outside")]
    Cut {
        /// The host.
        host: HostName,
        /// The step.
        step: StepId,
        /// The end of its output.
        log: String,
    },
    /// Another package manager held dpkg all the time.
    #[error("{host}: another package manager did not let go of dpkg within {seconds} s")]
    DpkgBusy {
        /// The host.
        host: HostName,
        /// How long we waited.
        seconds: u64,
        /// The end of apt's output, which names it.
        log: String,
    },
    /// The registry that has the packages asks who is there, and apt is nobody.
    #[error("{host}: the server of the packages, {url}, lets users in alone")]
    PackagesForUsers {
        /// The host.
        host: HostName,
        /// The repository.
        url: String,
    },
    /// The registry has packages of another bundle than the plan's, signed with the
    /// same key.
    #[error(
        "{host}: {url} serves the packages of another bundle: expected an InRelease of {expected}, found {found}"
    )]
    OtherBundle {
        /// The host.
        host: HostName,
        /// The repository.
        url: String,
        /// The digest of the index of the plan's bundle.
        expected: String,
        /// The digest of what is served.
        found: String,
    },
    /// apt could only do it by harm, or not at all.
    #[error("{host}: the packages cannot be installed: {}", reasons.join("; "))]
    Packages {
        /// The host.
        host: HostName,
        /// Why, each in one clause.
        reasons: Vec<String>,
    },
    /// Somebody changed packages while the step was at its end.
    #[error("{host}: packages changed meanwhile: {wanting}")]
    PackagesGone {
        /// The host.
        host: HostName,
        /// What is wanting again.
        wanting: String,
    },
    /// Packages that were there before are half raised, and dpkg alone cannot go on.
    #[error("{host}: packages of it are raised in part: {}", packages.join(", "))]
    HalfRaised {
        /// The host.
        host: HostName,
        /// The packages.
        packages: Vec<String>,
    },
    /// An older form of this command is still running on the host.
    #[error("{host}: another command of step `{step}` still runs")]
    OtherCommand {
        /// The host.
        host: HostName,
        /// The step.
        step: StepId,
    },
    /// What was waited for did not come.
    #[error("{host}: waited {seconds} s in vain to see that {expected}")]
    NotYet {
        /// The host.
        host: HostName,
        /// How long we waited.
        seconds: u64,
        /// What was to happen.
        expected: String,
        /// What was seen last.
        #[source]
        said: Said,
    },
}

/// What a command said last. A cause of its own, so that messages which are
/// kept, as in the journal, hold no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", if .0.is_empty() { "it said nothing" } else { .0 })]
pub struct Said(pub String);

impl StepError {
    pub(crate) fn script(host: HostName, title: String, status: i32, said: String) -> Self {
        Self::Script { host, title, status, said: Said(said) }
    }

    /// The end of the log that belongs to it, for the operator's eyes only.
    pub fn log_tail(&self) -> Option<&str> {
        match self {
            Self::NotActive { log, .. }
            | Self::Command { log, .. }
            | Self::StillRunning { log, .. }
            | Self::DpkgBusy { log, .. }
            | Self::Cut { log, .. } => Some(log.as_str()).filter(|log| !log.is_empty()),
            _ => None,
        }
    }
}

/// What fetches the lists of packages.
pub(crate) const FETCH_LISTS: &str = "fetch the lists of packages";

/// The bundle was solved for other hosts than this one.
const PACKAGES_HINT: &str = "put it right on the host, or write down what the hosts have with `bottari-installer facts --packages`, carry the files to the builder and lock with `--base`";

/// What to do by the words of an apt that could not fetch lists; the first that
/// fits, because apt adds that nothing is signed to all of them.
const APT_WORDS: &[(&[&str], &str)] = &[
    (
        &["not valid yet"],
        "set the clock of the host, which is behind (`timedatectl`), then run the same command again",
    ),
    (
        &[
            "Could not connect",
            "Connection failed",
            "Could not resolve",
            "timed out",
            "unreachable",
        ],
        "see that `bottari-installer serve` runs at that address and that nothing between shuts the host out, then run the same command again",
    ),
    (
        &["certificate", "NO_PUBKEY", "BADSIG", "signature", "GPG error", "is not signed"],
        "somebody else answers at that address, or with another bundle: serve the plan's bundle with the certificate of the site there, then run the same command again",
    ),
];

fn lists_hint(said: &str) -> Option<String> {
    let fits = |(words, _): &&(&[&str], &str)| words.iter().any(|word| said.contains(word));
    APT_WORDS.iter().find(fits).map(|(_, hint)| (*hint).to_owned())
}

impl Failure for StepError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Step
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Transport(error) => return error.hint(),
            Self::Script { title, said, .. } if title == FETCH_LISTS => {
                return lists_hint(&said.0);
            }
            Self::Link { .. } => {
                "replace the link by a folder of its own, or mount the disk there".into()
            }
            Self::InTheWay { host, path, .. } => {
                format!("move `{path}` on `{host}` out of the way")
            }
            Self::Manifest(_) => "lock and build the release again with `bottari-builder` of this version: it refuses what does not fit, and tells why".into(),
            Self::NotInBundle { .. } => "give every bundle that the plan was made from".into(),
            Self::Ledger { host, .. } => {
                format!(
                    "look at /var/lib/bottari/ledger.json on `{host}`: somebody changed it, or a newer installer wrote it"
                )
            }
            Self::LockLost { host } => format!("find out who else works on `{host}`"),
            Self::NotActive { host, unit, .. } => {
                format!("on `{host}`, look at `journalctl -u {unit}`")
            }
            Self::Command { host, step, .. }
            | Self::StillRunning { host, step, .. }
            | Self::Cut { host, step, .. } => {
                format!("on `{host}`, look at {}", super::transient::log_path(step))
            }
            Self::DpkgBusy { host, .. } => format!(
                "on `{host}`, `fuser -v /var/lib/dpkg/lock-frontend` names it; wait for its end, then run the same command again"
            ),
            Self::Packages { .. } => PACKAGES_HINT.into(),
            Self::PackagesGone { host, .. } => format!(
                "see in /var/log/dpkg.log on `{host}` who removes packages, then run the same command again"
            ),
            Self::OtherBundle { .. } => "serve the bundle that the plan was made from and run the same command again, or make a plan for the served one with `bottari-installer plan`".into(),
            Self::PackagesForUsers { .. } => "let everybody read there (`serve --users FILE --anonymous-pull`), then run the same command again; packages are signed and no secret".into(),
            Self::HalfRaised { .. } => "run `bottari-installer apply` first, which ends what it began, then `bottari-installer reset` again".into(),
            Self::OtherCommand { host, step } => {
                format!("wait until `{}.service` on `{host}` has ended", step.unit_stem())
            }
            _ => return None,
        };
        Some(hint)
    }
}
