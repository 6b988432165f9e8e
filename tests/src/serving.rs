//! The installer's registry as a process of its own.

use journeys::run::{Program, Sandbox};
use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStderr, Stdio},
};

/// A running registry; it ends when dropped.
pub(crate) struct Serving {
    child: Child,
    /// Kept open, so that the registry can go on talking.
    _words: BufReader<ChildStderr>,
    pub(crate) address: SocketAddr,
}

impl Serving {
    /// Serves a bundle and waits until it answers.
    pub(crate) fn start(sandbox: &Sandbox, bundle: &str, key: &str) -> Self {
        let line = ["serve", bundle, "--trust", key, "--listen", "127.0.0.1:0"];
        let mut command = sandbox.command(Program::Installer, &line);
        command.args(["--port-file", "port"]).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut words = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("serving ") {
            assert!(words.read_line(&mut said).unwrap() > 0, "the registry ended: {said}");
        }
        let port = fs::read_to_string(sandbox.path("port")).unwrap();
        let address = format!("127.0.0.1:{}", port.trim()).parse().unwrap();
        Self { child, _words: words, address }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}
