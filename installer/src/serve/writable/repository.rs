//! What a repository of the overlay has: blobs, manifests, tags, and what refers
//! to what. Each fact is a small file of its own, put or removed in one step.

use super::{
    document::Described,
    overlay::Overlay,
    place::{self, Place, REPOSITORIES, Tag},
    refusal::WriteRefusal,
};
use crate::serve::names::RepositoryName;
use manifests::Digest;
use std::{io, str::FromStr, sync::PoisonError};

/// What a tag stands for: a digest as text.
pub(super) fn digest_of(bytes: &[u8]) -> io::Result<Digest> {
    let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
    text.trim().parse().map_err(io::Error::other)
}

/// The names in a folder that are what they should be.
pub(super) fn names<T: FromStr>(names: Vec<String>) -> Vec<T> {
    names.into_iter().filter_map(|name| name.parse().ok()).collect()
}

impl Overlay {
    /// Every repository in which something is, sorted.
    pub(super) fn repositories(&self) -> Result<Vec<RepositoryName>, WriteRefusal> {
        let folders = self.root.list(&Place::top(REPOSITORIES));
        let folders = folders.map_err(|error| self.broken(&error))?;
        let mut names: Vec<_> =
            folders.iter().filter_map(|folder| place::decoded(folder)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Whether something is in this repository.
    pub(super) fn knows(&self, name: &RepositoryName) -> Result<bool, WriteRefusal> {
        let list = self.root.list(&Place::repository(name));
        list.map(|parts| !parts.is_empty()).map_err(|error| self.broken(&error))
    }

    /// The tags of a repository, sorted.
    pub(super) fn tags(&self, name: &RepositoryName) -> Result<Vec<Tag>, WriteRefusal> {
        let list = self.root.list(&Place::tags(name));
        list.map(names).map_err(|error| self.broken(&error))
    }

    /// What a tag stands for.
    pub(super) fn tag(
        &self,
        name: &RepositoryName,
        tag: &Tag,
    ) -> Result<Option<Digest>, WriteRefusal> {
        let bytes = self
            .root
            .document(&Place::tag(name, tag))
            .and_then(|bytes| bytes.as_deref().map(digest_of).transpose());
        bytes.map_err(|error| self.broken(&error))
    }

    /// The media type of a manifest, when this repository has it.
    pub(super) fn manifest(
        &self,
        name: &RepositoryName,
        digest: &Digest,
    ) -> Result<Option<String>, WriteRefusal> {
        let bytes = self.root.document(&Place::manifest(name, digest));
        let bytes = bytes.map_err(|error| self.broken(&error))?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Whether this repository has a blob.
    pub(super) fn has(&self, name: &RepositoryName, digest: &Digest) -> Result<bool, WriteRefusal> {
        let look = self.root.look(&Place::link(name, digest));
        look.map(|found| found.is_some()).map_err(|error| self.broken(&error))
    }

    /// Gives a repository a blob.
    pub(super) fn link(&self, name: &RepositoryName, digest: &Digest) -> Result<(), WriteRefusal> {
        self.put(&Place::link(name, digest), b"")
    }

    /// Takes a blob from a repository; whether it had it.
    pub(super) fn unlink(
        &self,
        name: &RepositoryName,
        digest: &Digest,
    ) -> Result<bool, WriteRefusal> {
        self.root.remove(&Place::link(name, digest)).map_err(|error| self.broken(&error))
    }

    /// Keeps a manifest, and last of all what makes it visible.
    pub(super) fn enter(
        &self,
        name: &RepositoryName,
        digest: &Digest,
        manifest: &Described<'_>,
        tags: &[Tag],
    ) -> Result<(), WriteRefusal> {
        let _naming = self.naming.lock().unwrap_or_else(PoisonError::into_inner);
        self.keep(digest, manifest.bytes)?;
        if let Some(subject) = &manifest.subject {
            let descriptor = manifest.descriptor(digest).to_string();
            self.put(&Place::referrer(name, subject, digest), descriptor.as_bytes())?;
        }
        self.put(&Place::manifest(name, digest), manifest.media_type.as_bytes())?;
        tags.iter()
            .try_for_each(|tag| self.put(&Place::tag(name, tag), digest.to_string().as_bytes()))
    }

    /// Removes a tag; whether it was there.
    pub(super) fn untag(&self, name: &RepositoryName, tag: &Tag) -> Result<bool, WriteRefusal> {
        self.root.remove(&Place::tag(name, tag)).map_err(|error| self.broken(&error))
    }

    /// Removes a manifest with every tag that stands for it; whether it was there.
    pub(super) fn forget(
        &self,
        name: &RepositoryName,
        digest: &Digest,
    ) -> Result<bool, WriteRefusal> {
        let _naming = self.naming.lock().unwrap_or_else(PoisonError::into_inner);
        if self.manifest(name, digest)?.is_none() {
            return Ok(false);
        }
        for tag in self.tags(name)? {
            if self.tag(name, &tag)?.as_ref() == Some(digest) {
                self.untag(name, &tag)?;
            }
        }
        let removed = self.root.remove(&Place::manifest(name, digest));
        removed.map_err(|error| self.broken(&error))
    }

    /// The digests of what refers to a manifest, sorted.
    pub(super) fn referring(
        &self,
        name: &RepositoryName,
        subject: &Digest,
    ) -> Result<Vec<Digest>, WriteRefusal> {
        let list = self.root.list(&Place::referrers(name, subject));
        list.map(names).map_err(|error| self.broken(&error))
    }

    /// How one of them describes itself; `None` when it is not there any more.
    pub(super) fn referrer(
        &self,
        name: &RepositoryName,
        subject: &Digest,
        digest: &Digest,
    ) -> Result<Option<serde_json::Value>, WriteRefusal> {
        if self.manifest(name, digest)?.is_none() {
            return Ok(None);
        }
        let bytes = self.root.document(&Place::referrer(name, subject, digest));
        let bytes = bytes.map_err(|error| self.broken(&error))?;
        let value = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        value.map_err(|error| self.broken(&io::Error::other(error)))
    }
}
