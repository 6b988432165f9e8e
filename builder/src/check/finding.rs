//! What a manifest asks for, and where it says so.

use manifests::{ImageRef, Name, Version, release::Exception};
use serde::{Serialize, Serializer};
use std::fmt;

/// Something that must be in the bundle because somebody names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// An image by its whole name.
    Image(ImageRef),
    /// An image whose tag the installer takes from the lockfile.
    AnyTag(String),
    /// What stands where a container names its image, and is no image name.
    Unreadable(String),
    /// A URL that would be fetched when the manifest runs; it may hold
    /// variables of a script.
    File(String),
}

impl Reference {
    /// Whether an exception speaks of this. Images are compared as runtimes
    /// understand them: `busybox` is `docker.io/library/busybox:latest`.
    pub(super) fn is_excepted_by(&self, exception: &Exception) -> bool {
        let text = exception.reference.as_str();
        match self {
            Self::Image(image) => text.parse().is_ok_and(|other: ImageRef| other == *image),
            Self::AnyTag(text_here) | Self::Unreadable(text_here) | Self::File(text_here) => {
                text == text_here
            }
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(image) => image.fmt(f),
            Self::AnyTag(text) | Self::Unreadable(text) | Self::File(text) => f.write_str(text),
        }
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where a reference stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The component.
    pub component: Name,
    /// Its version.
    pub version: Version,
    /// Its file.
    pub file: String,
    /// The template of the chart that made the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The object in the file: `DaemonSet kube-system/calico-node`.
    pub object: String,
    /// The field of the object: `spec.containers[0].image`. What stands behind
    /// ` > ` is a place in a text within that field.
    pub field: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.file)?;
        self.template.iter().try_for_each(|template| write!(f, "{template}, "))?;
        write!(f, "{}, {}", self.object, self.field)
    }
}

/// A reference at its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What is asked for.
    pub reference: Reference,
    /// Where.
    pub place: Place,
}

/// A reference in one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) reference: Reference,
    pub(super) field: String,
}
