//! The bytes of format version 1, and nothing else: no file is opened here, no
//! trust is decided. `docs/bundle-format.md` says the same in prose.

mod check;
pub(crate) mod entry;
pub(crate) mod frame;
pub(crate) mod header;
pub(crate) mod manifest;
pub(crate) mod oci;
pub(crate) mod repository;

/// What a bundle manifest of this version says in its first field.
pub const FORMAT: &str = "bottari.bundle/v1";

/// Which tool can open what we write; goes into the manifest, so that an older
/// tool can name the one that is needed.
pub const OPENS_WITH: &str = "bottari 0.1.0 or later";

/// Bytes that one BLAKE3 hash of the manifest covers.
pub const CHUNK_SIZE: u64 = 4 * 1024 * 1024;

/// Most plain bytes in one compressed frame: what a reader must hold at once.
pub const FRAME_PLAIN: u64 = 8 * 1024 * 1024;

/// Largest header a reader accepts, in plain bytes. A release of 10,000 blobs
/// in 100 GB needs about 5 MiB.
pub const MAX_HEADER: u64 = 64 * 1024 * 1024;

/// How many signatures a header has room for.
pub const MAX_SIGNATURES: usize = 8;

/// Who wrote the bytes: our rules for order and frames, and the zstd library.
/// Two bundles of one lockfile and one key are equal when these are equal.
pub fn encoder_id() -> String {
    format!("bottari-1 zstd-{}", zstd::zstd_safe::version_string())
}
