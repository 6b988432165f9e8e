//! The work of a repair: chunks that are intact somewhere are copied, rows that
//! lack some are computed from parity, and every chunk is hashed before it counts.

use super::{
    Survey,
    repair::{RepairError, RepairOptions},
    row::Row,
};
use crate::{
    format::CHUNK_SIZE,
    parallel,
    volumes::{Files, Label, Partial, SplitError},
};
use manifests::event::{Outcome, Transfer};
use std::{
    collections::BTreeSet, ops::Range, os::unix::fs::FileExt, path::PathBuf, sync::atomic::Ordering,
};

/// A file to write: a volume, or without a label the bundle.
pub(super) struct Target {
    pub(super) path: PathBuf,
    pub(super) label: Option<Label>,
    pub(super) chunks: Range<u64>,
}

impl Target {
    fn front(&self, header: &[u8]) -> Vec<u8> {
        let label = self.label.map(|label| label.render().to_vec()).unwrap_or_default();
        [header, &label].concat()
    }
}

/// One thing to do.
enum Work {
    Copy(u64),
    Row(u64),
}

pub(super) struct Rebuild<'a> {
    survey: &'a Survey,
    targets: &'a [Target],
    options: RepairOptions<'a>,
}

impl<'a> Rebuild<'a> {
    pub(super) fn new(
        survey: &'a Survey,
        targets: &'a [Target],
        options: RepairOptions<'a>,
    ) -> Self {
        Self { survey, targets, options }
    }

    /// Writes all targets under names that are not theirs yet.
    pub(super) fn run(&self, files: &mut Files) -> Result<(), RepairError> {
        let header = self.survey.bundle.header_frame();
        let begin = |target: &Target| {
            let mut file = files.begin(target.path.clone())?;
            file.write(&target.front(&header))?;
            Ok(file)
        };
        let outputs: Vec<Partial> =
            self.targets.iter().map(begin).collect::<Result<_, SplitError>>()?;
        let transfer = Transfer::start(self.options.reporter, "volumes", None);
        parallel::for_each(self.options.jobs, &self.work(), Vec::new, |buffer, work| {
            if self.options.stop.load(Ordering::Relaxed) {
                return Err(SplitError::Stopped.into());
            }
            match work {
                Work::Copy(chunk) => {
                    self.survey.bundle.chunk(*chunk, buffer)?;
                    self.write(&outputs, *chunk, 0, buffer)?;
                    transfer.advance(buffer.len() as u64);
                }
                Work::Row(row) => transfer.advance(self.row(&outputs, *row)?),
            }
            Ok::<_, RepairError>(())
        })?;
        outputs.iter().try_for_each(Partial::sync)?;
        transfer.finish(Outcome::Done);
        Ok(())
    }

    /// What there is to do, in the order of the chunks.
    fn work(&self) -> Vec<Work> {
        let lost = &self.survey.lost;
        let chunks = self.targets.iter().flat_map(|target| target.chunks.clone());
        let copies = chunks.filter(|chunk| !lost.contains(chunk)).map(Work::Copy);
        let cut = self.survey.bundle.volumes();
        let rows: BTreeSet<u64> =
            cut.iter().flat_map(|cut| lost.iter().map(|chunk| cut.row(*chunk))).collect();
        copies.chain(rows.into_iter().map(Work::Row)).collect()
    }

    /// Writes bytes of a chunk into the file that wants it.
    fn write(
        &self,
        outputs: &[Partial],
        chunk: u64,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), SplitError> {
        for (target, output) in self.targets.iter().zip(outputs) {
            if target.chunks.contains(&chunk) {
                let at = self.start(target) + (chunk - target.chunks.start) * CHUNK_SIZE + offset;
                output.file.write_all_at(bytes, at).map_err(|source| output.failed(source))?;
            }
        }
        Ok(())
    }

    fn start(&self, target: &Target) -> u64 {
        let header = self.survey.bundle.file_size() - self.survey.bundle.manifest().payload_size;
        header + target.label.map_or(0, |_| Label::LEN as u64)
    }

    /// Rebuilds what a row lacks and gives how many bytes that was.
    fn row(&self, outputs: &[Partial], row: u64) -> Result<u64, RepairError> {
        Row::new(self.survey, row).rebuild(self.options.jobs, |chunk, offset, bytes| {
            Ok(self.write(outputs, chunk, offset, bytes)?)
        })
    }
}
