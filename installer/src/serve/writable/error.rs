//! Why an overlay cannot be used at all.

use manifests::{ExitCode, Failure};
use std::{io, net::SocketAddr, path::PathBuf};

/// Why nothing can be pushed to a registry, or nothing cleared up behind it.
#[derive(Debug, thiserror::Error)]
pub enum OverlayError {
    /// Everybody in the network could push.
    #[error("`--writable` without users would let everybody who reaches {0} push images")]
    Anonymous(SocketAddr),
    /// The folder cannot be made or opened.
    #[error("cannot use the folder `{path}`")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder is something else's.
    #[error("`{0}` is not empty and no overlay of this program")]
    Foreign(PathBuf),
    /// A newer version made it.
    #[error("the overlay in `{path}` has format `{found}`, this program knows `1`")]
    Format {
        /// The folder.
        path: PathBuf,
        /// What its mark says.
        found: String,
    },
    /// Two servers would not know of each other's uploads.
    #[error("another server already keeps its images in `{0}`")]
    Taken(PathBuf),
    /// A manifest that says what must be kept cannot be read.
    #[error("cannot tell what `{repository}` needs: its manifest {digest} cannot be read")]
    Unreadable {
        /// The repository.
        repository: String,
        /// The manifest.
        digest: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What a tag leads to must be kept, and it does not say what that is.
    #[error("cannot tell what `{repository}` needs: its tag `{tag}` cannot be read")]
    UnreadableTag {
        /// The repository.
        repository: String,
        /// The tag.
        tag: String,
        /// Why.
        source: io::Error,
    },
}

impl Failure for OverlayError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unreadable { .. } | Self::UnreadableTag { .. } => ExitCode::Untrusted,
            Self::Taken(_) => ExitCode::Host,
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Anonymous(_) => "name who may push with `--users FILE`; or listen on 127.0.0.1; or, where everybody in this network may push, say so with `--anonymous-push`".into(),
            Self::Foreign(_) => "name a folder that is new or empty".into(),
            Self::Format { .. } => "use the version of this program that made it".into(),
            Self::Taken(path) => format!("`fuser {}/serving.lock` tells which process; one server may serve any number of bundles", path.display()),
            Self::Unreadable { repository, digest, .. } => format!("nothing was removed; delete that manifest (`DELETE /v2/{repository}/manifests/{digest}`) and push the image again"),
            Self::UnreadableTag { repository, tag, .. } => format!("nothing was removed; push `{repository}:{tag}` again, or delete that tag (`DELETE /v2/{repository}/manifests/{tag}`)"),
            Self::Folder { .. } => return None,
        })
    }
}
