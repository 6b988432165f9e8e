//! Meets the host: the one thing we decide during the handshake is whether the
//! key it shows is its own.

use super::host_keys::{HostKeyProblem, HostKeys, Refusal};
use manifests::event::{Event, Reporter};
use russh::{client::Handler, keys::PublicKeyOrCertificate};
use std::{io, net::SocketAddr, sync::Arc};

/// One per connection.
#[derive(Debug)]
pub(super) struct Greeter {
    pub(super) host: String,
    pub(super) address: SocketAddr,
    pub(super) host_keys: Arc<HostKeys>,
    pub(super) reporter: Arc<dyn Reporter>,
}

/// Why a connection was not set up.
#[derive(Debug)]
pub(super) enum GreetError {
    /// The host is not who it should be.
    Problem(HostKeyProblem),
    /// The file of known hosts is to blame.
    File(io::Error),
    /// Something about the protocol or the line.
    Protocol(russh::Error),
}

impl From<russh::Error> for GreetError {
    fn from(error: russh::Error) -> Self {
        Self::Protocol(error)
    }
}

impl Handler for Greeter {
    type Error = GreetError;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, GreetError> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Err(GreetError::Problem(HostKeyProblem::Certificate));
        };
        match self.host_keys.check(self.address.ip(), self.address.port(), key) {
            Ok(None) => {}
            Ok(Some(enrolled)) => {
                let text = format!("{}: host key {enrolled} is enrolled", self.host);
                self.reporter.report(&Event::Notice { text });
            }
            Err(Refusal::Problem(problem)) => return Err(GreetError::Problem(problem)),
            Err(Refusal::File(error)) => return Err(GreetError::File(error)),
        }
        Ok(true)
    }
}
