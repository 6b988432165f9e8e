//! The bytes a step places, and where they come from.

use super::{Remote, StepContext, StepError};
use crate::{
    plan::{HostName, ManagedPath},
    transport::{BundleBlob, Content},
};
use bundles::{BlobHasher, Bundle};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use manifests::{Algorithm, Digest};
use serde::{Deserialize, Serialize};
use std::{
    fmt::Debug,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Most bytes that are carried from one host to another.
const CARRIED: u64 = 1024 * 1024;

/// The bytes of a file, as a plan names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum FileContent {
    /// A text that stands in the plan. Never a secret.
    Text {
        /// The text.
        text: String,
    },
    /// A file of the bundle.
    Artifact {
        /// The blob.
        blob: Digest,
        /// Its SHA-256, which hosts compare.
        sha256: Digest,
        /// Its size in bytes.
        size: u64,
    },
    /// One file inside a `.tar.gz` of the bundle.
    Member {
        /// The archive.
        blob: Digest,
        /// Its name in the archive, without `./` in front.
        name: String,
        /// SHA-256 of the file.
        sha256: Digest,
        /// Its size in bytes.
        size: u64,
    },
    /// A file of the operator's machine, such as the bundle itself.
    Here {
        /// Where it lies.
        path: PathBuf,
        /// Its SHA-256.
        sha256: Digest,
        /// Its size in bytes.
        size: u64,
    },
    /// A file that an earlier step made on another host, such as a join token.
    /// It passes through this machine's memory and nowhere else.
    OtherHost {
        /// The host.
        host: HostName,
        /// The file there.
        path: ManagedPath,
    },
}

/// Where the bytes of bundles are found.
pub trait Artifacts: Send + Sync + Debug {
    /// A blob, when it is at hand.
    fn blob(&self, digest: &Digest) -> Option<Arc<dyn Content>>;
}

/// The bundles of a run; a blob is taken from the first that has it.
impl Artifacts for Vec<Bundle> {
    fn blob(&self, digest: &Digest) -> Option<Arc<dyn Content>> {
        let bundle = self.iter().find(|bundle| bundle.blob(digest).is_some())?.clone();
        Some(Arc::new(BundleBlob { bundle, digest: digest.clone() }))
    }
}

/// Bytes ready to be placed.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) content: Arc<dyn Content>,
    pub(crate) sha256: Digest,
    pub(crate) size: u64,
}

impl Ready {
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        let bytes: Bytes = text.into();
        let (sha256, size) = (bundles::sha256(&bytes), bytes.len() as u64);
        Self { content: Arc::new(bytes), sha256, size }
    }
}

impl FileContent {
    /// A whole file of the bundle. Reads it when its digest is not SHA-256.
    pub fn artifact(
        artifacts: &dyn Artifacts,
        blob: &Digest,
        size: u64,
    ) -> Result<Self, StepError> {
        let sha256 = match blob.algorithm() {
            Algorithm::Sha256 => blob.clone(),
            Algorithm::Sha512 => describe(blob.hex(), &*find(artifacts, blob)?)?.0,
        };
        Ok(Self::Artifact { blob: blob.clone(), sha256, size })
    }

    /// One file of an archive in the bundle. Reads it, for its digest.
    pub fn member(artifacts: &dyn Artifacts, blob: &Digest, name: &str) -> Result<Self, StepError> {
        let archive = find(artifacts, blob)?;
        let member = Member { archive, name: name.to_owned() };
        let (sha256, size) = describe(name, &member)?;
        Ok(Self::Member { blob: blob.clone(), name: name.to_owned(), sha256, size })
    }

    /// A file of this machine. Reads it, for its digest.
    pub fn here(path: &Path) -> Result<Self, StepError> {
        let (sha256, size) = describe(&path.display().to_string(), &path.to_owned())?;
        Ok(Self::Here { path: path.to_owned(), sha256, size })
    }

    /// SHA-256 of the bytes, when the plan tells it.
    pub(crate) fn sha256(&self) -> Option<Digest> {
        match self {
            Self::Text { text } => Some(Ready::text(text.clone()).sha256),
            Self::Artifact { sha256, .. }
            | Self::Member { sha256, .. }
            | Self::Here { sha256, .. } => Some(sha256.clone()),
            Self::OtherHost { .. } => None,
        }
    }

    /// Finds the bytes; those of another host are read now.
    pub(crate) async fn ready(&self, cx: &StepContext<'_>) -> Result<Ready, StepError> {
        match self {
            Self::Text { text } => Ok(Ready::text(text.clone())),
            Self::Artifact { blob, sha256, size } => {
                let content = find(cx.artifacts, blob)?;
                Ok(Ready { content, sha256: sha256.clone(), size: *size })
            }
            Self::Member { blob, name, sha256, size } => {
                let archive = find(cx.artifacts, blob)?;
                let content = Arc::new(Member { archive, name: name.clone() });
                Ok(Ready { content, sha256: sha256.clone(), size: *size })
            }
            Self::Here { path, sha256, size } => {
                let content = Arc::new(path.clone());
                Ok(Ready { content, sha256: sha256.clone(), size: *size })
            }
            Self::OtherHost { host, path } => carry(cx, host, path).await,
        }
    }
}

fn find(artifacts: &dyn Artifacts, digest: &Digest) -> Result<Arc<dyn Content>, StepError> {
    artifacts.blob(digest).ok_or_else(|| StepError::NotInBundle { digest: digest.clone() })
}

async fn carry(
    cx: &StepContext<'_>,
    host: &HostName,
    path: &ManagedPath,
) -> Result<Ready, StepError> {
    let elsewhere = |why| StepError::Elsewhere { host: host.clone(), path: path.clone(), why };
    let Remote { transport, .. } =
        cx.hosts.get(host).ok_or_else(|| elsewhere("it is not one of the hosts of this run"))?;
    let there = transport.read_file(&path.to_host_path(), CARRIED).await?;
    there.map(Ready::text).ok_or_else(|| elsewhere("it is not there"))
}

/// Reads bytes once for their SHA-256 and size.
fn describe(path: &str, content: &dyn Content) -> Result<(Digest, u64), StepError> {
    let read = || {
        let (mut reader, mut hasher) = (content.open()?, BlobHasher::new(Algorithm::Sha256));
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok((hasher.bytes(), hasher.finish().0)),
                count => hasher.update(&buffer[..count]),
            }
        }
    };
    let (size, sha256) =
        read().map_err(|source| StepError::Content { path: path.to_owned(), source })?;
    Ok((sha256, size))
}

/// One file inside a compressed archive, read as a stream.
#[derive(Debug)]
struct Member {
    archive: Arc<dyn Content>,
    name: String,
}

impl Member {
    /// Where its bytes lie in the unpacked archive, and how many they are.
    fn locate(&self) -> io::Result<(u64, u64)> {
        let mut archive = tar::Archive::new(MultiGzDecoder::new(self.archive.open()?));
        for entry in archive.entries()? {
            let entry = entry?;
            let path = entry.path()?;
            let is_it = path.strip_prefix("./").unwrap_or(&path) == Path::new(&self.name);
            if is_it && entry.header().entry_type().is_file() {
                return Ok((entry.raw_file_position(), entry.size()));
            }
        }
        let text = format!("the archive holds no file `{}`", self.name);
        Err(io::Error::new(io::ErrorKind::NotFound, text))
    }
}

impl Content for Member {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let (position, size) = self.locate()?;
        let mut unpacked = MultiGzDecoder::new(self.archive.open()?);
        io::copy(&mut (&mut unpacked).take(position), &mut io::sink())?;
        Ok(Box::new(unpacked.take(size)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    fn archive() -> Arc<dyn Content> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, text) in [("./bin/one", "first"), ("bin/two", "second")] {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o755);
            tar.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        Arc::new(Bytes::from(tar.into_inner().unwrap().finish().unwrap()))
    }

    #[test]
    fn one_file_of_an_archive_is_read_without_the_others() {
        for (name, text) in [("bin/one", "first"), ("bin/two", "second")] {
            let member = Member { archive: archive(), name: name.into() };
            let mut found = String::new();
            member.open().unwrap().read_to_string(&mut found).unwrap();
            assert_eq!(found, text);
            let (sha256, size) = describe(name, &member).unwrap();
            assert_eq!(sha256, bundles::sha256(text.as_bytes()));
            assert_eq!(size, text.len() as u64);
        }
    }

    #[test]
    fn a_file_that_is_not_in_the_archive_is_named() {
        let member = Member { archive: archive(), name: "bin/three".into() };
        let error = describe("/usr/local/bin/three", &member).unwrap_err();
        assert_eq!(error.to_string(), "the bytes of `/usr/local/bin/three` cannot be read");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "the archive holds no file `bin/three`");
    }
}
