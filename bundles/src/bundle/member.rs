//! One file with a trusted header: the whole bundle, or what its label says.

use super::{
    Bundle,
    open::Header,
    payload::{Payload, Piece},
    payload_start,
};
use crate::{
    error::BundleError,
    format::CHUNK_SIZE,
    volumes::{Cut, FaultKind, Label, SKIPPABLE, Volume, VolumeFault},
};
use std::{
    cmp::Ordering,
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A file with a trusted header.
pub(super) struct Member {
    pub(super) path: PathBuf,
    file: File,
    size: u64,
    front: Front,
}

/// What follows the header of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Front {
    /// The payload itself, or nothing that can be told.
    Payload,
    /// A label that can be read.
    Label(Label),
    /// A label that cannot.
    Unreadable,
}

impl Member {
    pub(super) fn read(path: &Path, file: File, header: &Header) -> Result<Self, BundleError> {
        let read = |source| BundleError::Read { path: path.to_owned(), source };
        let size = file.metadata().map_err(read)?.len();
        let front = front(&file, header).map_err(read)?;
        Ok(Self { path: path.to_owned(), file, size, front })
    }

    /// Whether it is the bundle itself and nothing is missing or added.
    pub(super) fn is_whole(&self, header: &Header) -> bool {
        self.front == Front::Payload && self.size == whole_size(header)
    }

    pub(super) fn whole(self, header: Arc<Header>) -> Bundle {
        let chunks = 0..header.manifest.chunks.len() as u64;
        let start = payload_start(&header.manifest);
        let Self { path, file, .. } = self;
        let piece = Piece { path: path.clone(), file, start, chunks, volume: None };
        let payload = Payload::new(vec![piece], &header.manifest);
        Bundle::new(path, header, payload, None, Vec::new())
    }

    pub(super) fn label(&self) -> Option<Label> {
        match self.front {
            Front::Label(label) => Some(label),
            _ => None,
        }
    }

    /// The chunks that it is used for: those of which all bytes can be there, and
    /// none of a file that somebody has added to.
    pub(super) fn chunks(&self, label: Label, header: &Header) -> Range<u64> {
        let promised = label.cut.chunks_of(label.number);
        let usable = match self.size.cmp(&promised_size(label, header)) {
            Ordering::Equal => promised.end - promised.start,
            Ordering::Less => self.size.saturating_sub(data_start(header)) / CHUNK_SIZE,
            Ordering::Greater => 0,
        };
        promised.start..promised.start + usable
    }

    /// What is read of it, when it is a volume.
    pub(super) fn piece(self, header: &Header) -> Option<Piece> {
        let label = self.label()?;
        let (chunks, start) = (self.chunks(label, header), data_start(header));
        let Self { path, file, .. } = self;
        Some(Piece { path, file, start, chunks, volume: Some(label.volume()) })
    }

    /// Names a volume without a readable label by the bytes that it holds.
    pub(super) fn explain(&self, payload: &Payload, header: &Header, cut: Cut) -> VolumeFault {
        if let Some(chunk) = payload.recognise(&self.file, data_start(header)) {
            let at = payload_start(&header.manifest);
            return self.fault(cut.holding(chunk), FaultKind::Label { at });
        }
        let why = match self.front {
            Front::Unreadable => "neither its label nor its first bytes can be used".into(),
            _ => format!("it has no label and {} bytes", self.size),
        };
        let path = Some(self.path.clone());
        VolumeFault { volume: None, path, kind: FaultKind::Stray { why } }
    }

    pub(super) fn wrong_length(&self, header: &Header) -> BundleError {
        let (path, found) = (self.path.clone(), self.size);
        BundleError::Length { path, expected: whole_size(header), found }
    }

    fn fault(&self, volume: Volume, kind: FaultKind) -> VolumeFault {
        VolumeFault { volume: Some(volume), path: Some(self.path.clone()), kind }
    }

    pub(super) fn length_fault(&self, label: Label, header: &Header) -> Option<VolumeFault> {
        let (expected, found) = (promised_size(label, header), self.size);
        let kind = FaultKind::Length { expected, found };
        (expected != found).then(|| self.fault(label.volume(), kind))
    }
}

/// The label behind the header of a file, when it is one of this bundle.
pub(super) fn label_in(file: &File, header: &Header) -> Option<Label> {
    match front(file, header) {
        Ok(Front::Label(label)) => Some(label),
        _ => None,
    }
}

fn front(file: &File, header: &Header) -> io::Result<Front> {
    let mut bytes = [0; Label::LEN];
    match file.read_exact_at(&mut bytes, payload_start(&header.manifest)) {
        Ok(()) if bytes.starts_with(&SKIPPABLE) => {
            let label = Label::parse(&bytes, header.manifest.chunks.len() as u64);
            Ok(label.map_or(Front::Unreadable, Front::Label))
        }
        Ok(()) => Ok(Front::Payload),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Front::Payload),
        Err(error) => Err(error),
    }
}

/// Where the chunks of a volume begin.
fn data_start(header: &Header) -> u64 {
    payload_start(&header.manifest) + Label::LEN as u64
}

fn whole_size(header: &Header) -> u64 {
    payload_start(&header.manifest).saturating_add(header.manifest.payload_size)
}

/// How long a volume is.
fn promised_size(label: Label, header: &Header) -> u64 {
    let chunks = label.cut.chunks_of(label.number);
    let end = (chunks.end * CHUNK_SIZE).min(header.manifest.payload_size);
    data_start(header) + (end - chunks.start * CHUNK_SIZE)
}
