//! Remembers what every command and upload found, so that a test can go back
//! to it and stop there, as kill -9 or a cut line would.

use super::{Sandbox, Tree};
use crate::transport::{RemoteCommand, Upload};
use std::sync::Mutex;

/// What a run asked of a host.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    /// A command, and of how many simple commands its script consists.
    Command(RemoteCommand, usize),
    /// An upload.
    Upload(Upload),
}

/// One moment of a run: what was asked of which host, and how the host was.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub(crate) host: String,
    pub(crate) asked: Asked,
    pub(crate) before: Tree,
}

/// All that was asked of all hosts, in order.
#[derive(Debug, Default)]
pub(crate) struct Tape(Mutex<Vec<Moment>>);

impl Tape {
    /// What was recorded since the last call.
    pub(crate) fn take(&self) -> Vec<Moment> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    pub(super) fn record(&self, moment: Moment) {
        self.0.lock().unwrap().push(moment);
    }
}

impl Moment {
    /// Goes back to this moment and stops in the middle of what was asked: the
    /// script dies before the second half of its commands, the upload loses the
    /// second half of its bytes.
    pub(crate) fn relive_half(&self, host: &Sandbox) {
        host.restore(&self.before);
        match &self.asked {
            Asked::Command(command, length) => host.run_half(command, length / 2 + 1),
            Asked::Upload(upload) => host.receive(upload, upload.size / 2),
        }
    }
}
