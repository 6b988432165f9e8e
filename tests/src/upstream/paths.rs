//! Where things of other hosts are on this server.

use manifests::{Digest, ImageRef};

/// `/files/<host>/<path>` for a URL with or without its scheme.
pub fn file_path(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    format!("/files/{rest}")
}

/// `/v2/<registry>/<repository>`.
pub fn repository_path(name: &ImageRef) -> String {
    format!("/v2/{}", name.name())
}

/// Where the image manifest or index behind a name is: by digest when the name
/// has one, else by tag.
pub fn manifest_path(name: &ImageRef) -> String {
    format!("{}/manifests/{}", repository_path(name), name.reference())
}

/// Where one blob of a repository is.
pub fn blob_path(name: &ImageRef, digest: &Digest) -> String {
    format!("{}/blobs/{digest}", repository_path(name))
}

/// Where the tags of a repository are listed.
pub fn tags_path(name: &ImageRef) -> String {
    format!("{}/tags/list", repository_path(name))
}
