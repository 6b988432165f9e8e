//! Why the registry gets no certificate.

use manifests::{ExitCode, Failure};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why keys and certificates of the site cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum SiteCaError {
    /// Others than its owner may read a key, or look into the folder.
    #[error("`{}` has mode {mode:04o}, so others can get at a private key: expected {expected:04o}", path.display())]
    Exposed {
        /// The key, or the folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// What they should be.
        expected: u32,
    },
    /// A key or a certificate is none.
    #[error("`{}` does not hold the {expected} that was written there", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The certificate is for another key.
    #[error("`{}` is not the key of `{}`", key.display(), certificate.display())]
    Mismatch {
        /// The certificate.
        certificate: PathBuf,
        /// The key beside it.
        key: PathBuf,
    },
    /// The key of a certificate is gone.
    #[error("`{}` is not there: expected the key of `{}`", key.display(), certificate.display())]
    NoKey {
        /// The certificate.
        certificate: PathBuf,
        /// Where its key should be.
        key: PathBuf,
    },
    /// A key or a certificate cannot be made.
    #[error("cannot make the {what}")]
    Make {
        /// What.
        what: String,
        /// Why.
        source: rcgen::Error,
    },
    /// The disk of this machine.
    #[error("`{}` cannot be read or written", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for SiteCaError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Make { .. } => ExitCode::Bug,
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Exposed { path, expected, .. } => {
                let (chmod, anew) = (format!("chmod {expected:o} {}", path.display()), anew(path));
                let where_else = match path.extension() {
                    Some(_) => "",
                    None => "; a disk without modes cannot hold it: give another `--run-dir`",
                };
                Some(format!("`{chmod}` if nobody can have read it, else {anew}{where_else}"))
            }
            Self::Broken { path, .. } => Some(format!("put the file back, or {}", anew(path))),
            Self::Mismatch { key, .. } | Self::NoKey { key, .. } => {
                Some(format!("put the key back, or {}", anew(key)))
            }
            Self::File { .. } => {
                Some("see that the disk is not full and the folder is yours".into())
            }
            Self::Make { .. } => None,
        }
    }
}

/// How to get rid of a key and its certificate, or of all of them.
fn anew(path: &Path) -> String {
    let remove = match path.extension() {
        Some(_) => format!("rm {}", path.with_extension("*").display()),
        None => format!("rm -r {}", path.display()),
    };
    format!("`{remove}`: the next `apply` makes new ones and gives them to the hosts")
}
