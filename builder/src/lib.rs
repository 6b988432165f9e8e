//! The connected side: a release becomes a lockfile, the lockfile's blobs come
//! into a cache, and out of the cache comes one signed bundle.

pub mod apt;
pub mod build;
pub mod cache;
pub mod check;
pub mod cli;
pub mod debian;
pub mod environment;
pub mod fetch;
pub mod http;
pub mod keys;
pub mod mirrors;
pub mod network;
mod passing;
pub mod proof;
pub mod registry;
pub mod report;
pub mod resolve;
pub mod sbom;
pub mod supply;
