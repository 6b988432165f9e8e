//! Is a reference answered by the lockfile, and by what?

use super::finding::Reference;
use manifests::{
    Arch, Digest, ImageRef,
    lockfile::{LockedImage, LockedManifest, Lockfile},
};
use serde::Serialize;
use std::fmt;
use url::Url;

/// How alike two names must be, so that one is worth showing for the other.
const ALIKE: f64 = 0.6;

/// Why a reference is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Gap {
    /// Nothing of this name is locked.
    NotLocked {
        /// The locked name that is most like it, if any is.
        closest: Option<String>,
    },
    /// The name is locked, with other bytes.
    OtherDigest {
        /// The locked image.
        image: Box<ImageRef>,
        /// The digests it answers to: its own, then its children's.
        locked: Vec<Digest>,
    },
    /// The image is locked, but not for every wanted architecture.
    Architecture {
        /// The locked image.
        image: Box<ImageRef>,
        /// The architectures that are not carried.
        missing: Vec<Arch>,
    },
    /// A container names its image so that no runtime can pull it.
    Unreadable,
}

impl Gap {
    /// The locked image that was meant, when one was.
    pub(super) fn image(&self) -> Option<&ImageRef> {
        match self {
            Self::OtherDigest { image, .. } | Self::Architecture { image, .. } => Some(image),
            Self::NotLocked { .. } | Self::Unreadable => None,
        }
    }
}

/// The image that answers; none for a file.
pub(super) fn answer<'a>(
    lockfile: &'a Lockfile,
    reference: &Reference,
) -> Result<Option<&'a LockedImage>, Gap> {
    match reference {
        Reference::Image(image) => match image.digest() {
            Some(digest) => by_digest(lockfile, image, digest).map(Some),
            None => by_name(lockfile, reference, |locked| locked.names().any(|name| name == image)),
        },
        // An image that is stated is there for somebody else: Karmada's etcd is not kubeadm's.
        Reference::AnyTag(text) => by_name(lockfile, reference, |locked| {
            locked.stated.is_none() && locked.names().any(|name| name.name() == *text)
        }),
        Reference::Unreadable(_) => Err(Gap::Unreadable),
        Reference::File(text) => {
            let url = Url::parse(text).ok();
            let is_locked = |url| lockfile.files.iter().any(|file| file.source == url);
            match url.is_some_and(is_locked) {
                true => Ok(None),
                false => Err(unknown(lockfile, reference)),
            }
        }
    }
}

fn by_name<'a>(
    lockfile: &'a Lockfile,
    reference: &Reference,
    is_it: impl Fn(&LockedImage) -> bool,
) -> Result<Option<&'a LockedImage>, Gap> {
    let image = lockfile.images.iter().find(|image| is_it(image));
    let image = image.ok_or_else(|| unknown(lockfile, reference))?;
    let all: Vec<_> = image.manifests.iter().collect();
    carried(lockfile, image, &all).map(Some)
}

/// A runtime that is given a digest does not look at the tag; the repository and
/// the digest must agree.
fn by_digest<'a>(
    lockfile: &'a Lockfile,
    wanted: &ImageRef,
    digest: &Digest,
) -> Result<&'a LockedImage, Gap> {
    let is_named = |image: &&LockedImage| image.names().any(|name| name.name() == wanted.name());
    let named: Vec<_> = lockfile.images.iter().filter(is_named).collect();
    for image in &named {
        if image.digest == *digest {
            let all: Vec<_> = image.manifests.iter().collect();
            return carried(lockfile, image, &all);
        }
        if let Some(child) = image.manifests.iter().find(|child| child.digest == *digest) {
            return carried(lockfile, image, &[child]);
        }
    }
    let Some(image) = named.iter().find(|image| is_tagged(image, wanted)).or(named.first()) else {
        return Err(unknown(lockfile, &Reference::Image(wanted.clone())));
    };
    let children = image.manifests.iter().filter(|child| !child.omitted).map(|child| &child.digest);
    let mut locked: Vec<_> = std::iter::once(&image.digest).chain(children).cloned().collect();
    locked.dedup();
    Err(Gap::OtherDigest { image: Box::new(image.name.clone()), locked })
}

fn is_tagged(image: &LockedImage, wanted: &ImageRef) -> bool {
    image.names().any(|name| name.name() == wanted.name() && name.tag() == wanted.tag())
}

/// The image, when these manifests of it run on every wanted architecture. One
/// that does not tell what it runs on is taken at its word, as `lock` does.
fn carried<'a>(
    lockfile: &Lockfile,
    image: &'a LockedImage,
    manifests: &[&LockedManifest],
) -> Result<&'a LockedImage, Gap> {
    let runs = |arch: Arch| {
        manifests.iter().filter(|manifest| !manifest.omitted).any(|manifest| {
            manifest.platform.as_ref().is_none_or(|platform| platform.runs_on(arch))
        })
    };
    let missing: Vec<_> = lockfile.arches.iter().copied().filter(|arch| !runs(*arch)).collect();
    match missing.is_empty() {
        true => Ok(image),
        false => Err(Gap::Architecture { image: Box::new(image.name.clone()), missing }),
    }
}

fn unknown(lockfile: &Lockfile, reference: &Reference) -> Gap {
    let names: Vec<String> = match reference {
        Reference::File(_) => lockfile.files.iter().map(|file| file.source.to_string()).collect(),
        _ => lockfile.images.iter().flat_map(LockedImage::names).map(ToString::to_string).collect(),
    };
    Gap::NotLocked { closest: closest(&reference.to_string(), names) }
}

fn closest(wanted: &str, names: Vec<String>) -> Option<String> {
    let likeness = |name: &String| strsim::normalized_levenshtein(wanted, name);
    let scored = names.into_iter().map(|name| (likeness(&name), name));
    let best = scored.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, name)| name)
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLocked { closest: None } => f.write_str("is not locked"),
            Self::NotLocked { closest: Some(name) } => {
                write!(f, "is not locked; the closest is `{name}`")
            }
            Self::OtherDigest { image, locked } => {
                let locked: Vec<_> = locked.iter().map(ToString::to_string).collect();
                write!(f, "has another digest: `{image}` is locked as {}", locked.join(" and "))
            }
            Self::Architecture { image, missing } => {
                let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
                write!(f, "is locked as `{image}`, but not for {}", missing.join(" and "))
            }
            Self::Unreadable => f.write_str("is no image name"),
        }
    }
}
