//! Why the facts of a host are not known.

use crate::transport::TransportError;
use manifests::{ExitCode, Failure, with_causes};

/// Why the facts of a host are not known.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// The host could not be reached or asked.
    #[error("{host}: its facts could not be gathered")]
    Transport {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: Box<TransportError>,
    },
    /// The answer is not whole.
    #[error("{host}: the answer about its facts is cut or too long")]
    Incomplete {
        /// The host.
        host: String,
    },
    /// It has no packages of Debian's kind.
    #[error("{host}: dpkg is not there, or has no status file")]
    NoDpkg {
        /// The host.
        host: String,
    },
    /// No file and no release could name its system.
    #[error(
        "{host}: its system is `{id}` in version `{version}`: expected small letters, digits and `.`"
    )]
    System {
        /// The host.
        host: String,
        /// `ID` of its `/etc/os-release`.
        id: String,
        /// `VERSION_ID`.
        version: String,
    },
    /// No bundle is made for it.
    #[error("{host}: its packages are for `{found}`: expected amd64 or arm64")]
    PackageArch {
        /// The host.
        host: String,
        /// What dpkg says.
        found: String,
    },
    /// dpkg works at this moment, or was stopped and nobody went on.
    #[error("{host}: dpkg is at work there, or was stopped in the middle")]
    DpkgUnfinished {
        /// The host.
        host: String,
    },
    /// Nobody can tell what will be there when they are whole.
    #[error("{host}: packages are installed in part: {}", join(unfinished, broken))]
    HalfInstalled {
        /// The host.
        host: String,
        /// Those that `dpkg --configure -a` ends.
        unfinished: Vec<String>,
        /// Those that have to be installed again, or removed.
        broken: Vec<String>,
    },
}

fn join(some: &[String], more: &[String]) -> String {
    some.iter().chain(more).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// What ends packages that are there in part.
fn mend(host: &str, broken: &[String]) -> String {
    match broken {
        [] => format!("on `{host}`, run `dpkg --configure -a` and try again"),
        broken => format!(
            "on `{host}`, run `dpkg --configure -a`, then install them again from where they came \
             (`apt-get install --reinstall {0}`) or give them up \
             (`dpkg --remove --force-remove-reinstreq {0}`), and try again",
            broken.join(" ")
        ),
    }
}

impl FactsError {
    /// The error with its causes in one line, for tables and JSON.
    pub fn in_full(&self) -> String {
        with_causes(self)
    }

    /// Whether asking again may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.is_retryable(),
            Self::Incomplete { .. } | Self::DpkgUnfinished { .. } => true,
            _ => false,
        }
    }
}

impl Failure for FactsError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Transport { source, .. } => source.exit_code(),
            _ => ExitCode::Host,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Transport { source, .. } => source.hint(),
            Self::DpkgUnfinished { host } => Some(format!(
                "wait for the package manager on `{host}` to end; when none runs, `dpkg --configure -a` there ends it"
            )),
            Self::HalfInstalled { host, broken, .. } => Some(mend(host, broken)),
            _ => None,
        }
    }
}
