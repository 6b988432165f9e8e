//! Why a patch does not fit a manifest.

use super::Target;

/// Why a manifest cannot be rendered with its patches.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// It is too large to be a manifest.
    #[error("the manifest has {found} bytes: expected {most} at most")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
        /// What is read.
        most: usize,
    },
    /// It is no text.
    #[error("the manifest is not UTF-8")]
    NotText(#[source] std::str::Utf8Error),
    /// One of its documents cannot be read.
    #[error("the document at line {line} of the manifest cannot be read: {message}")]
    Document {
        /// The document's first line in the manifest, from 1.
        line: usize,
        /// Why.
        message: String,
    },
    /// The object to patch is not there.
    #[error("the manifest holds no {target}")]
    NotFound {
        /// The object.
        target: Target,
    },
    /// The target could be any of several objects.
    #[error("the manifest holds {found} objects {target}: expected one")]
    Ambiguous {
        /// The object.
        target: Target,
        /// How many there are.
        found: usize,
    },
    /// The object holds a text that YAML readers understand differently, so it
    /// cannot be written anew without choosing for upstream.
    #[error(
        "{target} cannot be patched: the plain `{text}` at line {line} means different things to different YAML readers"
    )]
    Unclear {
        /// The object.
        target: Target,
        /// The text.
        text: String,
        /// Its line in the manifest, from 1.
        line: usize,
    },
    /// What the patch merges and what is there are of different shapes.
    #[error("the patch of {target} does not fit at `{path}`: {why}")]
    Misfit {
        /// The object.
        target: Target,
        /// Where in the object, with dots.
        path: String,
        /// Expected and found.
        why: String,
    },
    /// An operation of a JSON patch.
    #[error("the patch of {target} does not fit")]
    Operation {
        /// The object.
        target: Target,
        /// Which operation, and why.
        source: json_patch::PatchError,
    },
    /// The patch changes nothing: upstream has moved, and nobody looked again.
    #[error("the patch of {target} changes nothing")]
    Stale {
        /// The object.
        target: Target,
    },
}
