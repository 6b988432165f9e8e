//! Manifests and blobs of OCI registries, through our own HTTP client so that
//! limits, retries and resuming hold here too. What oci-client knows best is
//! left to it: references, tokens, and the shapes of manifests.

mod client;
mod credentials;
mod endpoint;
mod manifest;
mod tokens;

pub use client::{Registries, Resolved, Wanted};
pub use credentials::Credentials;
pub use manifest::{Child, Image, ImageManifest, ManifestError};
pub(crate) use manifest::{is_index, media_type, parse};
