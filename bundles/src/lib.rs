//! The bundle format and the one owner of its bytes.
//!
//! Writing: a lockfile becomes a [`BundlePlan`], [`write()`] puts every blob into
//! its place, and the [`Draft`] is signed and finished. Reading:
//! [`Bundle::open`] needs an [`Acceptance`], so nothing can forget to ask whom
//! it trusts, and every byte it gives was hashed a moment before.
//!
//! `docs/bundle-format.md` describes the format for strangers.

#![expect(
    clippy::cast_possible_truncation,
    reason = "sizes are u64 and buffers usize, which are the same where we run (asserted below)"
)]

const _: () = assert!(usize::BITS == 64, "bundles are larger than a 32-bit machine can address");

mod bundle;
mod error;
mod format;
mod hash;
mod header_files;
mod lockfile;
mod parallel;
mod partial;
mod plan;
mod plan_repository;
mod signature;
mod trust;
mod volumes;
mod writer;

pub use bundle::{
    Acceptance, BlobReader, Bundle, Gaps, Joined, RepairError, RepairOptions, Survey,
};
pub use error::{BundleError, Damage};
pub use format::{
    CHUNK_SIZE, FORMAT, FRAME_PLAIN, MAX_HEADER, MAX_SIGNATURES, OPENS_WITH, encoder_id,
    manifest::{BlobRecord, BundleManifest, Encoding, Kind, NameRecord},
    oci::{
        DOCKER_LIST_TYPE, DOCKER_MANIFEST_TYPE, INDEX_TYPE, MANIFEST_TYPE, is_index, is_manifest,
    },
    repository::{RepositoryFile, RepositoryRecord},
};
pub use hash::{BlobHasher, digest, sha256};
pub use plan::{BundlePlan, PlanError, SbomDocument};
pub use plan_repository::{Repository, RepositoryContent};
pub use signature::{BundleSignature, KeyId, KeyIdError, Signer};
pub use trust::{Fingerprint, PublicKey, PublicKeyError, Trust, TrustError};
pub use volumes::{
    Cut, FaultKind, MAX_PARITY, MAX_VOLUMES, Parity, Part, ResendError, ResendList,
    ResendListError, ResendOptions, SizeError, SplitError, SplitOptions, Volume, VolumeFault,
    resend, split,
};
pub use writer::{BlobSource, Draft, Landing, Place, Reuse, WriteError, WriteOptions, sign, write};

#[cfg(test)]
mod attack;
#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod hostile_payload_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod incomplete_tests;
#[cfg(test)]
mod landing_tests;
#[cfg(test)]
mod large_tests;
#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod parity_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod repository_tests;
#[cfg(test)]
mod resend_tests;
#[cfg(test)]
mod reuse_tests;
#[cfg(test)]
mod roundtrip_tests;
#[cfg(test)]
mod sbom_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod trust_tests;
#[cfg(test)]
mod volume_damage_tests;
#[cfg(test)]
mod volume_foreign_tests;
#[cfg(test)]
mod volume_tests;
