//! An open way to a host, whatever it is made of: runs commands as root or
//! not, holds them to their deadline, and moves files.

use super::{
    Finished, HostPath, RemoteCommand, Sudo, Transport, TransportError, Upload, Uploaded,
    read_file, shell, upload,
    wire::{Feed, Wire},
};
use async_trait::async_trait;
use bytes::Bytes;
use manifests::event::Reporter;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

/// The host ends a command by itself; this much later we stop waiting for it.
const GRACE: Duration = Duration::from_secs(15);
/// An upload that moves no byte for so long is given up.
const STALL: Duration = Duration::from_mins(1);

/// An open connection to a host, over SSH or on this machine.
#[derive(Debug)]
pub struct Session {
    host: String,
    sudo: Sudo,
    wire: Box<dyn Wire>,
    stall: Duration,
}

impl Session {
    pub(crate) fn new(host: &str, sudo: Sudo, wire: Box<dyn Wire>) -> Self {
        Self { host: host.to_owned(), sudo, wire, stall: STALL }
    }

    /// Gives up an upload that moves no byte for this long; 60 s otherwise.
    #[must_use]
    pub fn stall_after(mut self, stall: Duration) -> Self {
        self.stall = stall;
        self
    }

    /// How long an upload may stand still.
    pub(crate) fn stall(&self) -> Duration {
        self.stall
    }

    /// Runs a command whose input goes on with `stream`.
    pub(crate) async fn feed(
        &self,
        command: &RemoteCommand,
        stream: Option<Receiver<Bytes>>,
        taken: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Finished, TransportError> {
        if command.shows_a_secret() {
            return Err(TransportError::ShowsSecret { title: command.title() });
        }
        let (line, ahead) = shell::line(command, &self.sudo);
        let mut feed = Feed::new([ahead.into(), command.input().clone()], stream, taken);
        let mut ears = command.ears();
        let began = Instant::now();
        let limit = command.time_limit();
        let work = self.wire.execute(&line, &mut feed, &mut ears);
        let status = match tokio::time::timeout(limit.saturating_add(GRACE), work).await {
            Ok(status) => status.map_err(|error| error.of(&self.host, &command.title()))?,
            Err(_elapsed) => return Err(self.late(command)),
        };
        if shell::TIMED_OUT.contains(&status) && began.elapsed() >= limit {
            return Err(self.late(command));
        }
        Ok(ears.finish(status))
    }

    fn late(&self, command: &RemoteCommand) -> TransportError {
        let after = command.time_limit();
        TransportError::Deadline { host: self.host.clone(), title: command.title(), after }
    }

    /// Makes sure once that root can be reached, with one attempt only: a wrong
    /// password tried again and again can lock a user out.
    pub(crate) async fn prove_root(&self, user: &str) -> Result<(), TransportError> {
        if self.sudo == Sudo::None {
            return Ok(());
        }
        let finished = self.run(&RemoteCommand::argv(["true"])).await?;
        match finished.success() {
            true => Ok(()),
            false => Err(TransportError::Sudo {
                host: self.host.clone(),
                user: user.to_owned(),
                said: finished.said(),
            }),
        }
    }
}

#[async_trait]
impl Transport for Session {
    fn host(&self) -> &str {
        &self.host
    }

    async fn run(&self, command: &RemoteCommand) -> Result<Finished, TransportError> {
        self.feed(command, None, &|_| ()).await
    }

    async fn upload(
        &self,
        upload: &Upload,
        reporter: &dyn Reporter,
    ) -> Result<Uploaded, TransportError> {
        upload::upload(self, upload, reporter).await
    }

    async fn read_file(
        &self,
        path: &HostPath,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        read_file::read_file(self, path, limit).await
    }
}
