//! What can be wrong with a bundle, in words that name the place.

use crate::{
    trust::TrustError,
    volumes::{VolumeFault, advice},
};
use manifests::{Digest, ExitCode, Failure, yaml::InputError};
use std::{
    fmt, io,
    ops::Range,
    path::{Path, PathBuf},
};

/// Why a bundle cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file cannot be opened or read.
    #[error("cannot read bundle `{path}`")]
    Read {
        /// The bundle.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file does not begin as a bundle does.
    #[error("`{path}` is not a bundle, or its first bytes are damaged")]
    NotABundle {
        /// The file.
        path: PathBuf,
    },
    /// The signatures do not make it trusted.
    #[error("bundle `{path}` is not trusted")]
    NotTrusted {
        /// The bundle.
        path: PathBuf,
        /// What is missing.
        source: TrustError,
    },
    /// Signed well, but by a later version of us.
    #[error(
        "bundle `{path}` has format {found}, this tool reads {expected}; {opens_with} opens it"
    )]
    OtherFormat {
        /// The bundle.
        path: PathBuf,
        /// Its format.
        found: String,
        /// Ours.
        expected: &'static str,
        /// Which tool the bundle itself asks for.
        opens_with: String,
    },
    /// Signed, but not what our builder writes.
    #[error("the manifest of bundle `{path}` is wrong: {why}")]
    Manifest {
        /// The bundle.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The rest of the header does not follow from the manifest.
    #[error("the header of bundle `{path}` was altered at byte {at}")]
    Header {
        /// The bundle.
        path: PathBuf,
        /// First plain byte of the header that differs.
        at: u64,
    },
    /// Cut off, or something was added.
    #[error("bundle `{path}` is {found} bytes long, expected {expected}: it is {}", if found < expected { "cut off" } else { "followed by foreign bytes" })]
    Length {
        /// The bundle.
        path: PathBuf,
        /// Bytes by the manifest.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// Bytes that are not those that were signed.
    #[error("bundle `{path}` is damaged: {}", list(places))]
    Damaged {
        /// The bundle.
        path: PathBuf,
        /// Where, in the order of the file.
        places: Vec<Damage>,
    },
    /// Volumes that are missing, damaged or of something else.
    #[error("the volumes of `{release}` are not all intact: {}", joined(faults))]
    Volumes {
        /// Release, version and serial.
        release: String,
        /// What is wrong, in the order of the volumes.
        faults: Vec<VolumeFault>,
        /// Whether the parity volumes that are there give back what is lost.
        can_rebuild: bool,
    },
    /// Pieces that were sent again, and nothing that they belong to.
    #[error("`{path}` holds pieces of `{release}`, not the bundle")]
    OnlyPieces {
        /// A file of pieces.
        path: PathBuf,
        /// Release, version and serial.
        release: String,
    },
    /// Volumes or pieces, where one file is needed.
    #[error("bundle `{path}` lies in several files, here it has to be one")]
    InVolumes {
        /// Where the file would be.
        path: PathBuf,
    },
    /// More than one bundle, where one is needed.
    #[error("{}", several(first, second))]
    Several {
        /// The first.
        first: PathBuf,
        /// Another one.
        second: PathBuf,
    },
    /// A folder without bundles.
    #[error("folder `{folder}` holds no bundle and no volume of one")]
    Empty {
        /// The folder.
        folder: PathBuf,
    },
    /// Intact, but it does not hold all it should.
    #[error("bundle `{path}` is incomplete: {why}")]
    Incomplete {
        /// The bundle.
        path: PathBuf,
        /// What is missing, and for what.
        why: String,
    },
    /// The lockfile inside is not one that this tool can read.
    #[error("the lockfile in bundle `{path}` cannot be read")]
    Lockfile {
        /// The bundle.
        path: PathBuf,
        /// Why.
        source: InputError,
    },
    /// The bundle has no such blob.
    #[error("bundle `{path}` holds no blob {digest}")]
    NoSuchBlob {
        /// The bundle.
        path: PathBuf,
        /// What was asked for.
        digest: Digest,
    },
    /// An older release than the one installed here.
    #[error("bundle `{path}` is `{release}` serial {found}, older than serial {highest} seen here")]
    RolledBack {
        /// The bundle.
        path: PathBuf,
        /// The release's name.
        release: String,
        /// The bundle's serial.
        found: u64,
        /// The highest serial seen.
        highest: u64,
    },
}

/// A chunk that does not hash to what was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The bytes of the file that the chunk covers.
    pub bytes: Range<u64>,
    /// What lies there: `component/name` of images and files.
    pub users: Vec<String>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes {} to {}", self.bytes.start, self.bytes.end)?;
        match &self.users[..] {
            [] => f.write_str(" (end of the archive)"),
            [one] => write!(f, " (part of `{one}`)"),
            [one, more @ ..] => write!(f, " (part of `{one}` and {} more)", more.len()),
        }
    }
}

fn several(first: &Path, second: &Path) -> String {
    let (first_name, second_name) = (first.display(), second.display());
    match first == second {
        true => format!("`{first_name}` is there whole and in volumes, expected one of them"),
        false => format!("`{first_name}` and `{second_name}` are two bundles, expected one"),
    }
}

fn joined(faults: &[VolumeFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn list(places: &[Damage]) -> String {
    const SHOWN: usize = 3;
    let mut text: Vec<String> = places.iter().take(SHOWN).map(ToString::to_string).collect();
    if places.len() > SHOWN {
        text.push(format!("and {} more places", places.len() - SHOWN));
    }
    text.join("; ")
}

impl Failure for BundleError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read { .. }
            | Self::InVolumes { .. }
            | Self::OnlyPieces { .. }
            | Self::Several { .. }
            | Self::Empty { .. } => ExitCode::Input,
            Self::NoSuchBlob { .. } => ExitCode::Bug,
            _ => ExitCode::Untrusted,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotTrusted { source, .. } => return source.hint(),
            Self::Read { .. } | Self::NoSuchBlob { .. } | Self::Empty { .. } => return None,
            Self::Volumes { can_rebuild: true, .. } => {
                "enough parity is there: `repair` with the same files rebuilds what is lost".into()
            }
            Self::Volumes { faults, .. } => advice(faults),
            Self::OnlyPieces { .. } => "name the damaged bundle or its volumes as well".into(),
            Self::InVolumes { .. } => {
                "use the bundle that was split, or join the volumes as docs/bundle-format.md says; of pieces `repair` makes one file".into()
            }
            Self::Several { .. } => "name the files of one bundle".into(),
            Self::Lockfile { .. } => {
                "use the installer of the version that came with the bundle".into()
            }
            Self::OtherFormat { opens_with, .. } => format!("use {opens_with}"),
            Self::RolledBack { release, found, .. } => format!(
                "if going back is what you want, add `--allow-rollback {release}@{found}`"
            ),
            Self::Manifest { .. } | Self::Incomplete { .. } => {
                "build the bundle again; whoever signed it signed something our builder does not write".into()
            }
            Self::NotABundle { path } | Self::Header { path, .. } | Self::Length { path, .. } | Self::Damaged { path, .. } => {
                format!("copy the bundle again, then run `bottari-installer verify {}`", path.display())
            }
        })
    }
}
