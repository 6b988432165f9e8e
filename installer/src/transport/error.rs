//! Everything that can stand between us and a host.

use super::HostPath;
use manifests::{ExitCode, Failure};
use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// The cause of a lost line or a refused handshake, in the library's words.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why something could not be done on a host.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// No connection came about.
    #[error("{host}: no connection to {address}")]
    Unreachable {
        /// The host's name in the cluster file.
        host: String,
        /// Where it was tried.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The other side took too long to become an SSH server.
    #[error("{host}: {address} did not answer as an SSH server within {} s", .after.as_secs())]
    Silent {
        /// The host.
        host: String,
        /// Where it was tried.
        address: SocketAddr,
        /// How long we waited.
        after: Duration,
    },
    /// The two sides could not agree on how to speak.
    #[error("{host}: no SSH connection could be set up with {address}")]
    Handshake {
        /// The host.
        host: String,
        /// Where it was tried.
        address: SocketAddr,
        /// What went wrong.
        #[source]
        source: Cause,
    },
    /// The jump host in front of it failed.
    #[error("{host}: its jump host cannot be used")]
    Jump {
        /// The host behind.
        host: String,
        /// Why.
        #[source]
        source: Box<TransportError>,
    },
    /// Who the host claims to be is not who we know.
    #[error("{host}: {problem}")]
    HostKey {
        /// The host.
        host: String,
        /// What is wrong with its key.
        problem: super::HostKeyProblem,
    },
    /// The file of known hosts cannot be read or written.
    #[error("known hosts file `{path}` cannot be used")]
    KnownHosts {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A private key cannot be used.
    #[error("private key `{path}` cannot be used")]
    PrivateKey {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// The host lets none of our keys in.
    #[error("{host}: user `{user}` is let in by none of {tried}")]
    NotLetIn {
        /// The host.
        host: String,
        /// The login user.
        user: String,
        /// What was offered.
        tried: String,
    },
    /// The login user cannot become root.
    #[error("{host}: user `{user}` cannot become root through sudo: {said}")]
    Sudo {
        /// The host.
        host: String,
        /// The login user.
        user: String,
        /// What sudo said.
        said: String,
    },
    /// The line was lost; whether the command went on is not known.
    #[error("{host}: the connection was lost during `{during}`")]
    Lost {
        /// The host.
        host: String,
        /// What was going on.
        during: String,
        /// What went wrong, when it is known.
        #[source]
        source: Option<Cause>,
    },
    /// A command did not end in time.
    #[error("{host}: `{title}` did not end within {} s", .after.as_secs())]
    Deadline {
        /// The host.
        host: String,
        /// The command.
        title: String,
        /// How long it had.
        after: Duration,
    },
    /// A command could not be started at all.
    #[error("{host}: `{title}` could not be started")]
    NotStarted {
        /// The host.
        host: String,
        /// The command.
        title: String,
        /// Why.
        #[source]
        source: Cause,
    },
    /// A command ended badly where it had to end well.
    #[error("{host}: `{title}` ended with status {status}: {said}")]
    Failed {
        /// The host.
        host: String,
        /// The command.
        title: String,
        /// Its exit status.
        status: i32,
        /// What it said last.
        said: String,
    },
    /// Our own mistake: a secret was about to be shown.
    #[error("`{title}` would show a secret in the host's process list")]
    ShowsSecret {
        /// The command, masked.
        title: String,
    },
    /// The folder of a file does not exist.
    #[error("{host}: the folder of `{path}` does not exist")]
    NoFolder {
        /// The host.
        host: String,
        /// The file.
        path: HostPath,
    },
    /// The bytes to send cannot be read here, or are not the ones promised.
    #[error("the bytes for `{path}` cannot be read here")]
    Content {
        /// The file they were for.
        path: HostPath,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What arrived is not what was sent.
    #[error("{host}: `{path}` arrived damaged: expected {expected}")]
    Damaged {
        /// The host.
        host: String,
        /// The file.
        path: HostPath,
        /// The digest it should have.
        expected: manifests::Digest,
    },
    /// No byte moved for too long.
    #[error("{host}: nothing of `{path}` moved for {} s", .after.as_secs())]
    Stalled {
        /// The host.
        host: String,
        /// The file.
        path: HostPath,
        /// How long.
        after: Duration,
    },
    /// A file on the host is larger than anybody should read.
    #[error("{host}: `{path}` is larger than {limit} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The file.
        path: HostPath,
        /// The most we would read.
        limit: u64,
    },
}

impl TransportError {
    /// Whether a new connection and the same call may well succeed. A command
    /// that was cut may have gone on: look before it is sent again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::Lost { .. }
            | Self::Stalled { .. }
            | Self::Damaged { .. } => true,
            Self::Jump { source, .. } => source.is_retryable(),
            _ => false,
        }
    }
}

impl Failure for TransportError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::ShowsSecret { .. } => ExitCode::Bug,
            Self::PrivateKey { .. } | Self::KnownHosts { .. } | Self::Content { .. } => {
                ExitCode::Input
            }
            Self::Jump { source, .. } => source.exit_code(),
            _ => ExitCode::Host,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreachable { address, .. } | Self::Silent { address, .. } => {
                format!("check that the host is up and that {} is open for SSH", shown(address))
            }
            Self::HostKey { problem, .. } => problem.hint(),
            Self::NotLetIn { user, .. } => format!(
                "add the public key to `~{user}/.ssh/authorized_keys` on the host, or name another key"
            ),
            Self::Sudo { .. } => {
                "allow sudo for this user, or set how to use it: with or without a password".into()
            }
            Self::Lost { .. } | Self::Stalled { .. } | Self::Damaged { .. } => {
                "run the same command again: it continues where it stopped".into()
            }
            Self::Jump { source, .. } => return source.hint(),
            _ => return None,
        };
        Some(hint)
    }
}

fn shown(address: &SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) => format!("{ip} port {}", address.port()),
        IpAddr::V6(ip) => format!("[{ip}] port {}", address.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_jump_host_answers_like_the_failure_behind_it() {
        let lost = TransportError::Lost { host: "j".into(), during: "x".into(), source: None };
        let jump = TransportError::Jump { host: "w".into(), source: Box::new(lost) };
        assert!(jump.is_retryable());
        assert_eq!(jump.exit_code(), ExitCode::Host);
        assert!(jump.hint().unwrap().contains("again"));
    }

    #[test]
    fn a_shown_secret_is_our_bug() {
        let error = TransportError::ShowsSecret { title: "join [secret]".into() };
        assert_eq!((error.exit_code(), error.is_retryable()), (ExitCode::Bug, false));
    }
}
