//! What the upstream has: files by path, repositories by name.

use super::{asked::Asked, blob::Image, entry::Entry};
use axum::{body::Bytes, http::header};
use manifests::{Digest, ImageRef};
use serde_json::json;
use std::collections::BTreeMap;

/// Everything that can be downloaded.
#[derive(Debug, Default)]
pub(crate) struct Content {
    files: BTreeMap<String, Entry>,
    /// How often each path got other bytes; it moves `Last-Modified`.
    versions: BTreeMap<String, usize>,
    repositories: BTreeMap<String, Repository>,
}

#[derive(Debug, Default)]
struct Repository {
    tags: BTreeMap<String, Digest>,
    manifests: BTreeMap<Digest, Entry>,
    blobs: BTreeMap<Digest, Entry>,
}

/// Why there is nothing to download: the code of the distribution specification.
pub(crate) type Missing = &'static str;

impl Content {
    /// Puts a file at a path, or other bytes in the place of it.
    pub(crate) fn put_file(&mut self, path: &str, bytes: Bytes) {
        let version = self.versions.entry(path.to_owned()).or_default();
        self.files.insert(path.to_owned(), Entry::file(bytes, *version));
        *version += 1;
    }

    pub(crate) fn put_entry(&mut self, path: String, entry: Entry) {
        self.files.insert(path, entry);
    }

    pub(crate) fn remove_file(&mut self, path: &str) {
        self.files.remove(path);
    }

    /// Puts an image under a name; its tag moves if it was there before.
    pub(crate) fn put_image(&mut self, name: &ImageRef, image: &Image) {
        let repository = self.repositories.entry(name.name()).or_default();
        for manifest in image.manifests() {
            repository.manifests.insert(manifest.digest.clone(), Entry::manifest(manifest));
        }
        for blob in &image.blobs {
            repository.blobs.insert(blob.digest.clone(), Entry::blob(blob));
        }
        if let Some(tag) = name.tag() {
            repository.tags.insert(tag.to_owned(), image.digest().clone());
        }
    }

    /// What is behind the path of a request.
    pub(crate) fn find(&self, asked: &Asked) -> Result<Entry, Missing> {
        match asked.path.strip_prefix("/v2/") {
            None => self.files.get(&asked.path).cloned().ok_or("NOT_FOUND"),
            Some("") => Ok(Entry::json(&json!({}))),
            Some(path) => self.find_in_registry(path, asked),
        }
    }

    fn find_in_registry(&self, path: &str, asked: &Asked) -> Result<Entry, Missing> {
        let (rest, reference) = path.rsplit_once('/').ok_or("NAME_UNKNOWN")?;
        let (name, kind) = rest.rsplit_once('/').ok_or("NAME_UNKNOWN")?;
        let repository = self.repositories.get(name).ok_or("NAME_UNKNOWN")?;
        match (kind, reference) {
            ("manifests", _) => repository.manifest(reference, asked),
            ("blobs", _) => repository.blob(reference),
            ("tags", "list") => Ok(repository.list(name)),
            _ => Err("UNSUPPORTED"),
        }
    }
}

impl Repository {
    fn manifest(&self, reference: &str, asked: &Asked) -> Result<Entry, Missing> {
        let digest = match reference.parse::<Digest>() {
            Ok(digest) => digest,
            Err(_) => self.tags.get(reference).ok_or("MANIFEST_UNKNOWN")?.clone(),
        };
        let entry = self.manifests.get(&digest).ok_or("MANIFEST_UNKNOWN")?;
        accepts(asked, &entry.media_type).then(|| entry.clone()).ok_or("MANIFEST_UNKNOWN")
    }

    fn blob(&self, reference: &str) -> Result<Entry, Missing> {
        let digest = reference.parse::<Digest>().or(Err("DIGEST_INVALID"))?;
        self.blobs.get(&digest).cloned().ok_or("BLOB_UNKNOWN")
    }

    fn list(&self, name: &str) -> Entry {
        let tags: Vec<&String> = self.tags.keys().collect();
        Entry::json(&json!({ "name": name, "tags": tags }))
    }
}

/// Like distribution 3, a manifest whose media type the client does not name in
/// `Accept` is not there for it: a client that forgets one is found out.
fn accepts(asked: &Asked, media_type: &str) -> bool {
    let values = asked.headers.get_all(header::ACCEPT);
    let mut types = values.iter().filter_map(|value| value.to_str().ok()).peekable();
    types.peek().is_none()
        || types.flat_map(|value| value.split(',')).any(|accepted| {
            let accepted = accepted.split(';').next().unwrap_or("").trim();
            accepted == "*/*" || accepted == media_type
        })
}
