//! Hosts over SSH: one connection per host, several commands at once on it.
//!
//! Strict where it matters: an unknown key is refused unless it is to be
//! enrolled, a changed or revoked one always, certificates of hosts and SHA-1
//! signatures are not accepted, and addresses are numbers, never names.

mod address;
mod connector;
mod credentials;
mod greeter;
mod host_keys;
mod known_hosts;
mod line;
mod login;
mod preamble;
#[cfg(test)]
mod tests;
mod wire;

pub use address::HostAddress;
pub use connector::{Connector, ConnectorOptions};
pub use credentials::{AskPassphrase, Credentials, NobodyToAsk};
pub use host_keys::HostKeyProblem;
