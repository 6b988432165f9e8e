//! Why serving cannot begin.

use super::{users::UsersError, writable::OverlayError};
use manifests::{ExitCode, Failure};
use rustls::pki_types::pem;
use std::{io, net::SocketAddr, path::PathBuf};

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A PEM file cannot be read.
    #[error("cannot read a certificate or key from `{path}`")]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// Certificate and key are read but cannot be used.
    #[error("the certificate `{path}` and its key cannot be used together")]
    Tls {
        /// The certificate.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// Pushes cannot be taken.
    #[error(transparent)]
    Writable(#[from] OverlayError),
    /// The users cannot be used.
    #[error(transparent)]
    Users(#[from] UsersError),
    /// The access log or the port file cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system gives no thread, socket or signal.
    #[error("cannot start the server")]
    Start(#[source] io::Error),
}

impl Failure for ServeError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Writable(error) => error.exit_code(),
            Self::Listen { .. } | Self::Start(_) => ExitCode::Host,
            Self::Pem { .. } | Self::Tls { .. } | Self::Write { .. } | Self::Users(_) => {
                ExitCode::Input
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Writable(error) => error.hint(),
            Self::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => Some(
                format!("`ss -ltnp 'sport = {}'` shows who listens there; or choose another port with `--listen`", address.port()),
            ),
            Self::Listen { .. } => {
                Some("`ip address` lists the addresses of this host; 0.0.0.0 is all of them".into())
            }
            Self::Pem { .. } | Self::Tls { .. } => Some(
                "both files are PEM: `--tls-cert` the certificate chain of this host, `--tls-key` its key without a password".into(),
            ),
            Self::Users(_) => Some(
                "`htpasswd -nB NAME` prints a line for a user; it asks for the password".into(),
            ),
            Self::Write { .. } | Self::Start(_) => None,
        }
    }
}
