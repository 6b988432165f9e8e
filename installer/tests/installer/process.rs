//! Runs the real binary: to its end, or as a server until the test is over.

use crate::fixture::World;
use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// Longest time that anything in these tests may take.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary, told to leave this machine's own folders alone. `BOTTARI_PROGRAMS` names
/// a folder with another build, such as an optimised one.
pub(crate) fn installer(world: &World) -> Command {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_bottari-installer"));
    let program = env::var_os("BOTTARI_PROGRAMS").map(PathBuf::from);
    let program = program.map_or(built, |folder| folder.join("bottari-installer"));
    let mut command = Command::new(program);
    command
        .current_dir(world.folder.path())
        .env("BOTTARI_TRUST_DIR", world.path("trust"))
        .env("BOTTARI_STATE_DIR", world.path("state"))
        .env("HOME", world.folder.path())
        .env("NO_COLOR", "1")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .stdin(Stdio::null());
    command
}

/// Runs the binary to its end.
pub(crate) fn run<S: AsRef<OsStr>>(world: &World, arguments: impl IntoIterator<Item = S>) -> Said {
    said(installer(world).args(arguments))
}

/// Runs a command to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Said {
    /// The folder's name and other things that differ each time, replaced.
    pub(crate) fn stderr_in(&self, world: &World) -> String {
        self.stderr.replace(world.folder.path().to_str().unwrap(), "/folder")
    }
}

/// A server in another process; it ends with the test.
pub(crate) struct Serving {
    child: Child,
    lines: mpsc::Receiver<String>,
    heard: Vec<String>,
    pub(crate) address: SocketAddr,
}

impl Serving {
    /// Serves the world's bundle.
    pub(crate) fn start(world: &World) -> Self {
        Self::with(world, [world.bundle.as_os_str()])
    }

    /// Serves with these arguments, on a port that is free.
    pub(crate) fn with<S: AsRef<OsStr>>(
        world: &World,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        Self::by(world, installer(world), arguments)
    }

    /// The same, with a command that starts the binary in its own way.
    pub(crate) fn by<S: AsRef<OsStr>>(
        world: &World,
        mut command: Command,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let port_file = world.path("port");
        let _ = std::fs::remove_file(&port_file);
        command.args(["serve", "--listen", "127.0.0.1:0", "--port-file"]).arg(&port_file);
        let mut child =
            command.args(arguments).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = listen(child.stderr.take().unwrap());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut serving = Self { child, lines, heard: Vec::new(), address };
        serving.wait_for("serving ");
        let port = std::fs::read_to_string(port_file).unwrap();
        serving.address.set_port(port.trim().parse().unwrap());
        serving
    }

    /// Waits until the server says a line with this text, and gives the line.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        if let Some(line) = self.heard.iter().find(|line| line.contains(text)) {
            return line.clone();
        }
        loop {
            let line = self.lines.recv_timeout(LIMIT);
            let line = line.unwrap_or_else(|_| panic!("no `{text}` in {:#?}", self.heard));
            self.heard.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for the end; gives what was written to stdout too.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let mut text = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        (self.child.wait().unwrap(), text)
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(stderr: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    lines
}
