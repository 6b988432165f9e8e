//! Why OS packages cannot be locked.

use super::plan::Task;
use crate::debian::{ArchiveError, BaseError, ClosureError};
use manifests::{
    Arch, ExitCode, Failure, Name,
    packages::{SystemName, UnknownSystem},
};
use std::path::{Path, PathBuf};

/// OS packages that cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// A system that the release has no packages for.
    #[error(transparent)]
    Unknown(#[from] UnknownSystem),
    /// Something that the release wants of a system and its definition lacks.
    #[error("system `{system}`: {message}")]
    Definition {
        /// The system.
        system: SystemName,
        /// What is wrong.
        message: String,
    },
    /// A status file.
    #[error("`{path}` cannot be used as a base")]
    Base {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<BaseError>,
    },
    /// A status file of another kind of host.
    #[error("`{path}`: expected a host of {expected}, found one of {found}")]
    BaseArch {
        /// The file.
        path: PathBuf,
        /// What was said.
        expected: &'static str,
        /// What the file says.
        found: String,
    },
    /// A status file for a system that no packages are taken for.
    #[error("`{path}` is of a host with `{system}`, which no packages are taken for")]
    BaseSystem {
        /// The file.
        path: PathBuf,
        /// The system.
        system: SystemName,
    },
    /// A status file for a system that is not resolved anew.
    #[error("`{path}` is of a host with `{system}`, whose packages are kept as they are locked")]
    BaseKept {
        /// The file.
        path: PathBuf,
        /// The system.
        system: SystemName,
    },
    /// Status files that were brought for an earlier lock and are not here any more.
    #[error("`{system}` for {arch} was locked for status files that the cache no longer has")]
    BaseGone {
        /// The system.
        system: SystemName,
        /// The architecture.
        arch: Arch,
    },
    /// A status file for an architecture that is not carried.
    #[error("`{path}` is of a host of {arch}, which is not carried")]
    BaseIdle {
        /// The file.
        path: PathBuf,
        /// The architecture.
        arch: Arch,
    },
    /// An archive of a system.
    #[error("packages for `{system}` cannot be locked")]
    Archive {
        /// The system.
        system: SystemName,
        /// Why.
        source: Box<ArchiveError>,
    },
    /// A base that the first suite cannot make.
    #[error("base `{base}` of `{system}` cannot be made of the {arch} packages of its first suite")]
    NamedBase {
        /// The base.
        base: Name,
        /// The system.
        system: SystemName,
        /// The architecture.
        arch: Arch,
        /// Why.
        source: ClosureError,
    },
    /// Packages that cannot be had, or not together.
    #[error("{} cannot be had on `{system}` for {arch} with {base}", listed(sets))]
    Closure {
        /// The system.
        system: SystemName,
        /// The architecture.
        arch: Arch,
        /// The sets, as few as are in each other's way.
        sets: Vec<Name>,
        /// What the hosts have.
        base: String,
        /// Why.
        source: ClosureError,
    },
    /// A package of an archive that is not named as packages are.
    #[error("`{package}` of `{system}` cannot be locked: {why}")]
    Package {
        /// The system.
        system: SystemName,
        /// Name and version.
        package: String,
        /// Why.
        why: String,
    },
}

fn listed(sets: &[Name]) -> String {
    match sets {
        [one] => format!("set `{one}`"),
        sets => {
            let sets: Vec<_> = sets.iter().map(|set| format!("`{set}`")).collect();
            format!("sets {} together", sets.join(", "))
        }
    }
}

impl SystemError {
    pub(super) fn archive(system: &SystemName, error: ArchiveError) -> Self {
        Self::Archive { system: system.clone(), source: Box::new(error) }
    }

    pub(super) fn base(path: &Path, error: BaseError) -> Self {
        Self::Base { path: path.to_owned(), source: Box::new(error) }
    }

    pub(super) fn named_base(task: &Task, base: &Name, source: ClosureError) -> Self {
        let (system, arch) = (task.system.clone(), task.arch);
        Self::NamedBase { base: base.clone(), system, arch, source }
    }
}

impl Failure for SystemError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Archive { source, .. } => source.exit_code(),
            Self::NamedBase { source, .. } | Self::Closure { source, .. } => source.exit_code(),
            Self::Package { .. } => ExitCode::Source,
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Archive { source, .. } => source.hint(),
            Self::Closure { source, .. } => source.hint(),
            Self::Base { .. } => Some(
                "bring a status file that `bottari-installer facts --packages` has written".into(),
            ),
            Self::BaseSystem { system, .. } => {
                Some(format!("take its packages too, with `--system {system}`"))
            }
            Self::BaseKept { system, .. } => {
                Some(format!("resolve them anew too, with `--update {system}`"))
            }
            Self::BaseGone { system, .. } => {
                Some(format!("name them again, with `--base {system}=FILE`"))
            }
            Self::NamedBase { .. } => Some(
                "correct the base in the system's definition, or name a status file with --base"
                    .into(),
            ),
            Self::Definition { system, .. } => Some(format!(
                "correct `systems/{system}.yaml` beside the components, or the release"
            )),
            Self::BaseArch { .. } => Some(
                "leave the architecture out, the file itself says it: --base SYSTEM=FILE".into(),
            ),
            Self::BaseIdle { arch, .. } => {
                Some(format!("carry it too, with `--arch {arch}`, or leave out the status file"))
            }
            Self::Unknown(_) | Self::Package { .. } => None,
        }
    }
}
