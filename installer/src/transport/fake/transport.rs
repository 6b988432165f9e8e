//! A connection to a host in memory.

use super::{FakeFile, FakeHost, Fault, Logged, state::State};
use crate::transport::{
    Finished, HostPath, RemoteCommand, Transport, TransportError, Upload, Uploaded,
};
use async_trait::async_trait;
use manifests::event::{Outcome, Reporter, Transfer};
use std::{
    io::Read,
    sync::atomic::{AtomicBool, Ordering},
};

/// A connection to a [`FakeHost`]; once broken it stays so.
#[derive(Debug)]
pub struct FakeTransport {
    host: FakeHost,
    name: String,
    broken: AtomicBool,
}

impl FakeTransport {
    pub(super) fn new(host: FakeHost, name: &str) -> Self {
        Self { host, name: name.to_owned(), broken: AtomicBool::new(false) }
    }

    fn alive(&self, during: &str) -> Result<(), TransportError> {
        match self.broken.load(Ordering::Acquire) {
            true => Err(self.lose(during)),
            false => Ok(()),
        }
    }

    fn lose(&self, during: &str) -> TransportError {
        self.broken.store(true, Ordering::Release);
        let (host, during) = (self.name.clone(), during.to_owned());
        TransportError::Lost { host, during, source: None }
    }

    fn receive(
        &self,
        state: &mut State,
        upload: &Upload,
        bytes: &[u8],
    ) -> Result<Uploaded, TransportError> {
        let (path, partial) = (upload.path.to_string(), upload.path.partial().to_string());
        let kept = state.files.remove(&partial).map(|file| file.bytes).unwrap_or_default();
        let resumed = if bytes.starts_with(&kept) { kept.len() } else { 0 };
        state.uploads += 1;
        let (upload_number, missing) = (state.uploads, bytes.len() - resumed);
        let here = |fault: &Fault| matches!(fault, Fault::DuringUpload { upload, .. } if *upload == upload_number);
        let arriving = match state.due(here) {
            Some(Fault::DuringUpload { bytes, .. }) => usize::try_from(bytes).unwrap_or(missing),
            _ => usize::MAX,
        };
        let arrived = missing.min(arriving);
        let (resumed_bytes, arrived_bytes) = (resumed as u64, arrived as u64);
        state.log.push(Logged::Received {
            path: path.clone(),
            resumed: resumed_bytes,
            bytes: arrived_bytes,
        });
        let whole = arrived == missing;
        let name = if whole { path } else { partial };
        let bytes = bytes[..resumed + arrived].to_vec();
        let file = FakeFile { bytes, mode: upload.mode, owner: upload.owner.clone() };
        state.files.insert(name, file);
        match arriving == usize::MAX {
            true => Ok(Uploaded::Sent { bytes: arrived_bytes, resumed: resumed_bytes }),
            false => Err(self.lose(&format!("receive {}", upload.path))),
        }
    }
}

#[async_trait]
impl Transport for FakeTransport {
    fn host(&self) -> &str {
        &self.name
    }

    async fn run(&self, command: &RemoteCommand) -> Result<Finished, TransportError> {
        let title = command.title();
        self.alive(&title)?;
        if command.shows_a_secret() {
            return Err(TransportError::ShowsSecret { title });
        }
        let mut state = self.host.state();
        state.commands += 1;
        let count = state.commands;
        let fault = state.due(|fault| match fault {
            Fault::BeforeCommand(at)
            | Fault::DuringCommand(at)
            | Fault::PowerCut(at)
            | Fault::AfterCommand(at) => *at == count,
            Fault::DuringUpload { .. } => false,
        });
        if let Some(Fault::BeforeCommand(_)) = fault {
            return Err(self.lose(&title));
        }
        state.begin(command);
        match fault {
            Some(Fault::DuringCommand(_)) => state.unfinished.push(command.clone()),
            Some(Fault::PowerCut(_)) => {}
            Some(_) => drop(state.perform(command)),
            None => {
                let finished = state.perform(command);
                let mut ears = command.ears();
                ears.hear(crate::transport::Stream::Stdout, &finished.stdout.bytes);
                ears.hear(crate::transport::Stream::Stderr, &finished.stderr.bytes);
                return Ok(ears.finish(finished.status));
            }
        }
        Err(self.lose(&title))
    }

    async fn upload(
        &self,
        upload: &Upload,
        reporter: &dyn Reporter,
    ) -> Result<Uploaded, TransportError> {
        self.alive(&format!("look at {}", upload.path))?;
        let transfer = Transfer::start(reporter, upload.path.as_str(), Some(upload.size));
        let content = |source| TransportError::Content { path: upload.path.clone(), source };
        let mut bytes = Vec::new();
        upload.content.open().map_err(content)?.read_to_end(&mut bytes).map_err(content)?;
        if bundles::sha256(&bytes) != upload.digest {
            return Err(content(std::io::Error::other("they have another digest")));
        }
        let mut state = self.host.state();
        if let Some(there) = state.files.get_mut(upload.path.as_str())
            && there.bytes == bytes
        {
            transfer.finish(Outcome::Cached);
            let same = there.mode == upload.mode && there.owner == upload.owner;
            there.mode = upload.mode;
            there.owner.clone_from(&upload.owner);
            return Ok(if same { Uploaded::AlreadyThere } else { Uploaded::Adjusted });
        }
        let sent = self.receive(&mut state, upload, &bytes)?;
        transfer.advance(upload.size);
        transfer.finish(Outcome::Done);
        Ok(sent)
    }

    async fn read_file(
        &self,
        path: &HostPath,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        self.alive(&format!("read {path}"))?;
        let mut state = self.host.state();
        state.log.push(Logged::Read { path: path.to_string() });
        let bytes = state.files.get(path.as_str()).map(|file| file.bytes.clone());
        match bytes {
            Some(bytes) if bytes.len() as u64 > limit => {
                Err(TransportError::TooLarge { host: self.name.clone(), path: path.clone(), limit })
            }
            other => Ok(other),
        }
    }
}
