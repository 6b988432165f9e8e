//! What can be wrong with volumes, in words that name the volume: whoever has
//! to send something again learns how little.

use super::{Parity, Volume};
use crate::error::Damage;
use std::{collections::BTreeSet, fmt, path::PathBuf};

/// What a bundle is carried in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Some of its chunks.
    Volume(Volume),
    /// What others are rebuilt from.
    Parity(Parity),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume(volume) => volume.fmt(f),
            Self::Parity(parity) => parity.fmt(f),
        }
    }
}

/// Something wrong with one volume, or with a file that was taken for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeFault {
    /// Which volume, when that can be told.
    pub part: Option<Part>,
    /// Its file, when there is one.
    pub path: Option<PathBuf>,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// No file holds it.
    Missing,
    /// Its copy of the header is not the signed one.
    Header,
    /// Its label contradicts itself.
    Label {
        /// Where in the file.
        at: u64,
    },
    /// Cut off, or something was added.
    Length {
        /// Bytes by the manifest.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// Bytes that are not those that were signed; in bytes of the file.
    Bytes {
        /// Where, in the order of the file.
        places: Vec<Damage>,
    },
    /// It holds the bytes of another volume.
    Swapped {
        /// Where in the file.
        at: u64,
        /// Whose bytes they are.
        holds: Volume,
    },
    /// A volume of another bundle.
    Foreign {
        /// Release and version that the others are of.
        expected: String,
        /// Release and version it is of.
        found: String,
    },
    /// Nothing that belongs to these volumes.
    Stray {
        /// What is known of it.
        why: String,
    },
}

impl VolumeFault {
    pub(crate) fn missing(volume: Volume) -> Self {
        Self { part: Some(Part::Volume(volume)), path: None, kind: FaultKind::Missing }
    }

    /// The volume, when it is one that holds chunks of the bundle.
    pub(crate) fn volume(&self) -> Option<Volume> {
        match self.part {
            Some(Part::Volume(volume)) => Some(volume),
            _ => None,
        }
    }

    /// A file that should not be among the volumes at all.
    pub(crate) fn is_stray(&self) -> bool {
        matches!(self.kind, FaultKind::Foreign { .. } | FaultKind::Stray { .. })
    }

    fn file(&self) -> String {
        self.path.as_ref().map_or_else(String::new, |path| format!("`{}`", path.display()))
    }

    fn name(&self) -> String {
        self.part.map_or_else(|| self.file(), |part| part.to_string())
    }
}

impl fmt::Display for VolumeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, file) = (self.name(), self.file());
        match &self.kind {
            FaultKind::Missing => write!(f, "{name} is missing"),
            FaultKind::Header => write!(f, "{name} is damaged at 0 B ({file}: its header)"),
            FaultKind::Label { at } => {
                write!(f, "{name} is damaged at {} ({file}: its label)", size(*at))
            }
            FaultKind::Length { expected, found } if found < expected => write!(
                f,
                "{name} is cut off at {} ({file} has {found} bytes, expected {expected})",
                size(*found)
            ),
            FaultKind::Length { expected, found } => write!(
                f,
                "{name} is followed by foreign bytes ({file} has {found} bytes, expected {expected})"
            ),
            FaultKind::Bytes { places } => damaged(f, &name, &file, places),
            FaultKind::Swapped { at, holds } => {
                write!(f, "{name} is damaged at {} ({file} holds the bytes of {holds})", size(*at))
            }
            FaultKind::Foreign { expected, found } => {
                write!(f, "{file} is {name} of `{found}`, not of `{expected}`")
            }
            FaultKind::Stray { why } => write!(f, "{file} is none of the volumes: {why}"),
        }
    }
}

fn damaged(f: &mut fmt::Formatter<'_>, name: &str, file: &str, places: &[Damage]) -> fmt::Result {
    let Some(first) = places.first() else { return write!(f, "{name} is damaged") };
    write!(f, "{name} is damaged at {}: {first} of {file}", size(first.bytes.start))?;
    match places.len() - 1 {
        0 => Ok(()),
        1 => f.write_str(" and 1 more place"),
        more => write!(f, " and {more} more places"),
    }
}

/// What to do about faults: which volumes to send again, which files to take away.
pub(crate) fn advice(faults: &[VolumeFault]) -> String {
    let (stray, broken): (Vec<_>, Vec<_>) = faults.iter().partition(|fault| fault.is_stray());
    let numbers: BTreeSet<u64> =
        broken.iter().filter_map(|fault| fault.volume()).map(|volume| volume.number).collect();
    let mut steps = Vec::new();
    if !numbers.is_empty() {
        let word = if numbers.len() == 1 { "volume" } else { "volumes" };
        let list: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        steps.push(format!("re-send {word} {}", list.join(", ")));
    }
    let pieces: BTreeSet<String> =
        broken.iter().filter(|fault| fault.part.is_none()).map(|fault| fault.file()).collect();
    if !pieces.is_empty() {
        steps.push(format!("re-send {}", pieces.into_iter().collect::<Vec<_>>().join(", ")));
    }
    let files: BTreeSet<String> = stray.iter().map(|fault| fault.file()).collect();
    if !files.is_empty() {
        steps.push(format!("take {} away", files.into_iter().collect::<Vec<_>>().join(", ")));
    }
    format!("{}, then run the same command again", steps.join(" and "))
}

/// A place in a volume, as people look for it: `1.2 GiB`.
fn size(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|(_, power)| bytes >> power > 0) {
        None => format!("{bytes} B"),
        Some((unit, power)) => {
            let tenths = (u128::from(bytes) * 10) >> power;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind) -> VolumeFault {
        let part = Part::Volume(Volume { number: 3, count: 9 });
        VolumeFault { part: Some(part), path: Some("/d/x.003of009".into()), kind }
    }

    #[test]
    fn faults_name_the_volume_and_the_place() {
        let at = 1_288_490_189;
        let place = |at: u64| Damage { bytes: at..at + 4_194_304, users: vec!["app/x:1".into()] };
        let (expected, found) = ("demo 1.0.0".into(), "demo 1.1.0".into());
        let all = [
            VolumeFault::missing(Volume { number: 3, count: 9 }),
            fault(FaultKind::Header),
            fault(FaultKind::Label { at: 24_593 }),
            fault(FaultKind::Length { expected: 2 * at, found: at }),
            fault(FaultKind::Length { expected: 1, found: 2 }),
            fault(FaultKind::Bytes { places: vec![place(at)] }),
            fault(FaultKind::Bytes { places: vec![place(at), place(2 * at), place(3 * at)] }),
            fault(FaultKind::Swapped { at: 500, holds: Volume { number: 5, count: 9 } }),
            fault(FaultKind::Foreign { expected, found }),
            fault(FaultKind::Stray { why: "it is a letter".into() }),
        ];
        insta::assert_snapshot!(all.map(|fault| fault.to_string()).join("\n"), @r"
        volume 3 of 9 is missing
        volume 3 of 9 is damaged at 0 B (`/d/x.003of009`: its header)
        volume 3 of 9 is damaged at 24.0 KiB (`/d/x.003of009`: its label)
        volume 3 of 9 is cut off at 1.2 GiB (`/d/x.003of009` has 1288490189 bytes, expected 2576980378)
        volume 3 of 9 is followed by foreign bytes (`/d/x.003of009` has 2 bytes, expected 1)
        volume 3 of 9 is damaged at 1.2 GiB: bytes 1288490189 to 1292684493 (part of `app/x:1`) of `/d/x.003of009`
        volume 3 of 9 is damaged at 1.2 GiB: bytes 1288490189 to 1292684493 (part of `app/x:1`) of `/d/x.003of009` and 2 more places
        volume 3 of 9 is damaged at 500 B (`/d/x.003of009` holds the bytes of volume 5 of 9)
        `/d/x.003of009` is volume 3 of 9 of `demo 1.1.0`, not of `demo 1.0.0`
        `/d/x.003of009` is none of the volumes: it is a letter
        ");
    }

    #[test]
    fn advice_names_every_volume_once() {
        let missing = |number| VolumeFault::missing(Volume { number, count: 9 });
        let again = "then run the same command again";
        assert_eq!(advice(&[missing(3)]), format!("re-send volume 3, {again}"));
        assert_eq!(
            advice(&[missing(7), missing(3), fault(FaultKind::Header)]),
            format!("re-send volumes 3, 7, {again}")
        );
        let stray = fault(FaultKind::Stray { why: String::new() });
        assert_eq!(
            advice(std::slice::from_ref(&stray)),
            format!("take `/d/x.003of009` away, {again}")
        );
        assert_eq!(
            advice(&[stray, missing(1)]),
            format!("re-send volume 1 and take `/d/x.003of009` away, {again}")
        );
    }
}
