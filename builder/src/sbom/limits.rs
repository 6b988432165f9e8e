//! How much of a blob from outside is looked at, so that none can take the
//! memory or the day of whoever looks.

/// Bytes of databases, names and build info that one blob may fill.
pub(super) const HELD: u64 = 256 * 1024 * 1024;
/// Most packages of one database: a small stanza makes a larger entry.
pub(super) const PACKAGES: usize = 100_000;
/// Longest file that tells a distribution.
pub(super) const SYSTEM: u64 = 64 * 1024;
/// Most entries of an archive. The largest images have a hundred thousand.
pub(super) const ENTRIES: usize = 4_000_000;
/// Longest path that is remembered; Linux allows no longer one.
pub(super) const PATH: usize = 4096;

/// Most plain bytes of a blob: gzip reaches a thousandfold with nothing but
/// zeros, real layers four- to tenfold.
pub(super) fn plain(packed: u64) -> u64 {
    const ALWAYS: u64 = 4 * 1024 * 1024 * 1024;
    packed.saturating_mul(100).saturating_add(ALWAYS)
}
