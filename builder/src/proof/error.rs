//! Why a file is not proved to be its project's own.

use super::{CosignError, ListError, OpenPgpError};
use crate::{cache::CacheError, http::HttpError};
use manifests::{Digest, ExitCode, Failure};
use std::{io, path::PathBuf};
use url::Url;

/// A proof that the definition names, and that does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// It cannot be fetched.
    #[error("its proof cannot be fetched")]
    Fetch(#[source] Box<HttpError>),
    /// The list of checksums is not one of this file.
    #[error("the list of checksums {list} cannot be used")]
    List {
        /// Where the list is.
        list: String,
        /// Why.
        source: Box<ListError>,
    },
    /// The list is about other bytes.
    #[error("the list of checksums {list} says {expected}, found {found}")]
    Differs {
        /// Where the list is.
        list: String,
        /// What it says.
        expected: Digest,
        /// What was fetched.
        found: Digest,
    },
    /// The signature does not hold.
    #[error("the signature {signature} cannot be accepted")]
    Signature {
        /// Where the signature is.
        signature: String,
        /// Why.
        source: Box<OpenPgpError>,
    },
    /// The signature by cosign does not hold.
    #[error("the signature {signature} cannot be accepted")]
    Cosign {
        /// Where the signature is.
        signature: String,
        /// Why.
        source: Box<CosignError>,
    },
    /// The fetched file is gone or changed under us.
    #[error("`{path}` cannot be read again")]
    Read {
        /// The file in the cache.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The fetched file is gone or changed under us.
    #[error("{0} is no longer in the cache as it was fetched")]
    Changed(Digest),
    /// The cache.
    #[error("the cache cannot be used")]
    Cache(#[from] CacheError),
}

impl ProofError {
    pub(super) fn cosign(signature: &Url, source: CosignError) -> Self {
        Self::Cosign { signature: signature.to_string(), source: Box::new(source) }
    }

    pub(super) fn signature(signature: &Url, source: OpenPgpError) -> Self {
        Self::Signature { signature: signature.to_string(), source: Box::new(source) }
    }
}

impl Failure for ProofError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Fetch(source) => source.exit_code(),
            Self::Cache(source) => source.exit_code(),
            _ => ExitCode::Source,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Fetch(source) => source.hint(),
            Self::Cache(source) => source.hint(),
            Self::Read { .. } | Self::Changed(_) => {
                Some("run the same command again: it is fetched anew".into())
            }
            Self::Signature { source, .. } if matches!(**source, OpenPgpError::NoKey(_)) => Some(
                "the project may have a new key: compare fingerprints through another channel before you change the definition".into(),
            ),
            _ => Some(
                "do not use these bytes before you know why; ask the project, and compare with another mirror".into(),
            ),
        }
    }
}
