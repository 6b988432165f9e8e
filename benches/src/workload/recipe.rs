//! What the workload consists of: 12 images that share layers, two of them for two
//! architectures, one that changes; 8 files.

use super::gzip::Gzip;

/// Raised when the same machine would get other bytes: what was made is made anew.
pub(super) const VERSION: u32 = 1;

/// MiB of programs in the layers that images share, before packing.
pub(super) const SHARED: [(u64, Gzip); 3] =
    [(130, Gzip::Go), (36, Gzip::Gnu), (300, Gzip::Klauspost)];

/// MiB of the eight files; programs as they are.
pub(super) const FILES: [u64; 8] = [8, 16, 24, 32, 48, 64, 88, 120];

/// An image: shared layers below, one of its own on top, and a tiny one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe {
    pub(super) name: &'static str,
    /// Indexes into [`SHARED`].
    pub(super) shared: &'static [usize],
    /// MiB of programs in its own layer, before packing.
    pub(super) mib: u64,
    pub(super) gzip: Gzip,
    /// Whether there is one for arm64 too, half the size, with nothing shared.
    pub(super) two_architectures: bool,
}

const fn image(name: &'static str, shared: &'static [usize], mib: u64, gzip: Gzip) -> Recipe {
    Recipe { name, shared, mib, gzip, two_architectures: false }
}

const fn for_two(recipe: Recipe) -> Recipe {
    Recipe { two_architectures: true, ..recipe }
}

/// The images.
pub(super) const IMAGES: [Recipe; 12] = [
    image("app01", &[0, 2], 640, Gzip::Go),
    image("app02", &[0], 520, Gzip::Klauspost),
    for_two(image("app03", &[1], 440, Gzip::Gnu)),
    image("app04", &[0, 2], 360, Gzip::Go),
    image("app05", &[0], 280, Gzip::Klauspost),
    image("app06", &[1], 220, Gzip::Gnu),
    for_two(image("app07", &[0, 2], 170, Gzip::Go)),
    image("app08", &[1], 130, Gzip::Klauspost),
    image("app09", &[0], 90, Gzip::Gnu),
    image("app10", &[1], 56, Gzip::Go),
    image("app11", &[0], 28, Gzip::Klauspost),
    image("app12", &[], 8, Gzip::Gnu),
];

/// The image that has another top layer in the second release.
pub(super) const CHANGED: usize = 4;

/// How large everything is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Scale {
    /// As described.
    Full,
    /// A fiftieth, to see that everything works.
    Small,
}

impl Scale {
    /// Bytes for this many MiB.
    pub(super) fn bytes(self, mib: u64) -> u64 {
        match self {
            Self::Full => mib << 20,
            Self::Small => (mib << 20) / 50,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Small => "small",
        }
    }
}
