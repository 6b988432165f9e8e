//! A tiny HTTP client for tests: one request per connection, and it tells what
//! really came over the line.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long the line may be silent before an answer counts as stalled: long enough
/// for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With as many bytes as the headers promised.
    Complete,
    /// The connection closed before that.
    Cut,
    /// Nothing came for a while, and the connection stayed open.
    Stalled,
}

/// An answer, also a broken one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The bytes that arrived.
    pub body: Vec<u8>,
    /// How they ended.
    pub end: End,
}

impl Answer {
    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// `GET path` with these headers.
pub fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
    request(address, ("GET", path), headers, PATIENCE)
}

/// `GET path` that takes so much silence for a stall.
pub fn get_until_silent(address: SocketAddr, path: &str, silence: Duration) -> io::Result<Answer> {
    request(address, ("GET", path), &[], silence)
}

/// `HEAD path` with these headers.
pub fn head(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
    request(address, ("HEAD", path), headers, PATIENCE)
}

fn request(
    address: SocketAddr,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    silence: Duration,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(silence))?;
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    text.extend(headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
    stream.write_all(format!("{text}\r\n").as_bytes())?;
    let (bytes, silent) = read_all(&mut stream)?;
    parse(&bytes, method == "HEAD", silent)
}

/// Everything until the end or until the line is silent, and which of the two.
fn read_all(stream: &mut TcpStream) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => Ok((bytes, false)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok((bytes, true)),
        // What came before the connection broke has arrived.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok((bytes, false)),
        Err(error) => Err(error),
    }
}

fn parse(bytes: &[u8], is_head: bool, silent: bool) -> io::Result<Answer> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer");
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(invalid)?;
    let text = String::from_utf8_lossy(&bytes[..split]);
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or_else(invalid)?;
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let mut answer = Answer {
        status: status.parse().map_err(io::Error::other)?,
        headers,
        body: bytes[split + 4..].to_vec(),
        end: End::Complete,
    };
    let promised = answer.header("content-length").map_or(Ok(0), str::parse::<usize>);
    if !is_head && answer.body.len() < promised.map_err(io::Error::other)? {
        answer.end = if silent { End::Stalled } else { End::Cut };
    }
    Ok(answer)
}
