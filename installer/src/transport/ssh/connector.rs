//! Opens connections: TCP or a jump host, the handshake, the login, root.

use super::{
    HostAddress,
    credentials::Credentials,
    greeter::{GreetError, Greeter},
    host_keys::HostKeys,
    line::Line,
    login::login,
    wire::SshWire,
};
use crate::transport::{Session, TransportError};
use manifests::event::Reporter;
use russh::{
    Preferred, cipher,
    client::{Config, Handle, connect_stream},
    compression,
    keys::Algorithm,
};
use std::{
    borrow::Cow,
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpStream, sync::Mutex, time::timeout};

/// As AES-GCM is the fastest by far on every machine of this century.
const CIPHERS: &[cipher::Name] = &[
    cipher::AES_256_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];
/// With keepalives of this distance a dead line is noticed in a minute.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// An agent may ask a person to touch a key.
const LOGIN_TIME: Duration = Duration::from_mins(1);

/// What all connections of a run have in common.
#[derive(Debug)]
pub struct ConnectorOptions {
    /// Whether hosts nobody has met are enrolled, rather than refused.
    pub accept_new_host_keys: bool,
    /// What we come with.
    pub credentials: Credentials,
    /// How long a TCP connection and the handshake may take, each.
    pub connect_timeout: Duration,
    /// Hears of enrolled hosts.
    pub reporter: Arc<dyn Reporter>,
}

/// Opens connections and shares those to jump hosts.
#[derive(Debug)]
pub struct Connector {
    options: ConnectorOptions,
    host_keys: Mutex<HashMap<PathBuf, Arc<HostKeys>>>,
    jumps: Mutex<HashMap<(SocketAddr, String), Line>>,
}

impl Connector {
    /// Nothing is opened yet.
    pub fn new(options: ConnectorOptions) -> Self {
        Self { options, host_keys: Mutex::default(), jumps: Mutex::default() }
    }

    /// Connects, logs in and makes sure that root can be reached.
    pub async fn connect(&self, address: &HostAddress) -> Result<Session, TransportError> {
        let line = self.open(address).await?;
        let wire = SshWire::new(line);
        let session = Session::new(&address.name, address.sudo.clone(), Box::new(wire));
        session.prove_root(&address.user).await?;
        Ok(session)
    }

    async fn open(&self, address: &HostAddress) -> Result<Line, TransportError> {
        let (mut handle, through) = match &address.jump {
            None => (self.greet(address, self.dial(address).await?).await?, None),
            Some(jump) => {
                let line =
                    Box::pin(self.jump(jump)).await.map_err(|error| behind(address, error))?;
                let (ip, port) = (address.address.to_string(), address.port.into());
                let opened = line.handle.channel_open_direct_tcpip(ip, port, "127.0.0.1", 0).await;
                let channel = opened.map_err(|error| TransportError::Unreachable {
                    host: address.name.clone(),
                    address: address.socket(),
                    source: std::io::Error::other(error),
                })?;
                (self.greet(address, channel.into_stream()).await?, Some(Box::new(line)))
            }
        };
        let entering = login(&mut handle, address, &self.options.credentials);
        match timeout(LOGIN_TIME, entering).await {
            Ok(entered) => entered?,
            Err(_elapsed) => {
                let (host, address) = (address.name.clone(), address.socket());
                return Err(TransportError::Silent { host, address, after: LOGIN_TIME });
            }
        }
        Ok(Line { handle: Arc::new(handle), through })
    }

    /// The connection to a jump host, shared by all hosts behind it.
    async fn jump(&self, address: &HostAddress) -> Result<Line, TransportError> {
        let key = (address.socket(), address.user.clone());
        let mut jumps = self.jumps.lock().await;
        match jumps.get(&key) {
            Some(line) if !line.handle.is_closed() => return Ok(line.clone()),
            _ => {}
        }
        // A jump host behind another would wait for the lock we hold.
        if address.jump.is_some() {
            drop(jumps);
            return self.open(address).await;
        }
        let line = self.open(address).await?;
        jumps.insert(key, line.clone());
        Ok(line)
    }

    /// One reader and writer per file of known hosts.
    async fn host_keys(&self, path: &Path) -> Arc<HostKeys> {
        let mut files = self.host_keys.lock().await;
        let new = || Arc::new(HostKeys::new(path.to_owned(), self.options.accept_new_host_keys));
        files.entry(path.to_owned()).or_insert_with(new).clone()
    }

    async fn dial(&self, address: &HostAddress) -> Result<TcpStream, TransportError> {
        let (host, socket) = (address.name.clone(), address.socket());
        let stream = match timeout(self.options.connect_timeout, TcpStream::connect(socket)).await {
            Ok(stream) => stream,
            Err(elapsed) => Err(elapsed.into()),
        };
        let unreachable = |source| TransportError::Unreachable { host, address: socket, source };
        let stream = stream.map_err(unreachable)?;
        // Only slower without it.
        stream.set_nodelay(true).ok();
        Ok(stream)
    }

    async fn greet<S>(
        &self,
        address: &HostAddress,
        stream: S,
    ) -> Result<Handle<Greeter>, TransportError>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (host, socket) = (address.name.clone(), address.socket());
        let host_keys = self.host_keys(&address.known_hosts).await;
        let recorded = host_keys.algorithms(socket.ip(), socket.port())?;
        let greeter = Greeter {
            host: host.clone(),
            address: socket,
            host_keys: host_keys.clone(),
            reporter: self.options.reporter.clone(),
        };
        let greeting = connect_stream(Arc::new(config(&recorded)), stream, greeter);
        match timeout(self.options.connect_timeout, greeting).await {
            Ok(Ok(handle)) => Ok(handle),
            Ok(Err(GreetError::Problem(problem))) => Err(TransportError::HostKey { host, problem }),
            Ok(Err(GreetError::File(error))) => Err(host_keys.unusable(error)),
            Ok(Err(GreetError::Protocol(error))) => {
                Err(TransportError::Handshake { host, address: socket, source: error.into() })
            }
            Err(_elapsed) => {
                let after = self.options.connect_timeout;
                Err(TransportError::Silent { host, address: socket, after })
            }
        }
    }
}

fn behind(address: &HostAddress, error: TransportError) -> TransportError {
    TransportError::Jump { host: address.name.clone(), source: Box::new(error) }
}

/// Asks for the recorded kinds of host key, so that a host with several keys
/// shows the one we know.
fn config(recorded: &[Algorithm]) -> Config {
    let sha1 = Algorithm::Rsa { hash: None };
    let rsa = |kind: &Algorithm| matches!(kind, Algorithm::Rsa { .. });
    let known =
        |kind: &Algorithm| recorded.contains(kind) || (rsa(kind) && recorded.iter().any(rsa));
    let (first, rest): (Vec<_>, Vec<_>) =
        Preferred::DEFAULT.key.iter().filter(|kind| **kind != sha1).cloned().partition(known);
    let preferred = Preferred {
        key: Cow::Owned(first.into_iter().chain(rest).collect()),
        cipher: Cow::Borrowed(CIPHERS),
        compression: Cow::Borrowed(&[compression::NONE]),
        ..Preferred::DEFAULT
    };
    Config {
        window_size: 16 * 1024 * 1024,
        nodelay: true,
        keepalive_interval: Some(KEEPALIVE),
        keepalive_max: 3,
        preferred,
        ..Config::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_kinds_of_key_come_first_and_sha1_never() {
        let rsa = Algorithm::Rsa { hash: None };
        let keys = config(std::slice::from_ref(&rsa)).preferred.key.into_owned();
        assert!(matches!(keys[0], Algorithm::Rsa { hash: Some(_) }), "{keys:?}");
        assert!(!keys.contains(&rsa));
        assert_eq!(config(&[]).preferred.key[0], Algorithm::Ed25519);
    }
}
