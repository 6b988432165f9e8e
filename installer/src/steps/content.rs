//! The bytes a step places, and where they come from.

use super::{Remote, StepContext, StepError};
use crate::{
    plan::{HostName, ManagedPath},
    transport::{BundleBlob, Content},
};
use bundles::{BlobHasher, Bundle};
use bytes::Bytes;
use manifests::{Algorithm, Digest};
use serde::{Deserialize, Serialize};
use std::{
    fmt::Debug,
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
    /// A file of the operator's machine, such as the bundle itself.
    Here {
        /// Where it lies.
        path: PathBuf,
        /// Its SHA-256.
        sha256: Digest,
        /// Its size in bytes.
        size: u64,
    },
    /// The bundle of the run as one file: its volumes, joined while they are sent.
    Joined {
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

    /// A whole bundle of this size, as one file; none where there are only blobs.
    fn whole(&self, _size: u64) -> Option<Arc<dyn Content>> {
        None
    }
}

/// The bundles of a run; a blob is taken from the first that has it.
impl Artifacts for Vec<Bundle> {
    fn blob(&self, digest: &Digest) -> Option<Arc<dyn Content>> {
        let bundle = self.iter().find(|bundle| bundle.blob(digest).is_some())?.clone();
        Some(Arc::new(BundleBlob { bundle, digest: digest.clone() }))
    }

    fn whole(&self, size: u64) -> Option<Arc<dyn Content>> {
        let bundle = self.iter().find(|bundle| bundle.file_size() == size)?;
        Some(Arc::new(bundle.clone()))
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

    /// A file of this machine. Reads it, for its digest.
    pub fn here(path: &Path) -> Result<Self, StepError> {
        let (sha256, size) = describe(&path.display().to_string(), &path.to_owned())?;
        Ok(Self::Here { path: path.to_owned(), sha256, size })
    }

    /// A bundle as one file, wherever it lies. Reads it, for its digest.
    pub fn joined(bundle: &Bundle) -> Result<Self, StepError> {
        let (sha256, size) = describe(&bundle.path().display().to_string(), bundle)?;
        Ok(Self::Joined { sha256, size })
    }

    /// SHA-256 of the bytes, when the plan tells it.
    pub(crate) fn sha256(&self) -> Option<Digest> {
        match self {
            Self::Text { text } => Some(Ready::text(text.clone()).sha256),
            Self::Artifact { sha256, .. }
            | Self::Here { sha256, .. }
            | Self::Joined { sha256, .. } => Some(sha256.clone()),
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
            Self::Here { path, sha256, size } => {
                let content = Arc::new(path.clone());
                Ok(Ready { content, sha256: sha256.clone(), size: *size })
            }
            Self::Joined { sha256, size } => {
                let content = cx.artifacts.whole(*size);
                let absent = || StepError::NotInBundle { digest: sha256.clone() };
                let content = content.ok_or_else(absent)?;
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
