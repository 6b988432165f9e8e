//! Where a payload is cut: every volume has the same number of chunks, and the
//! last one what is left.

use super::{Label, ParityLabel};
use crate::{
    bundle::Bundle,
    format::{CHUNK_SIZE, frame, manifest::BundleManifest},
    plan::BundlePlan,
};
use manifests::{ExitCode, Failure};
use std::{fmt, ops::Range, path::Path};

/// Most volumes of a bundle: a reader keeps a file open for each.
pub const MAX_VOLUMES: u64 = 999;

/// Which volume of how many, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume {
    /// Its number.
    pub number: u64,
    /// How many there are.
    pub count: u64,
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "volume {} of {}", self.number, self.count)
    }
}

/// How the chunks of a payload are dealt out to volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    per_volume: u64,
    chunks: u64,
}

/// A size of volumes that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// There is no room for a chunk.
    #[error(
        "a volume of {asked} bytes is too small: this bundle needs {least}, {header} for the header and {CHUNK_SIZE} for one chunk"
    )]
    TooSmall {
        /// Bytes asked for.
        asked: u64,
        /// Bytes that the smallest volume has.
        least: u64,
        /// Bytes of them in front of the chunk.
        header: u64,
    },
    /// There would be too many of them.
    #[error("{asked} bytes each make {count} volumes, at most {MAX_VOLUMES} are allowed")]
    TooMany {
        /// Bytes asked for.
        asked: u64,
        /// How many volumes that makes.
        count: u64,
        /// The smallest size that makes few enough.
        least: u64,
    },
}

impl Failure for SizeError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn hint(&self) -> Option<String> {
        let (Self::TooSmall { least, .. } | Self::TooMany { least, .. }) = self;
        Some(format!("use `--volume-size {}MiB` or more", least.div_ceil(1 << 20)))
    }
}

impl Cut {
    /// Volumes of at most `limit` bytes, header and label included.
    pub fn new(bundle: &Bundle, limit: u64) -> Result<Self, SizeError> {
        Self::of(bundle.manifest(), limit, Room::data(bundle.manifest()))
    }

    /// As [`Cut::new`], for volumes that parity volumes of the same size go with:
    /// those hold a hash for each of their chunks.
    pub fn beside_parity(bundle: &Bundle, limit: u64) -> Result<Self, SizeError> {
        Self::of(bundle.manifest(), limit, Room::parity(bundle.manifest()))
    }

    fn of(manifest: &BundleManifest, limit: u64, room: Room) -> Result<Self, SizeError> {
        let Room { front, chunk } = room;
        let chunks = manifest.payload_size.div_ceil(CHUNK_SIZE);
        let fit = limit.saturating_sub(front) / chunk;
        if fit == 0 {
            return Err(SizeError::TooSmall { asked: limit, least: front + chunk, header: front });
        }
        Self::in_volumes_of(fit.min(chunks), chunks).ok_or_else(|| {
            let least = front + chunks.div_ceil(MAX_VOLUMES) * chunk;
            SizeError::TooMany { asked: limit, count: chunks.div_ceil(fit), least }
        })
    }

    /// The cut with so many chunks in each volume, when there can be one.
    pub(crate) fn in_volumes_of(per_volume: u64, chunks: u64) -> Option<Self> {
        let sane = 0 < per_volume && per_volume <= chunks;
        (sane && chunks.div_ceil(per_volume) <= MAX_VOLUMES).then_some(Self { per_volume, chunks })
    }

    /// How many volumes there are.
    pub fn count(self) -> u64 {
        self.chunks.div_ceil(self.per_volume)
    }

    /// All of them, in order.
    pub fn volumes(self) -> impl Iterator<Item = Volume> {
        (1..=self.count()).map(move |number| self.volume(number))
    }

    pub(crate) fn volume(self, number: u64) -> Volume {
        Volume { number, count: self.count() }
    }

    /// How many chunks the largest volume has: rows of parity.
    pub(crate) fn rows(self) -> u64 {
        self.per_volume
    }

    /// The row in which a chunk stands.
    pub(crate) fn row(self, chunk: u64) -> u64 {
        chunk % self.per_volume
    }

    /// The chunk of a volume, counted from 1, that stands in a row; the last volume
    /// may be shorter.
    pub(crate) fn chunk(self, number: u64, row: u64) -> Option<u64> {
        let chunks = self.chunks_of(number);
        Some(chunks.start + row).filter(|chunk| chunks.contains(chunk))
    }

    /// The chunks that a volume holds.
    pub(crate) fn chunks_of(self, number: u64) -> Range<u64> {
        let first = (number - 1) * self.per_volume;
        first..(first + self.per_volume).min(self.chunks)
    }

    /// The volume that holds a chunk.
    pub(crate) fn holding(self, chunk: u64) -> Volume {
        self.volume(chunk / self.per_volume + 1)
    }

    /// How a volume of the bundle `name` is called: names sort in the order of
    /// the volumes. No reader depends on it.
    pub fn file_name(self, name: &str, number: u64) -> String {
        format!("{name}.{number:03}of{:03}", self.count())
    }
}

impl BundlePlan {
    /// Whether the bundle can be cut into volumes of this size, and parity volumes
    /// beside them if there are any: known before anything is fetched.
    pub fn check_volume_size(&self, limit: u64, parity: u64) -> Result<(), SizeError> {
        let room = if parity == 0 { Room::data } else { Room::parity };
        Cut::of(&self.manifest, limit, room(&self.manifest)).map(|_| ())
    }
}

/// What a volume spends, in bytes.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Once, in front of the chunks.
    front: u64,
    /// For each chunk.
    chunk: u64,
}

impl Room {
    fn data(manifest: &BundleManifest) -> Self {
        let header = frame::stored_len(manifest.header_size).expect("at most 64 MiB");
        Self { front: header + Label::LEN as u64, chunk: CHUNK_SIZE }
    }

    fn parity(manifest: &BundleManifest) -> Self {
        let Self { front, chunk } = Self::data(manifest);
        let header = front - Label::LEN as u64;
        Self { front: header + ParityLabel::len_of(0), chunk: chunk + blake3::OUT_LEN as u64 }
    }
}

/// The name of the bundle that a volume of this name is of, parity or not.
pub(crate) fn stem(path: &Path) -> Option<&str> {
    let (stem, ending) = path.file_name()?.to_str()?.rsplit_once('.')?;
    let (least, numbers) = ending.strip_prefix("parity").map_or((3, ending), |rest| (2, rest));
    let (number, count) = numbers.split_once("of")?;
    let digits = |text: &str| text.len() >= least && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(number) && digits(count) && !stem.is_empty()).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_in_one_volume_and_all_but_the_last_are_alike() {
        for chunks in 1..40 {
            for per_volume in 1..=chunks {
                let cut = Cut::in_volumes_of(per_volume, chunks).unwrap();
                let ranges: Vec<_> =
                    cut.volumes().map(|volume| cut.chunks_of(volume.number)).collect();
                let joined: Vec<u64> = ranges.iter().cloned().flatten().collect();
                assert_eq!(joined, (0..chunks).collect::<Vec<_>>());
                let (last, others) = ranges.split_last().unwrap();
                assert!(others.iter().all(|range| range.end - range.start == per_volume));
                assert!(!last.is_empty());
                for (range, volume) in ranges.iter().zip(cut.volumes()) {
                    assert!(range.clone().all(|chunk| cut.holding(chunk) == volume));
                }
            }
        }
    }

    #[test]
    fn names_sort_like_volumes_and_lead_back_to_the_bundle() {
        let cut = Cut::in_volumes_of(3, 40).unwrap();
        let names: Vec<_> =
            cut.volumes().map(|v| cut.file_name("demo.tar.zst", v.number)).collect();
        assert_eq!((names[0].as_str(), names.len()), ("demo.tar.zst.001of014", 14));
        assert!(names.is_sorted());
        assert!(names.iter().all(|name| stem(Path::new(name)) == Some("demo.tar.zst")));
        assert_eq!(stem(Path::new("demo.tar.zst.parity01of02")), Some("demo.tar.zst"));
        for other in
            ["demo.tar.zst", "x.1of2", "x.parity1of2", ".001of002", "x.001of", "x.0a1of002"]
        {
            assert_eq!(stem(Path::new(other)), None, "{other}");
        }
    }
}
