//! Volumes that belong to one bundle, before they are one: which chunks they
//! say they hold, and what is wrong with them.

use super::{
    Bundle, Gaps,
    open::{self, Header},
    payload::{Payload, Piece},
    payload_start,
};
use crate::{
    error::BundleError,
    format::CHUNK_SIZE,
    trust::TrustError,
    volumes::{Cut, FaultKind, Label, SKIPPABLE, Volume, VolumeFault, stem},
};
use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BTreeSet},
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

    fn label(&self) -> Option<Label> {
        match self.front {
            Front::Label(label) => Some(label),
            _ => None,
        }
    }

    /// The chunks that it is used for: those of which all bytes can be there, and
    /// none of a file that somebody has added to.
    fn chunks(&self, label: Label, header: &Header) -> Range<u64> {
        let promised = label.cut.chunks_of(label.number);
        let usable = match self.size.cmp(&promised_size(label, header)) {
            Ordering::Equal => promised.end - promised.start,
            Ordering::Less => self.size.saturating_sub(data_start(header)) / CHUNK_SIZE,
            Ordering::Greater => 0,
        };
        promised.start..promised.start + usable
    }

    fn fault(&self, volume: Volume, kind: FaultKind) -> VolumeFault {
        VolumeFault { volume: Some(volume), path: Some(self.path.clone()), kind }
    }

    fn length_fault(&self, label: Label, header: &Header) -> Option<VolumeFault> {
        let (expected, found) = (promised_size(label, header), self.size);
        let kind = FaultKind::Length { expected, found };
        (expected != found).then(|| self.fault(label.volume(), kind))
    }
}

/// Volumes with the same manifest.
pub(super) struct Set {
    header: Arc<Header>,
    pub(super) members: Vec<Member>,
    faults: Vec<VolumeFault>,
}

impl Set {
    pub(super) fn new(header: Arc<Header>, first: Member) -> Self {
        Self { header, members: vec![first], faults: Vec::new() }
    }

    pub(super) fn identity(&self) -> blake3::Hash {
        self.header.identity
    }

    pub(super) fn is_of(&self, header: &Header) -> bool {
        self.header.identity == header.identity
    }

    /// The cut that most of them are of: volumes of two cuts fit together, and
    /// this one is talked about.
    pub(super) fn cut(&self) -> Option<Cut> {
        let mut counts: BTreeMap<u64, (usize, Cut)> = BTreeMap::new();
        for label in self.members.iter().filter_map(Member::label) {
            counts.entry(label.cut.count()).or_insert((0, label.cut)).0 += 1;
        }
        let most = counts.into_values().min_by_key(|(count, _)| Reverse(*count));
        most.map(|(_, cut)| cut)
    }

    /// Whether there are chunks that nobody says he holds.
    pub(super) fn has_gaps(&self) -> bool {
        let ranges = self.members.iter().filter_map(|member| {
            Some(member.chunks(member.label()?, &self.header)).filter(|range| !range.is_empty())
        });
        let mut ranges: Vec<_> = ranges.collect();
        ranges.sort_by_key(|range| range.start);
        let mut covered = 0;
        for range in ranges.iter().filter(|range| !range.is_empty()) {
            if range.start > covered {
                return true;
            }
            covered = covered.max(range.end);
        }
        covered < self.header.manifest.chunks.len() as u64
    }

    /// None of them has a label: it is the bundle itself, shorter or longer.
    pub(super) fn wrong_length(&self) -> BundleError {
        let member = self.members.first().expect("a set begins with a file");
        let (path, found) = (member.path.clone(), member.size);
        BundleError::Length { path, expected: whole_size(&self.header), found }
    }

    /// Takes note of a volume whose header is damaged, when its label says that
    /// it is one of these. One that others have signed may be like them by chance,
    /// so its manifest must be the same.
    pub(super) fn take_broken(
        &mut self,
        path: &Path,
        file: &mut File,
        error: &BundleError,
    ) -> bool {
        let Ok(Front::Label(label)) = front(file, &self.header) else { return false };
        let is_altered = match error {
            BundleError::NotTrusted { source, .. } => matches!(source, TrustError::Broken(_)),
            _ => true,
        };
        if !is_altered && open::identity(file) != Some(self.header.identity) {
            return false;
        }
        let (volume, path) = (Some(label.volume()), Some(path.to_owned()));
        self.faults.push(VolumeFault { volume, path, kind: FaultKind::Header });
        true
    }

    pub(super) fn take_stray(&mut self, path: PathBuf, why: &BundleError) {
        let kind = FaultKind::Stray { why: with_causes(why) };
        self.faults.push(VolumeFault { volume: None, path: Some(path), kind });
    }

    /// Takes note of all volumes of another set, which is empty afterwards.
    pub(super) fn take_foreign(&mut self, other: &mut Self) {
        let (expected, mut found) = (self.header.release(), other.header.release());
        if expected == found {
            found.push_str(", built differently");
        }
        for member in std::mem::take(&mut other.members) {
            let (expected, found) = (expected.clone(), found.clone());
            let kind = FaultKind::Foreign { expected, found };
            let volume = member.label().map(Label::volume);
            self.faults.push(VolumeFault { volume, path: Some(member.path), kind });
        }
    }

    pub(super) fn bundle(mut self, gaps: Gaps) -> Result<Bundle, BundleError> {
        let cut = self.cut().expect("a set without one was refused before");
        let path = self.path(cut);
        let Self { header, members, ref mut faults } = self;
        let labelled = |member: &Member| member.label().is_some();
        let (labelled, unlabelled): (Vec<_>, Vec<_>) = members.into_iter().partition(labelled);
        let length = |member: &Member| member.length_fault(member.label()?, &header);
        faults.extend(labelled.iter().filter_map(length));
        let pieces = labelled.into_iter().filter_map(|member| piece(member, &header)).collect();
        let payload = Payload::new(pieces, &header.manifest);
        faults.extend(unlabelled.iter().map(|member| explain(member, &payload, &header, cut)));
        let missing = missing(&payload, cut, faults);
        faults.extend(missing);
        faults.sort_by_key(|fault| fault.volume);
        let usable = payload.gaps().next().is_none() && !faults.iter().any(VolumeFault::is_stray);
        let faults = std::mem::take(faults);
        if gaps == Gaps::Refuse && !usable {
            return Err(BundleError::Volumes { release: header.release(), faults });
        }
        Ok(Bundle::new(path, header, payload, Some(cut), faults))
    }

    /// Where the bundle would lie if the volumes were joined.
    fn path(&self, cut: Cut) -> PathBuf {
        let ours = self
            .members
            .iter()
            .filter(|member| member.label().is_some_and(|label| label.cut == cut));
        let first = ours.min_by_key(|member| member.label().map(|label| label.number));
        let path = &first.expect("the cut is that of a member").path;
        stem(path).map_or_else(|| path.clone(), |stem| path.with_file_name(stem))
    }
}

fn piece(member: Member, header: &Header) -> Option<Piece> {
    let label = member.label()?;
    let (chunks, start) = (member.chunks(label, header), data_start(header));
    let Member { path, file, .. } = member;
    Some(Piece { path, file, start, chunks, volume: Some(label.volume()) })
}

/// Names a volume without a readable label by the bytes that it holds.
fn explain(member: &Member, payload: &Payload, header: &Header, cut: Cut) -> VolumeFault {
    if let Some(chunk) = payload.recognise(&member.file, data_start(header)) {
        let at = payload_start(&header.manifest);
        return member.fault(cut.holding(chunk), FaultKind::Label { at });
    }
    let why = match member.front {
        Front::Unreadable => "neither its label nor its first bytes can be used".into(),
        _ => format!("it has no label and {} bytes", member.size),
    };
    let path = Some(member.path.clone());
    VolumeFault { volume: None, path, kind: FaultKind::Stray { why } }
}

/// Volumes of which chunks are absent, without those that are named already.
fn missing(payload: &Payload, cut: Cut, faults: &[VolumeFault]) -> Vec<VolumeFault> {
    let named: BTreeSet<Volume> =
        faults.iter().filter(|fault| !fault.is_stray()).filter_map(|fault| fault.volume).collect();
    let absent: BTreeSet<Volume> = payload.gaps().map(|chunk| cut.holding(chunk)).collect();
    absent.difference(&named).copied().map(VolumeFault::missing).collect()
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

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
