//! The packages that hosts have, for the builder: one dpkg status file for each
//! distinct set of them, exactly as a host has it. Nothing is written on hosts.

mod fetch;
mod group;
mod status;

pub use fetch::{Fetched, fetch_packages};
pub use group::{BaseFile, group};
pub use status::HostPackages;

#[cfg(test)]
mod tests;
