//! Why an archive cannot be used.

use super::Word;
use crate::{
    cache::CacheError,
    debian::{InReleaseError, IndexError, SeenBy},
    http::HttpError,
    proof::OpenPgpError,
};
use manifests::{Arch, Digest, ExitCode, Failure, packages::ArchiveComponent};
use std::io;
use url::Url;

/// An archive that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Its keys.
    #[error("the keys of the archive cannot be fetched")]
    Keys {
        /// Where they should be.
        keys: Url,
        /// Why.
        source: Box<HttpError>,
    },
    /// What it says of itself.
    #[error("what the archive says of itself cannot be fetched")]
    Word {
        /// Where that should be.
        word: Url,
        /// Why.
        source: Box<HttpError>,
    },
    /// What it says of itself is not believed.
    #[error("`{word}` is not believed")]
    Refused {
        /// Where it is.
        word: Url,
        /// Why.
        source: Box<InReleaseError>,
    },
    /// It has nothing of what the definition says.
    #[error("suite `{suite}` has no list of packages of `{component}` for {arch} that can be read")]
    NoList {
        /// The suite.
        suite: String,
        /// The component.
        component: String,
        /// The architecture.
        arch: Arch,
    },
    /// A list.
    #[error("a list of packages cannot be fetched")]
    List {
        /// Where it should be.
        list: Url,
        /// Why.
        source: Box<HttpError>,
    },
    /// It is signed, and damaged all the same.
    #[error("`{list}` cannot be unpacked")]
    Unpack {
        /// The list.
        list: String,
        /// Why.
        source: io::Error,
    },
    /// It is signed, and unpacks to something else.
    #[error("`{list}`: expected {expected} bytes when it is unpacked, found another number")]
    PlainSize {
        /// The list.
        list: String,
        /// What the archive says.
        expected: u64,
    },
    /// It is signed, and no text.
    #[error("`{0}` is not UTF-8")]
    NotText(String),
    /// It is signed, and not what such a list is.
    #[error("`{list}` cannot be read")]
    Index {
        /// The list.
        list: String,
        /// Why.
        source: IndexError,
    },
    /// Somebody takes blobs out of the cache.
    #[error("{0} was removed from the cache or damaged there while it was in use")]
    Gone(Digest),
    /// The cache.
    #[error("the cache cannot be used")]
    Cache(#[from] CacheError),
}

impl ArchiveError {
    pub(super) fn keys(keys: &Url, error: HttpError) -> Self {
        Self::Keys { keys: keys.clone(), source: Box::new(error) }
    }

    pub(super) fn word(word: &Url, error: HttpError) -> Self {
        Self::Word { word: word.clone(), source: Box::new(error) }
    }

    pub(super) fn list(list: &Url, error: HttpError) -> Self {
        Self::List { list: list.clone(), source: Box::new(error) }
    }

    pub(super) fn refused(word: &Url, why: InReleaseError) -> Self {
        Self::Refused { word: word.clone(), source: Box::new(why) }
    }

    pub(super) fn no_list(word: &Word<'_>, component: &ArchiveComponent, arch: Arch) -> Self {
        let (suite, component) = (word.index.suite.to_string(), component.to_string());
        Self::NoList { suite, component, arch }
    }
}

impl Failure for ArchiveError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Keys { source, .. } | Self::Word { source, .. } | Self::List { source, .. } => {
                source.exit_code()
            }
            Self::NoList { .. } => ExitCode::Input,
            Self::Cache(error) => error.exit_code(),
            Self::Gone(_) => ExitCode::Step,
            Self::Refused { .. }
            | Self::Unpack { .. }
            | Self::PlainSize { .. }
            | Self::NotText(_)
            | Self::Index { .. } => ExitCode::Source,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::List { source, .. } if source.root().is_changed_source() => Some(
                "the archive may just be changing: run the same command again in some minutes; when it stays so, do not use this mirror"
                    .into(),
            ),
            Self::Keys { source, .. } | Self::Word { source, .. } | Self::List { source, .. } => {
                source.hint()
            }
            Self::Refused { source, .. } => Some(advice(source)),
            Self::NoList { .. } => {
                Some("correct `components` or `arches` of this source in the system's definition".into())
            }
            Self::Cache(error) => error.hint(),
            Self::Gone(_) => Some("run the same command again".into()),
            Self::Unpack { .. } | Self::PlainSize { .. } | Self::NotText(_) | Self::Index { .. } => {
                Some("the archive has signed something broken: ask another mirror, or its owners".into())
            }
        }
    }
}

/// What to do about a word that is not believed.
fn advice(why: &InReleaseError) -> String {
    let advice = match why {
        InReleaseError::RolledBack { by, .. } => return advice_on_rolled_back(by),
        InReleaseError::Signature(OpenPgpError::NoKey(_) | OpenPgpError::Stranger { .. }) => {
            "the archive may have a new key: compare fingerprints through another channel before you change the system's definition"
        }
        InReleaseError::Signature(OpenPgpError::Revoked(_)) => {
            "whoever has this key now may not be its owner: read what the archive says of it, and take its new key into the system's definition"
        }
        InReleaseError::Signature(OpenPgpError::Ended { .. }) => {
            "the archive may have a later word of its owner on this key, or a new key: compare with what the archive publishes of its keys"
        }
        InReleaseError::Signature(OpenPgpError::WeakHash(_)) => {
            "ask the owners of the archive to sign it with SHA-256 or better"
        }
        InReleaseError::Signature(_)
        | InReleaseError::Field(_)
        | InReleaseError::SignedBefore { .. } => {
            "do not use this mirror before you know why; compare with another one"
        }
        InReleaseError::Suite { .. } => {
            "name the suite in the system's definition as the archive does, or correct the mirror"
        }
        InReleaseError::Expired(_) => {
            "this mirror holds back newer packages, or has not caught up: ask another one with --mirrors FILE"
        }
        InReleaseError::TooEarly(_) => {
            "set the clock of this machine, then run the same command again"
        }
    };
    advice.into()
}

/// What to do when a later word is known of: mostly that one is right.
fn advice_on_rolled_back(by: &SeenBy) -> String {
    let forget = match by {
        SeenBy::Lockfile => "move the lockfile away".into(),
        SeenBy::Note(path) => format!("remove {}", path.display()),
    };
    format!(
        "this mirror holds back newer packages, or has not caught up: ask another one with --mirrors FILE; only when you know that the later day was wrong, {forget}"
    )
}
