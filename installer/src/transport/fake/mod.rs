//! A host that lives in memory: it answers as scripted, keeps the files it is
//! given, remembers all it was asked, and loses the connection where told.
//!
//! ```
//! use installer::transport::{RemoteCommand, Transport, fake::{Fault, FakeHost}};
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let host = FakeHost::new("cp-1");
//! host.answer("uname", 0, "Linux\n");
//! host.fault(Fault::BeforeCommand(2));
//! let line = host.connect().unwrap();
//! assert_eq!(line.run(&RemoteCommand::argv(["uname"])).await.unwrap().text(), "Linux\n");
//! assert!(line.run(&RemoteCommand::argv(["uname"])).await.unwrap_err().is_retryable());
//! # });
//! ```

mod state;
#[cfg(test)]
mod tests;
mod transport;

pub use state::{FakeFile, Files, Logged};
pub use transport::FakeTransport;

use super::{Finished, RemoteCommand, TransportError};
use state::State;
use std::sync::{Arc, Mutex, MutexGuard};

/// Where a connection breaks. Commands and uploads of one host are counted from
/// 1, over all its connections; the commands an upload needs are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The command never reaches the host.
    BeforeCommand(usize),
    /// The command began. The host goes on without us: its effect is there when
    /// the next connection opens.
    DuringCommand(usize),
    /// The command began and the host lost power: it has no effect.
    PowerCut(usize),
    /// The command is done; its answer is lost.
    AfterCommand(usize),
    /// So many bytes of the upload arrive and stay as a partial file. With all
    /// of them the file is in place and only the answer is lost.
    DuringUpload {
        /// Which upload.
        upload: usize,
        /// How many of the bytes sent in it arrive.
        bytes: u64,
    },
}

/// A host in memory. Clones are the same host.
#[derive(Debug, Clone)]
pub struct FakeHost(Arc<Mutex<State>>);

impl FakeHost {
    /// An empty host. A command that nothing was scripted for ends with 127.
    pub fn new(name: &str) -> Self {
        Self(Arc::new(Mutex::new(State::new(name))))
    }

    /// Answers commands whose title or arguments hold `text`. The rule that was
    /// added last wins.
    pub fn on(
        &self,
        text: &str,
        reply: impl FnMut(&RemoteCommand, &mut Files) -> Finished + Send + 'static,
    ) {
        self.state().rules.push(state::Rule { text: text.to_owned(), reply: Box::new(reply) });
    }

    /// Answers commands whose title or arguments hold `text`, always alike.
    pub fn answer(&self, text: &str, status: i32, stdout: &str) {
        let finished = Finished::with(status, stdout);
        self.on(text, move |_, _| finished.clone());
    }

    /// Breaks a connection there, once.
    pub fn fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Opens a connection. What was going on when the last one broke is done
    /// first.
    pub fn connect(&self) -> Result<FakeTransport, TransportError> {
        let mut state = self.state();
        state.log.push(Logged::Connected);
        for command in std::mem::take(&mut state.unfinished) {
            state.perform(&command);
        }
        Ok(FakeTransport::new(self.clone(), &state.name))
    }

    /// Puts a file there by hand.
    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        let file = FakeFile { bytes: bytes.into(), mode: 0o644, owner: None };
        self.state().files.insert(path.to_owned(), file);
    }

    /// The files it has now, partial ones included.
    pub fn files(&self) -> Files {
        self.state().files.clone()
    }

    /// Everything it was asked, in order.
    pub fn log(&self) -> Vec<Logged> {
        self.state().log.clone()
    }

    /// The titles of the commands it ran, in order.
    pub fn titles(&self) -> Vec<String> {
        let ran = |entry: Logged| match entry {
            Logged::Ran { title, .. } => Some(title),
            _ => None,
        };
        self.log().into_iter().filter_map(ran).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no scripted reply panics")
    }
}
