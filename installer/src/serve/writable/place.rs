//! Where things lie in the overlay's folder. A place is made of typed names alone,
//! so none can lead out of it.

use crate::serve::names::{RepositoryName, is_tag};
use manifests::Digest;
use std::{fmt, str::FromStr};

/// Below it lie the repositories.
pub(super) const REPOSITORIES: &str = "repositories";
/// Below it lie the bytes.
pub(super) const BLOBS: &str = "blobs";
/// Below it lies what is still arriving.
pub(super) const UPLOADS: &str = "uploads";
/// Below it lie documents until they are whole.
pub(super) const TEMPORARY: &str = "tmp";
/// Behind the name of a blob: the hashes of its chunks.
pub(super) const CHUNKS: &str = ".chunks";

/// A path below the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place(String);

/// A tag by the OCI grammar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Tag(String);

/// The name of an upload: 32 hex digits that nobody can guess.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct UploadId(String);

/// A text that is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAName;

impl FromStr for Tag {
    type Err = NotAName;
    fn from_str(text: &str) -> Result<Self, NotAName> {
        if is_tag(text) { Ok(Self(text.to_owned())) } else { Err(NotAName) }
    }
}

impl Tag {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl UploadId {
    pub(super) fn new(random: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(random)))
    }
}

impl FromStr for UploadId {
    type Err = NotAName;
    fn from_str(text: &str) -> Result<Self, NotAName> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let good = text.len() == 32 && text.bytes().all(hex);
        if good { Ok(Self(text.to_owned())) } else { Err(NotAName) }
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Place {
    /// One of the folders at the top.
    pub(super) fn top(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The bytes of a blob.
    pub(super) fn blob(digest: &Digest) -> Self {
        let (algorithm, hex) = (digest.algorithm().as_str(), digest.hex());
        Self(format!("{BLOBS}/{algorithm}/{}/{hex}", &hex[..2]))
    }

    /// The hashes of its chunks.
    pub(super) fn chunks(digest: &Digest) -> Self {
        Self(format!("{}{CHUNKS}", Self::blob(digest).0))
    }

    /// A repository's folder.
    pub(super) fn repository(name: &RepositoryName) -> Self {
        Self(format!("{REPOSITORIES}/{}", encoded(name)))
    }

    /// Which blobs a repository has.
    pub(super) fn links(name: &RepositoryName) -> Self {
        Self::repository(name).below("blobs")
    }

    /// That a repository has this blob.
    pub(super) fn link(name: &RepositoryName, digest: &Digest) -> Self {
        Self::links(name).below(digest)
    }

    /// Which manifests a repository has.
    pub(super) fn manifests(name: &RepositoryName) -> Self {
        Self::repository(name).below("manifests")
    }

    /// The media type of a manifest that a repository has.
    pub(super) fn manifest(name: &RepositoryName, digest: &Digest) -> Self {
        Self::manifests(name).below(digest)
    }

    /// The tags of a repository.
    pub(super) fn tags(name: &RepositoryName) -> Self {
        Self::repository(name).below("tags")
    }

    /// What a tag stands for.
    pub(super) fn tag(name: &RepositoryName, tag: &Tag) -> Self {
        Self::tags(name).below(tag)
    }

    /// What refers to a manifest of a repository.
    pub(super) fn referrers(name: &RepositoryName, subject: &Digest) -> Self {
        Self::repository(name).below("referrers").below(subject)
    }

    /// How one of them describes itself.
    pub(super) fn referrer(name: &RepositoryName, subject: &Digest, digest: &Digest) -> Self {
        Self::referrers(name, subject).below(digest)
    }

    /// The uploads into a repository.
    pub(super) fn uploads(name: &RepositoryName) -> Self {
        Self(format!("{UPLOADS}/{}", encoded(name)))
    }

    /// What has arrived of an upload.
    pub(super) fn upload(name: &RepositoryName, id: &UploadId) -> Self {
        Self::uploads(name).below(id)
    }

    /// A document that is being written.
    pub(super) fn temporary(number: u64) -> Self {
        Self(format!("{TEMPORARY}/{number}"))
    }

    /// Something in this folder. What is read from a folder's list has no slash
    /// in it; what is made of our types has none either.
    pub(super) fn below(&self, name: impl fmt::Display) -> Self {
        Self(format!("{}/{name}", self.0))
    }

    /// The folder around it, if it is not the overlay's own, and its name there.
    pub(super) fn split(&self) -> (Option<&str>, &str) {
        match self.0.rsplit_once('/') {
            Some((folder, name)) => (Some(folder), name),
            None => (None, &self.0),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// One name for a folder. No repository's name has a `+`, and none begins with
/// a dot; the longest fit just into a file name.
fn encoded(name: &RepositoryName) -> String {
    name.as_str().replace('/', "+")
}

/// Undoes that; `None` for a folder that is no repository.
pub(super) fn decoded(folder: &str) -> Option<RepositoryName> {
    folder.replace('+', "/").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_and_every_name_comes_back() {
        for text in ["a", "a/b", "a.b/c", "localhost:5000/a/b", "a-b/c_d"] {
            let name: RepositoryName = text.parse().unwrap();
            let folder = encoded(&name);
            assert!(!folder.contains('/') && !folder.starts_with('.'), "{folder}");
            assert_eq!(decoded(&folder), Some(name));
        }
        assert_ne!(
            Place::repository(&"a/b".parse().unwrap()),
            Place::repository(&"a-b".parse().unwrap())
        );
        for folder in ["..", ".", "a+..+b", "", "A+B"] {
            assert_eq!(decoded(folder), None, "{folder}");
        }
    }

    #[test]
    fn tags_and_uploads_that_are_paths_are_refused() {
        for text in ["", ".", "..", "../x", "a/b", ".hidden", "a\0"] {
            assert_eq!(text.parse::<Tag>(), Err(NotAName), "{text}");
            assert_eq!(text.parse::<UploadId>(), Err(NotAName), "{text}");
        }
        let id = UploadId::new([0xab; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("AB".repeat(16).parse::<UploadId>().is_err());
    }
}
