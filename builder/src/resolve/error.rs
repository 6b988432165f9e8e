//! Why a release cannot be locked.

use super::SystemError;
use crate::{cache::CacheError, http::HttpError, proof::ProofError, registry::ManifestError};
use manifests::{
    Digest, ExitCode, Failure, FileName, Name,
    packages::SystemName,
    patch::RenderError,
    release::{UnknownArch, UnknownProfile},
    yaml::InputError,
};

/// A release that cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// A component definition.
    #[error("the release cannot be read")]
    Input(#[from] InputError),
    /// A source in a component definition.
    #[error("component `{component}`: {message}")]
    Definition {
        /// The component.
        component: Name,
        /// What is wrong.
        message: String,
    },
    /// A patch does not fit the manifest that upstream has now.
    #[error("component `{component}`: `{manifest}` cannot be patched as its definition says")]
    Patch {
        /// The component.
        component: Name,
        /// The manifest.
        manifest: FileName,
        /// Which patch, and why.
        source: Box<RenderError>,
    },
    /// `--update` names something else.
    #[error("the release has no component or system `{0}`")]
    NotInRelease(Name),
    /// `--update` names something that only a profile brings.
    #[error("component `{component}` is only in profiles that are not taken, such as `{profile}`")]
    NotTaken {
        /// The component.
        component: Name,
        /// One of its profiles.
        profile: Name,
    },
    /// `--update` names a system that no packages are taken for.
    #[error("no packages are taken for `{0}`")]
    SystemNotTaken(SystemName),
    /// OS packages.
    #[error(transparent)]
    System(Box<SystemError>),
    /// A profile that the release does not have.
    #[error(transparent)]
    Profile(#[from] UnknownProfile),
    /// An architecture that the release does not have.
    #[error(transparent)]
    Arch(#[from] UnknownArch),
    /// Two versions of a component, or two components, that one bundle cannot hold.
    #[error("not everything here goes into one bundle: {0}")]
    Clash(String),
    /// `--update` without a lockfile to update.
    #[error("there is no lockfile to update")]
    NothingToUpdate,
    /// The release and the lockfile differ in more than what is updated.
    #[error("the lockfile differs from the release: {0}")]
    Differs(String),
    /// Two artifacts disagree about one digest.
    #[error("the sources contradict each other: {0}")]
    Inconsistent(String),
    /// The way out cannot be set up.
    #[error("sources cannot be reached")]
    Setup(#[source] Box<HttpError>),
    /// A source.
    #[error("`{artifact}` cannot be locked")]
    Source {
        /// The artifact: `component/name`.
        artifact: String,
        /// Why.
        source: Box<HttpError>,
    },
    /// What the source gives is not what was published.
    #[error("`{artifact}` is not what `{publisher}` says: expected {expected}, found {found}")]
    Published {
        /// The artifact: `component/name`.
        artifact: String,
        /// Where the published digest was read.
        publisher: String,
        /// The published digest.
        expected: Digest,
        /// The digest of what the source gives now.
        found: Digest,
    },
    /// What its project publishes about it does not hold.
    #[error("`{artifact}` is not proved to be its project's own")]
    Proof {
        /// The artifact: `component/name`.
        artifact: String,
        /// Why.
        source: Box<ProofError>,
    },
    /// A manifest we cannot carry.
    #[error("image `{image}` cannot be carried")]
    Manifest {
        /// The image.
        image: String,
        /// Why.
        source: ManifestError,
    },
    /// An index of indexes.
    #[error("image `{image}`: expected image manifests in its index, found another index {digest}")]
    NestedIndex {
        /// The image.
        image: String,
        /// The inner index.
        digest: Digest,
    },
    /// No image for a wanted architecture.
    #[error("image `{image}`: expected a manifest for linux/{wanted}, found {found}")]
    Platform {
        /// The image.
        image: String,
        /// The architecture.
        wanted: manifests::Arch,
        /// The platforms that exist.
        found: String,
    },
    /// The cache.
    #[error("the cache cannot be used")]
    Cache(#[from] CacheError),
}

impl From<SystemError> for LockError {
    fn from(error: SystemError) -> Self {
        Self::System(Box::new(error))
    }
}

impl LockError {
    pub(super) fn proof(artifact: &str, error: ProofError) -> Self {
        Self::Proof { artifact: artifact.to_owned(), source: Box::new(error) }
    }

    pub(super) fn setup(error: HttpError) -> Self {
        Self::Setup(Box::new(error))
    }

    /// Names the artifact, and the publisher when the bytes are not as published.
    pub(super) fn source(artifact: &str, publisher: Option<&str>, error: HttpError) -> Self {
        let artifact = artifact.to_owned();
        match (error, publisher) {
            (HttpError::WrongBytes { expected, found, .. }, Some(publisher)) => {
                let publisher = publisher.to_owned();
                Self::Published { artifact, publisher, expected, found }
            }
            (error, _) => Self::Source { artifact, source: Box::new(error) },
        }
    }
}

impl Failure for LockError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(error) => error.exit_code(),
            Self::Definition { .. }
            | Self::Patch { .. }
            | Self::NotInRelease(_)
            | Self::NotTaken { .. }
            | Self::SystemNotTaken(_)
            | Self::Profile(_)
            | Self::Arch(_)
            | Self::Clash(_)
            | Self::NothingToUpdate
            | Self::Differs(_)
            | Self::Platform { .. } => ExitCode::Input,
            Self::Setup(source) | Self::Source { source, .. } => source.exit_code(),
            Self::Proof { source, .. } => source.exit_code(),
            Self::Published { .. }
            | Self::Manifest { .. }
            | Self::NestedIndex { .. }
            | Self::Inconsistent(_) => ExitCode::Source,
            Self::System(error) => error.exit_code(),
            Self::Cache(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Input(error) => error.hint(),
            Self::Setup(source) | Self::Source { source, .. } => source.hint(),
            Self::Cache(error) => error.hint(),
            Self::Proof { source, .. } => source.hint(),
            Self::System(error) => error.hint(),
            Self::SystemNotTaken(system) => Some(format!(
                "lock the whole release with it: run `bottari-builder lock` with --system {system}"
            )),
            Self::NothingToUpdate | Self::Differs(_) => {
                Some("lock the whole release: run `bottari-builder lock` without --update".into())
            }
            Self::Published { publisher, .. } => Some(format!(
                "do not use these bytes before you know why they changed; when upstream has published a new digest at {publisher}, change it in the component definition"
            )),
            Self::Patch { component, manifest, .. } => Some(format!(
                "read `{manifest}` as upstream has it now, and correct `patches:` in the definition of `{component}`"
            )),
            Self::Platform { .. } => Some(
                "choose a version that has this architecture, or remove it from `arches` of the release".into(),
            ),
            Self::Manifest { .. } | Self::NestedIndex { .. } => {
                Some("name another tag or digest of this image in the component definition".into())
            }
            Self::NotTaken { profile, .. } => Some(format!(
                "lock the whole release with it: run `bottari-builder lock` with --profile {profile}"
            )),
            Self::Definition { .. }
            | Self::NotInRelease(_)
            | Self::Profile(_)
            | Self::Arch(_)
            | Self::Clash(_)
            | Self::Inconsistent(_) => None,
        }
    }
}
