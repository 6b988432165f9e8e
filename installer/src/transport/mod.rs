//! How commands and bytes reach a host: over SSH, on this machine, or to a
//! scripted host that lives in memory.
//!
//! What it promises: a host is who the known hosts file says it is; addresses
//! are IP addresses and no name is ever looked up; a file appears under its
//! name only when all its bytes are there and have the right digest; a cut
//! upload continues where it stopped; no secret is in an argument or a message;
//! every call ends, with a deadline of its own.

mod command;
mod content;
mod error;
pub mod fake;
mod finished;
mod host_path;
mod local;
mod output;
mod reach;
mod read_file;
mod secret;
mod session;
mod shell;
pub mod ssh;
mod upload;
mod wire;

pub use command::{DEFAULT_DEADLINE, KEPT_OUTPUT, RemoteCommand};
pub use content::{BundleBlob, Content};
pub use error::{Cause, TransportError};
pub use finished::{Captured, Finished};
pub use host_path::{HostPath, HostPathError};
pub use local::local;
pub use output::{LineSink, Stream};
pub use reach::{Reach, Surroundings};
pub use secret::Secret;
pub use session::Session;
pub use shell::Sudo;
pub use ssh::{HostAddress, HostKeyProblem};
pub use upload::{Upload, Uploaded};

use async_trait::async_trait;
use manifests::event::Reporter;
use std::fmt::Debug;

/// An open way to one host. Several calls may run at once on it. A call that
/// fails with a retryable error leaves it unusable: the caller decides whether
/// to connect again.
#[async_trait]
pub trait Transport: Send + Sync + Debug {
    /// The host's name in the cluster file.
    fn host(&self) -> &str;

    /// Runs a command to its end. A status other than 0 is no error here.
    async fn run(&self, command: &RemoteCommand) -> Result<Finished, TransportError>;

    /// Puts a file in its place, as root. Nothing is sent when the right bytes
    /// lie there; of a cut upload only what is missing is sent.
    async fn upload(
        &self,
        upload: &Upload,
        reporter: &dyn Reporter,
    ) -> Result<Uploaded, TransportError>;

    /// Reads a file of at most `limit` bytes, as root; `None` when there is none.
    async fn read_file(
        &self,
        path: &HostPath,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, TransportError>;
}
