//! One file with a trusted header: the whole bundle, or what its label says.

use super::{
    open::Header,
    parity::ParityFile,
    payload::{Payload, Piece},
    payload_start,
};
use crate::{
    error::BundleError,
    format::CHUNK_SIZE,
    volumes::{Cut, FaultKind, Label, ParityLabel, Part, PiecesLabel, SKIPPABLE, VolumeFault},
};
use std::{
    cmp::Ordering,
    fs::File,
    io, iter,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A file with a trusted header.
pub(super) struct Member {
    pub(super) path: PathBuf,
    file: Arc<File>,
    size: u64,
    front: Front,
}

/// What follows the header of a file.
#[derive(PartialEq, Eq)]
enum Front {
    /// The payload itself, or nothing that can be told.
    Payload,
    /// The label of a volume.
    Volume(Label),
    /// The label of a parity volume.
    Parity(ParityLabel),
    /// The label of pieces that were sent again.
    Pieces(PiecesLabel),
    /// A label that cannot be read.
    Unreadable,
}

impl Member {
    pub(super) fn read(path: &Path, file: File, header: &Header) -> Result<Self, BundleError> {
        let read = |source| BundleError::Read { path: path.to_owned(), source };
        let size = file.metadata().map_err(read)?.len();
        let front = front(&file, header).map_err(read)?;
        Ok(Self { path: path.to_owned(), file: Arc::new(file), size, front })
    }

    /// Whether it is the bundle itself and nothing is missing or added.
    pub(super) fn is_whole(&self, header: &Header) -> bool {
        self.front == Front::Payload && self.size == whole_size(header)
    }

    /// Whether it is made to go beside a copy of the bundle.
    pub(super) fn is_pieces(&self) -> bool {
        matches!(self.front, Front::Pieces(_))
    }

    /// What its label says, when it is a volume.
    pub(super) fn label(&self) -> Option<Label> {
        match self.front {
            Front::Volume(label) => Some(label),
            _ => None,
        }
    }

    /// The cut that it is of, when it is a parity volume.
    pub(super) fn parity_of(&self) -> Option<Cut> {
        match &self.front {
            Front::Parity(label) => Some(label.cut),
            _ => None,
        }
    }

    /// Where its label ends.
    fn start(&self, header: &Header) -> u64 {
        payload_start(&header.manifest)
            + match &self.front {
                Front::Payload => 0,
                Front::Volume(_) | Front::Unreadable => Label::LEN as u64,
                Front::Parity(label) => ParityLabel::len(label.cut),
                Front::Pieces(label) => label.len(),
            }
    }

    /// How long the file should be.
    fn promised_size(&self, header: &Header) -> u64 {
        let size = header.manifest.payload_size;
        let bytes =
            |range: &Range<u64>| (range.end * CHUNK_SIZE).min(size) - range.start * CHUNK_SIZE;
        self.start(header).saturating_add(match &self.front {
            Front::Payload | Front::Unreadable => size,
            Front::Volume(label) => bytes(&label.cut.chunks_of(label.number)),
            Front::Parity(label) => label.cut.rows() * CHUNK_SIZE,
            Front::Pieces(label) => label.ranges.iter().map(bytes).sum(),
        })
    }

    /// The chunks of the bundle that it should hold, in the order of the file.
    fn promised(&self, header: &Header) -> Vec<Range<u64>> {
        match &self.front {
            Front::Payload => iter::once(0..header.manifest.chunks.len() as u64).collect(),
            Front::Volume(label) => vec![label.cut.chunks_of(label.number)],
            Front::Pieces(label) => label.ranges.clone(),
            Front::Parity(_) | Front::Unreadable => Vec::new(),
        }
    }

    /// How many chunks are used, of those that it should hold: those of which all
    /// bytes can be there, and none of a file that somebody has added to.
    fn usable(&self, header: &Header) -> u64 {
        match self.size.cmp(&self.promised_size(header)) {
            Ordering::Equal => u64::MAX,
            Ordering::Less => self.size.saturating_sub(self.start(header)) / CHUNK_SIZE,
            Ordering::Greater => 0,
        }
    }

    /// The chunks of the bundle that it is used for.
    pub(super) fn chunks(&self, header: &Header) -> Vec<Range<u64>> {
        let mut left = self.usable(header);
        let mut take = |range: Range<u64>| {
            let len = left.min(range.end - range.start);
            left -= len;
            range.start..range.start + len
        };
        let ranges = self.promised(header).into_iter().map(&mut take);
        ranges.filter(|range| !range.is_empty()).collect()
    }

    /// What is read of it.
    pub(super) fn pieces(&self, header: &Header) -> Vec<Piece> {
        let mut start = self.start(header);
        let volume = self.label().map(Label::volume);
        let ranges = self.chunks(header).into_iter().map(|chunks| {
            let (path, file) = (self.path.clone(), Arc::clone(&self.file));
            let piece = Piece { path, file, start, chunks, volume };
            start += (piece.chunks.end - piece.chunks.start) * CHUNK_SIZE;
            piece
        });
        ranges.collect()
    }

    /// What can be rebuilt with it, when it is parity of this cut.
    pub(super) fn parity(&self, cut: Cut, header: &Header) -> Option<ParityFile> {
        let Front::Parity(label) = &self.front else { return None };
        let (path, file) = (self.path.clone(), Arc::clone(&self.file));
        let (start, rows) = (self.start(header), self.usable(header).min(cut.rows()));
        let found = ParityFile { path, file, start, rows, label: label.clone() };
        (label.cut == cut).then_some(found)
    }

    /// Names a volume without a readable label by the bytes that it holds.
    pub(super) fn named_by_its_bytes(&self, header: &Header, cut: Cut) -> Option<VolumeFault> {
        let at = payload_start(&header.manifest);
        let payload = Payload::new(Vec::new(), &header.manifest);
        let chunk = payload.recognise(&self.file, at + Label::LEN as u64)?;
        let part = Some(Part::Volume(cut.holding(chunk)));
        Some(self.fault(part, FaultKind::Label { at }))
    }

    /// A file of which nothing can be told.
    pub(super) fn stray(&self) -> VolumeFault {
        let why = match self.front {
            Front::Unreadable => "neither its label nor its first bytes can be used".into(),
            _ => format!("it has no label and {} bytes", self.size),
        };
        self.fault(None, FaultKind::Stray { why })
    }

    pub(super) fn wrong_length(&self, header: &Header) -> BundleError {
        let (path, found) = (self.path.clone(), self.size);
        BundleError::Length { path, expected: whole_size(header), found }
    }

    fn fault(&self, part: Option<Part>, kind: FaultKind) -> VolumeFault {
        VolumeFault { part, path: Some(self.path.clone()), kind }
    }

    pub(super) fn length_fault(&self, header: &Header) -> Option<VolumeFault> {
        let (expected, found) = (self.promised_size(header), self.size);
        let kind = FaultKind::Length { expected, found };
        (expected != found).then(|| self.fault(self.part(), kind))
    }

    /// What it is called.
    pub(super) fn part(&self) -> Option<Part> {
        match &self.front {
            Front::Volume(label) => Some(Part::Volume(label.volume())),
            Front::Parity(label) => Some(Part::Parity(label.parity)),
            _ => None,
        }
    }
}

/// The volume behind the header of a file, when it is one of this bundle.
pub(super) fn part_in(file: &File, header: &Header) -> Option<Part> {
    let (path, size) = (PathBuf::new(), 0);
    let front = front(file, header).ok()?;
    let file = Arc::new(file.try_clone().ok()?);
    Member { path, file, size, front }.part()
}

fn front(file: &File, header: &Header) -> io::Result<Front> {
    let at = payload_start(&header.manifest);
    let (manifest, chunks) = (header.identity, header.manifest.chunks.len() as u64);
    let mut bytes = [0; Label::LEN];
    match file.read_exact_at(&mut bytes, at) {
        Ok(()) if bytes.starts_with(&SKIPPABLE) => {}
        Ok(()) => return Ok(Front::Payload),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Front::Payload),
        Err(error) => return Err(error),
    }
    if let Some(label) = Label::parse(&bytes, chunks) {
        return Ok(Front::Volume(label));
    }
    if let Some(label) = ParityLabel::read(file, at, manifest, chunks)? {
        return Ok(Front::Parity(label));
    }
    let pieces = PiecesLabel::read(file, at, manifest, chunks)?;
    Ok(pieces.map_or(Front::Unreadable, Front::Pieces))
}

fn whole_size(header: &Header) -> u64 {
    payload_start(&header.manifest).saturating_add(header.manifest.payload_size)
}
