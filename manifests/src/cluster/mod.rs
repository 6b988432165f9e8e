//! The cluster file: which hosts there are, how to reach them, and what the
//! cluster on them looks like. People write it by hand on the isolated side.
//!
//! Every mistake is reported at once, with line and column ([`ClusterErrors`]);
//! only a file that is not YAML at all stops at its first mistake. What comes
//! out is a [`Cluster`]: every default filled in, every rule kept. Nothing here
//! reads a file, asks a question or looks at a host.
//!
//! Three layers: `document` reads a text into types and remembers places,
//! `file` holds the types as people write them (the JSON schema is made from
//! these), and the checks look at values that are each right but do not go
//! together.

mod check_access;
mod check_hosts;
mod check_networks;
mod check_ports;
mod defaults;
mod document;
mod file;
mod meaning;
mod mistakes;
mod network;
mod schema;
mod starter;
mod words;

pub use file::{CgroupDriver, Sudo};
pub use meaning::{Access, Api, Asking, Cluster, ClusterNetwork, Host, Jump, Registry, Ssh};
pub use mistakes::{ClusterErrors, Mistake, Place};
pub use network::{Network, NetworkError};
pub use schema::schema;
pub use starter::{Starter, StarterHost};
pub use words::{DomainName, Endpoint, HostName, Port, UserName, UserPath};

#[cfg(test)]
mod agreement_tests;
#[cfg(test)]
mod mistake_tests;
#[cfg(test)]
mod testing;
