//! Counts what a lockfile holds, and how it is known.

use super::facts::{Provenance, Totals};
use console::Counts;
use manifests::{component::Trust, lockfile::Lockfile, provenance::Proof};

pub(super) fn totals(lockfile: &Lockfile, components: usize) -> Totals {
    let Counts { images, files, manifests, charts, packages } = Counts::of(lockfile);
    // A lockfile whose sizes contradict each other was refused when it was read.
    let blobs = lockfile.blobs().unwrap_or_default();
    let bytes = blobs.values().map(|blob| blob.descriptor.size).sum();
    let (blobs, rules) = (blobs.len(), lockfile.rules.len());
    Totals { components, images, files, manifests, charts, packages, blobs, bytes, rules }
}

pub(super) fn provenance(lockfile: &Lockfile) -> Provenance {
    let files = lockfile.files.iter().map(|file| (file.published, file.proofs.as_slice()));
    let images = lockfile.images.iter().map(|image| (image.published, [].as_slice()));
    let mut counted = Provenance::default();
    for (published, proofs) in files.chain(images) {
        match Origin::of(published, proofs) {
            Origin::Project => counted.by_project += 1,
            Origin::ThirdParty => counted.by_third_parties += 1,
            Origin::FirstSeen => counted.first_seen += 1,
        }
        counted.signed += usize::from(proofs.iter().any(Proof::is_signed));
    }
    counted
}

/// Whose word a digest has behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Project,
    ThirdParty,
    FirstSeen,
}

impl Origin {
    /// A third party's pin that the project itself confirms is the project's.
    pub(super) fn of(published: Option<Trust>, proofs: &[Proof]) -> Self {
        match published {
            Some(Trust::ThirdParty) if proofs.is_empty() => Self::ThirdParty,
            None if proofs.is_empty() => Self::FirstSeen,
            _ => Self::Project,
        }
    }
}
