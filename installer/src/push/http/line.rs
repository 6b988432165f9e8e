//! One connection: TCP, then TLS unless it is plain, then HTTP/1.1. HTTP/2 would
//! bring nothing here: a blob fills a line by itself.

use super::tls::Authorities;
use crate::push::{
    error::PushError,
    target::{host, is_loopback},
};
use axum::{body::Body, http::uri::Authority};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::AbortHandle,
    time::timeout,
};

/// How long a host may take to answer at all.
const PATIENCE: Duration = Duration::from_secs(15);

/// One place that may be talked to, and how.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) authority: Authority,
    /// Without TLS.
    pub(crate) plain: bool,
    pub(crate) authorities: Authorities,
}

/// An open connection. It ends when this is dropped, with whatever body is still on
/// its way.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) sender: SendRequest<Body>,
    connection: AbortHandle,
}

impl Line {
    /// Whether it can take the next request, now or after no more than `moment`.
    pub(super) async fn is_free_within(&mut self, moment: Duration) -> bool {
        timeout(moment, self.sender.ready()).await.is_ok_and(|ready| ready.is_ok())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Place {
    /// Whether nobody else can read what is said.
    pub(crate) fn is_private(&self) -> bool {
        !self.plain || is_loopback(host(&self.authority))
    }

    /// The port, also when it is the usual one.
    pub(crate) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.plain { 80 } else { 443 })
    }

    /// Whether both are the same service.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let one = (host(&self.authority), self.port());
        one == (host(&other.authority), other.port())
    }

    /// Opens a connection.
    pub(super) async fn connect(&self) -> Result<Line, PushError> {
        let tcp = self.tcp().await?;
        if self.plain {
            return self.speak(tcp).await;
        }
        let secured = timeout(PATIENCE, self.authorities.secure(self, tcp)).await;
        let late = |_late| self.unreachable(io::ErrorKind::TimedOut.into());
        self.speak(secured.map_err(late)??).await
    }

    async fn tcp(&self) -> Result<TcpStream, PushError> {
        let address = (host(&self.authority), self.port());
        let connected = timeout(PATIENCE, TcpStream::connect(address)).await;
        let connected = connected.unwrap_or_else(|_late| Err(io::ErrorKind::TimedOut.into()));
        let tcp = connected.map_err(|source| self.unreachable(source))?;
        tcp.set_nodelay(true).map_err(|source| self.unreachable(source))?;
        Ok(tcp)
    }

    async fn speak(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<Line, PushError> {
        let begun = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = begun.map_err(|error| self.broken(error))?;
        // How it ends is told to whoever waits for an answer.
        let connection = tokio::spawn(connection).abort_handle();
        Ok(Line { sender, connection })
    }

    fn unreachable(&self, source: io::Error) -> PushError {
        PushError::Unreachable { host: self.authority.to_string(), source }
    }

    pub(crate) fn broken(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> PushError {
        PushError::Broken { host: self.authority.to_string(), source: source.into() }
    }
}
