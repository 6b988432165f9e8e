//! Files and registries over real sockets: what the builder asks, what it
//! believes, and how it goes on when sources misbehave.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on ends its test")]

mod bench;
mod credentials;
mod fetching;
mod files;
mod fulcio;
mod hostile;
mod images;
mod limits;
mod locking;
mod patching;
mod profiles;
mod proving;
mod raw;
mod secure;
mod updating;
