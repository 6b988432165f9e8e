//! A small upstream on loopback: a file server and the read side of an OCI
//! registry for many hosts at once, which records every request and misbehaves
//! exactly as a test asks it to.
//!
//! The original host is the first part of the path: `https://dl.k8s.io/a/b` is at
//! `/files/dl.k8s.io/a/b`, and `registry.k8s.io/pause:3.10` below
//! `/v2/registry.k8s.io/pause/`.

mod asked;
mod auth;
mod blob;
mod body;
mod connection;
mod content;
mod entry;
mod fault;
mod log;
mod paths;
mod range;
mod reply;
mod server;
mod shared;

pub use auth::Access;
pub use blob::{Blob, Image, sha256, sha512};
pub use fault::{ALWAYS, Fault};
pub use log::Request;
pub use paths::{blob_path, file_path, manifest_path, repository_path, tags_path};
pub use server::Upstream;
