//! A server as a process of ours.

use crate::problem::Result;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_micros(500);

/// A process that is asked to end, and waited for, when dropped.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn();
        Ok(Self(child.map_err(|error| format!("{command:?}: {error}"))?))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has not ended.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.lives() {
            // By its id, so nobody else's server is hit; one that has ended meanwhile is fine.
            let id = self.id().to_string();
            let _asked = Command::new("kill").args(["-TERM", &id]).status();
            let _ended = self.0.wait();
        }
    }
}

/// A port that was free a moment ago: for servers that cannot be asked for any.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Waits until a server of ours takes connections.
pub(crate) fn wait_until_open(server: &mut Running, port: u16) -> Result<()> {
    let (address, deadline) =
        (SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Instant::now() + PATIENCE);
    while TcpStream::connect(address).is_err() {
        if !server.lives() {
            return Err("the server has ended".into());
        }
        if Instant::now() > deadline {
            return Err("the server did not start".into());
        }
        sleep(LOOK);
    }
    // An answer of whoever took the port before does not count.
    if server.lives() { Ok(()) } else { Err("the server has ended".into()) }
}
