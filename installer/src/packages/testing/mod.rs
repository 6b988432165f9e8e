//! A host with real apt and dpkg, in a folder: this machine's programs behind an
//! overlay that takes what is written, and books of dpkg of its own.

mod host;
mod repository;
mod tls;

pub(crate) use host::AptHost;
pub(crate) use repository::{Archive, closed_to_strangers};
