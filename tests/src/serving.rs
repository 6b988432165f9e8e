//! The installer's registry as a process of its own.

use crate::run::{Program, Sandbox};
use std::{
    fs,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Stdio},
    thread,
};

/// A running registry; it ends when dropped.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Serving {
    /// Serves a bundle, or all that lies in a folder, and waits until it answers.
    pub fn start(sandbox: &Sandbox, bundle: &str, key: &str) -> Self {
        Self::with(sandbox, &[bundle, "--trust", key])
    }

    /// Serves with these arguments and waits until it answers.
    pub fn with(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut command = sandbox.command(Program::Installer, &["serve"]);
        command.args(["--listen", "127.0.0.1:0", "--port-file", "port"]).args(arguments);
        command.stderr(Stdio::piped());
        let mut child = command.spawn().expect("a built program can be started");
        let mut words = BufReader::new(child.stderr.take().expect("it was asked for"));
        let mut said = String::new();
        while !said.contains("serving ") {
            assert!(matches!(words.read_line(&mut said), Ok(1..)), "the registry ended: {said}");
        }
        // So that it can go on talking.
        thread::spawn(move || io::copy(&mut words, &mut io::sink()));
        let port = fs::read_to_string(sandbox.path("port")).expect("it was written before");
        let address = format!("127.0.0.1:{}", port.trim()).parse().expect("a port is a number");
        Self { child, address }
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}
