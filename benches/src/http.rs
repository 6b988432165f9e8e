//! The cheapest client there is: one connection, one `GET` after the other, bodies
//! read to their end. It must not be what limits a server.

use crate::problem::Result;
use rustix::net::{RecvFlags, recv};
use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

/// Longest silence.
const PATIENCE: Duration = Duration::from_mins(1);
/// Bytes that are read at once.
const BUFFER: usize = 256 * 1024;
const ACCEPT: &str =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, */*";

/// With or without TLS.
enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection that is kept.
pub(crate) struct Client {
    line: Line,
    host: String,
    buffer: Vec<u8>,
}

/// The head of an answer.
struct Head {
    status: u16,
    length: u64,
    /// Where the body begins in the buffer, and where what was read ends.
    body: std::ops::Range<usize>,
}

impl Client {
    /// Connects; with TLS when settings for it are given.
    pub(crate) fn connect(
        address: SocketAddr,
        tls: Option<&Arc<ClientConfig>>,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let line = match tls {
            None => Line::Plain(stream),
            Some(settings) => {
                let name = ServerName::from(address.ip());
                let session = ClientConnection::new(Arc::clone(settings), name);
                let session = session.map_err(io::Error::other)?;
                Line::Tls(Box::new(StreamOwned::new(session, stream)))
            }
        };
        Ok(Self { line, host: address.to_string(), buffer: vec![0; BUFFER] })
    }

    /// Gets a path, hands its body on piece by piece, and gives its size. Any answer
    /// but 200 with the whole body is an error.
    pub(crate) fn get(
        &mut self,
        path: &str,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<u64> {
        let head = self.ask(path)?;
        let (mut left, mut here) = (head.length, head.body);
        while left > 0 {
            if here.is_empty() {
                here = 0..self.line.read(&mut self.buffer)?;
            }
            let piece = &self.buffer[here.clone()];
            if piece.is_empty() || piece.len() as u64 > left {
                return Err(format!("`{path}`: {left} bytes are missing or too many").into());
            }
            take(piece)?;
            left -= piece.len() as u64;
            here = 0..0;
        }
        Ok(head.length)
    }

    /// Gets a path and throws its body away as cheaply as can be: what the client
    /// takes is taken from the server, which is on the same machine.
    pub(crate) fn drain(&mut self, path: &str) -> Result<u64> {
        let head = self.ask(path)?;
        let mut left = head.length.saturating_sub(head.body.len() as u64);
        while left > 0 {
            let most = self.buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            match self.line.skip(&mut self.buffer[..most])? {
                0 => return Err(format!("`{path}`: {left} bytes are missing").into()),
                skipped => left -= skipped as u64,
            }
        }
        Ok(head.length)
    }

    /// Asks for a path. Any answer but 200 is an error.
    fn ask(&mut self, path: &str) -> Result<Head> {
        let host = &self.host;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: {ACCEPT}\r\n\r\n");
        self.line.write_all(request.as_bytes())?;
        let head = self.head()?;
        match head.status {
            200 => Ok(head),
            status => Err(format!("`{path}`: status {status}").into()),
        }
    }

    fn head(&mut self) -> Result<Head> {
        let mut filled = 0;
        loop {
            let read = self.line.read(&mut self.buffer[filled..])?;
            filled += read;
            let end = self.buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                return parse(&self.buffer[..end], end + 4..filled);
            }
            if read == 0 {
                return Err("the connection was closed".into());
            }
        }
    }
}

impl Line {
    /// Takes what has come, at most as much as the buffer holds, which may keep what
    /// it had: without TLS the kernel drops the bytes and copies none.
    fn skip(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => Ok(recv(&*stream, buffer, RecvFlags::TRUNC)?.1),
            Self::Tls(_) => self.read(buffer),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }
}

fn parse(head: &[u8], body: std::ops::Range<usize>) -> Result<Head> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    match (status, length) {
        (Some(status), Some(length)) => Ok(Head { status, length, body }),
        _ => Err(format!("not an answer with a length: {text}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use journeys::upstream::Upstream;

    #[test]
    fn bodies_are_read_to_their_end_on_one_connection() {
        let upstream = Upstream::start().unwrap();
        upstream.put_file("https://a.example/b", vec![7; 1_000_000]);
        let mut client = Client::connect(upstream.address(), None).unwrap();
        for _ in 0..2 {
            let mut seen = 0;
            let size = client.get("/files/a.example/b", |piece| {
                seen += piece.len();
                Ok(())
            });
            assert_eq!((size.unwrap(), seen), (1_000_000, 1_000_000));
            assert_eq!(client.drain("/files/a.example/b").unwrap(), 1_000_000);
        }
        let error = client.get("/files/a.example/c", |_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "`/files/a.example/c`: status 404");
    }
}
