//! A read-only OCI registry and file server that reads from bundle files where
//! they lie: nothing is unpacked, nothing is copied, and a start costs no more
//! than checking the signatures.
//!
//! Every byte is hashed right before it is sent. A reply whose bytes turn out to
//! be damaged is cut off and never has its full length.

mod access;
mod access_log;
mod apt;
mod blob;
mod budget;
mod clock;
mod crowd;
mod door;
mod error;
mod files;
mod guarded;
mod health;
mod holdings;
mod lists;
mod live;
mod manager;
mod metrics;
mod moving;
mod names;
mod pieces;
mod range;
mod referrers;
mod reply;
mod route;
mod server;
mod shelf;
mod site;
mod source;
mod stream;
mod tls;
mod upkeep;
mod users;
mod visit;
mod watched;
mod writable;

pub use access::AccessOptions;
pub use access_log::{LineSink, OpenLog};
pub(crate) use apt::home_of;
pub(crate) use clock::rfc3339;
pub use crowd::Limits;
pub use error::ServeError;
pub use live::{Stock, Supply, SupplyError};
pub use names::RepositoryName;
pub use server::{Asked, Server, runtime};
pub use tls::TlsFiles;
pub use users::UsersError;
pub use watched::Watched;
pub use writable::{
    Garbage, GarbageOptions, OverlayError, Removed, WritableOptions, collect_garbage,
};

use std::net::SocketAddr;

/// How to serve.
pub struct ServeOptions {
    /// Address and port; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// TLS, or plain HTTP.
    pub tls: Option<TlsFiles>,
    /// How many connections there may be.
    pub limits: Limits,
    /// Who may do what.
    pub access: AccessOptions,
    /// What may stand before every name.
    pub prefix: Option<RepositoryName>,
    /// Where each request is logged as a line of JSON.
    pub access_log: Option<OpenLog>,
    /// Where images that are pushed are kept; without it none is taken.
    pub writable: Option<WritableOptions>,
}

impl std::fmt::Debug for ServeOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServeOptions")
            .field("listen", &self.listen)
            .field("prefix", &self.prefix)
            .field("tls", &self.tls)
            .field("limits", &self.limits)
            .field("access", &self.access)
            .field("access_log", &self.access_log.is_some())
            .field("writable", &self.writable)
            .finish()
    }
}
