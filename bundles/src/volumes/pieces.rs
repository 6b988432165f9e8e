//! Writes the pieces that somebody asked for: the chunks of a list, behind the
//! header that tells what they belong to.

use super::{Files, PiecesLabel, ResendList, SizeError, SplitError};
use crate::{bundle::Bundle, format::CHUNK_SIZE};
use manifests::{
    ExitCode, Failure,
    event::{Event, Outcome, Reporter, Transfer},
};
use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

/// Bytes of a label that holds nothing, and what one range adds.
const LABEL: u64 = super::seal::sealed_len(0);
const RANGE: u64 = 16;

/// How to write pieces.
#[derive(Debug, Clone, Copy)]
pub struct ResendOptions<'a> {
    /// The most bytes of a file; none for one file of any size.
    pub limit: Option<u64>,
    /// Set from outside to give up: nothing is left behind.
    pub stop: &'a AtomicBool,
    /// Who is told.
    pub reporter: &'a dyn Reporter,
}

/// Why pieces could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// The list is of something else.
    #[error(
        "the list is of `{expected}` (manifest {expected_manifest}), the bundle is `{found}` (manifest {found_manifest})"
    )]
    OtherBundle {
        /// Release that is asked for.
        expected: String,
        /// SHA-256 of its manifest.
        expected_manifest: String,
        /// Release of the bundle.
        found: String,
        /// SHA-256 of its manifest.
        found_manifest: String,
    },
    /// The list asks for more than there is.
    #[error("the list asks for chunk {asked}, the bundle has {there}")]
    NoSuchChunk {
        /// A chunk that is not there.
        asked: u64,
        /// How many there are.
        there: u64,
    },
    /// Files of this size cannot be.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// The bundle cannot be read, or the pieces cannot be written.
    #[error(transparent)]
    Write(#[from] SplitError),
}

impl Failure for ResendError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::OtherBundle { .. } | Self::NoSuchChunk { .. } => ExitCode::Input,
            Self::Size(error) => error.exit_code(),
            Self::Write(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::OtherBundle { expected, .. } => {
                Some(format!("name the bundle of `{expected}` that was carried in"))
            }
            Self::NoSuchChunk { .. } => None,
            Self::Size(error) => error.hint(),
            Self::Write(error) => error.hint(),
        }
    }
}

/// Writes what a list asks for into a folder and gives the paths. Every byte is
/// checked on its way.
pub fn resend(
    bundle: &Bundle,
    list: &ResendList,
    folder: &Path,
    options: ResendOptions<'_>,
) -> Result<Vec<PathBuf>, ResendError> {
    check(bundle, list)?;
    let parts = deal(&list.chunks, room(bundle, options.limit)?);
    let title = "writing pieces".to_owned();
    let bytes = list.chunks.iter().cloned().flatten().map(|chunk| bundle.chunk_len(chunk)).sum();
    let items = parts.len() as u64;
    options.reporter.report(&Event::PhaseStarted {
        title: title.clone(),
        items,
        bytes: Some(bytes),
    });
    let mut files = Files::default();
    let count = parts.len();
    for (number, ranges) in (1..).zip(parts) {
        let path = folder.join(file_name(bundle, list, number, count));
        write(bundle, PiecesLabel { ranges }, path, &mut files, options)?;
    }
    let paths = files.finish(folder)?;
    options.reporter.report(&Event::PhaseFinished { title });
    Ok(paths)
}

fn check(bundle: &Bundle, list: &ResendList) -> Result<(), ResendError> {
    let found_manifest = bundle.manifest_sha256();
    if list.manifest != found_manifest {
        return Err(ResendError::OtherBundle {
            expected: list.release.clone(),
            expected_manifest: list.manifest.clone(),
            found: bundle.release(),
            found_manifest,
        });
    }
    let there = bundle.chunk_count();
    match list.chunks.last() {
        Some(range) if range.end > there => {
            Err(ResendError::NoSuchChunk { asked: range.end - 1, there })
        }
        _ => Ok(()),
    }
}

/// How many chunks fit into a file, each in a range of its own.
fn room(bundle: &Bundle, limit: Option<u64>) -> Result<u64, SizeError> {
    let Some(limit) = limit else { return Ok(u64::MAX) };
    let header = bundle.file_size() - bundle.manifest().payload_size + LABEL;
    match limit.saturating_sub(header) / (CHUNK_SIZE + RANGE) {
        0 => Err(SizeError::TooSmall { asked: limit, least: header + CHUNK_SIZE + RANGE, header }),
        room => Ok(room),
    }
}

/// Deals ranges out to files of so many chunks.
fn deal(ranges: &[Range<u64>], room: u64) -> Vec<Vec<Range<u64>>> {
    let mut files: Vec<Vec<Range<u64>>> = vec![Vec::new()];
    let mut left = room;
    for range in ranges {
        let mut range = range.clone();
        while !range.is_empty() {
            if left == 0 {
                files.push(Vec::new());
                left = room;
            }
            let end = range.end.min(range.start.saturating_add(left));
            left -= end - range.start;
            files.last_mut().expect("never empty").push(range.start..end);
            range.start = end;
        }
    }
    files
}

/// How a file of pieces is called. Those of another list have another name: both
/// may be needed side by side.
fn file_name(bundle: &Bundle, list: &ResendList, number: usize, count: usize) -> String {
    let name = bundle.path().file_name().unwrap_or_default().to_string_lossy();
    let sum = list.sum();
    match count {
        1 => format!("{name}.pieces-{sum}"),
        _ => format!("{name}.pieces-{sum}-{number:02}of{count:02}"),
    }
}

fn write(
    bundle: &Bundle,
    label: PiecesLabel,
    path: PathBuf,
    files: &mut Files,
    options: ResendOptions<'_>,
) -> Result<(), SplitError> {
    let transfer = Transfer::start(
        options.reporter,
        &path.file_name().unwrap_or_default().to_string_lossy(),
        None,
    );
    let mut file = files.begin(path)?;
    file.write(&bundle.header_frame())?;
    file.write(&label.render(bundle.identity()))?;
    let mut buffer = Vec::new();
    for chunk in label.ranges.into_iter().flatten() {
        if options.stop.load(Ordering::Relaxed) {
            return Err(SplitError::Stopped);
        }
        bundle.chunk(chunk, &mut buffer)?;
        file.write(&buffer)?;
        transfer.advance(buffer.len() as u64);
    }
    file.sync()?;
    transfer.finish(Outcome::Done);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_goes_into_one_file_and_no_file_has_too_many() {
        let ranges = [0..3, 5..6, 9..20];
        for room in [1, 2, 3, 4, 14, 15, 16, u64::MAX] {
            let files = deal(&ranges, room);
            let dealt: Vec<u64> = files.iter().flatten().cloned().flatten().collect();
            assert_eq!(dealt, ranges.iter().cloned().flatten().collect::<Vec<_>>());
            let chunks = |file: &Vec<Range<u64>>| file.iter().cloned().flatten().count() as u64;
            let (last, full) = files.split_last().unwrap();
            assert!(full.iter().all(|file| chunks(file) == room) && chunks(last) <= room);
        }
    }
}
