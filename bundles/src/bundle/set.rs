//! Files that belong to one bundle, before they are one: which chunks they say
//! they hold, and what is wrong with them.

use super::{
    Bundle, Gaps, Parts,
    member::{Member, part_in},
    open::{self, Header},
    parity::ParityFile,
    payload::Payload,
};
use crate::{
    error::BundleError,
    trust::TrustError,
    volumes::{Cut, FaultKind, Volume, VolumeFault, stem},
};
use manifests::with_causes;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fs::File,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Files with the same manifest.
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
    /// this one is talked about. Parity alone tells it too.
    pub(super) fn cut(&self) -> Option<Cut> {
        let volumes = self.members.iter().filter_map(Member::label).map(|label| label.cut);
        most(volumes).or_else(|| most(self.members.iter().filter_map(Member::parity_of)))
    }

    /// Whether there are chunks that nobody says he holds.
    pub(super) fn has_gaps(&self) -> bool {
        let ranges = self.members.iter().flat_map(|member| member.chunks(&self.header));
        let mut ranges: Vec<Range<u64>> = ranges.collect();
        ranges.sort_by_key(|range| range.start);
        let extend = |covered: u64, range: &Range<u64>| match range.start <= covered {
            true => covered.max(range.end),
            false => covered,
        };
        let covered = ranges.iter().fold(0, extend);
        covered < self.header.manifest.chunks.len() as u64
    }

    /// Whether all of them were made to go beside a copy of the bundle.
    pub(super) fn is_pieces_only(&self) -> bool {
        self.members.iter().all(Member::is_pieces)
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
        let Some(part) = part_in(file, &self.header) else { return false };
        let is_altered = match error {
            BundleError::NotTrusted { source, .. } => matches!(source, TrustError::Broken(_)),
            _ => true,
        };
        if !is_altered && open::identity(file) != Some(self.header.identity) {
            return false;
        }
        let (part, path) = (Some(part), Some(path.to_owned()));
        self.faults.push(VolumeFault { part, path, kind: FaultKind::Header });
        true
    }

    pub(super) fn take_stray(&mut self, path: PathBuf, why: &BundleError) {
        let kind = FaultKind::Stray { why: with_causes(why) };
        self.faults.push(VolumeFault { part: None, path: Some(path), kind });
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
            let part = member.part();
            self.faults.push(VolumeFault { part, path: Some(member.path), kind });
        }
    }

    pub(super) fn bundle(self, gaps: Gaps) -> Result<Bundle, BundleError> {
        match self.cut() {
            Some(cut) => self.in_volumes(cut, gaps),
            None => self.cut_off(gaps),
        }
    }

    fn in_volumes(mut self, cut: Cut, gaps: Gaps) -> Result<Bundle, BundleError> {
        let (path, parity) = (self.path(cut), self.parity(cut));
        let Self { header, members, ref mut faults } = self;
        let is_told = |member: &Member| member.part().is_some() || member.is_pieces();
        let (told, untold): (Vec<_>, Vec<_>) = members.into_iter().partition(is_told);
        faults.extend(told.iter().filter_map(|member| member.length_fault(&header)));
        let mut pieces: Vec<_> = told.iter().flat_map(|member| member.pieces(&header)).collect();
        for member in &untold {
            let copy = member.pieces(&header);
            let named = member.named_by_its_bytes(&header, cut);
            let told = named.or_else(|| member.length_fault(&header).filter(|_| !copy.is_empty()));
            // It may be a copy of the whole bundle that was cut off. That helps who
            // repairs, and nobody who only reads: its hashes alone can tell.
            if gaps == Gaps::Tell && told.as_ref().is_some_and(|fault| fault.part.is_none()) {
                pieces.extend(copy);
            }
            faults.push(told.unwrap_or_else(|| member.stray()));
        }
        let payload = Payload::new(pieces, &header.manifest);
        let missing = missing(&payload, cut, faults);
        faults.extend(missing);
        faults.sort_by_key(|fault| fault.part);
        let usable = payload.gaps().next().is_none() && !faults.iter().any(VolumeFault::is_stray);
        let faults = std::mem::take(faults);
        let bundle = Bundle::new(Parts { path, header, payload, cut: Some(cut), parity, faults });
        match gaps == Gaps::Refuse && !usable {
            true => Err(bundle.refused()),
            false => Ok(bundle),
        }
    }

    /// One file that is shorter or longer than the bundle, and what mends it.
    fn cut_off(self, gaps: Gaps) -> Result<Bundle, BundleError> {
        let Some(file) = self.members.iter().find(|member| !member.is_pieces()) else {
            let path = self.members.first().expect("a set begins with a file").path.clone();
            return Err(BundleError::OnlyPieces { path, release: self.header.release() });
        };
        match gaps == Gaps::Refuse && self.has_gaps() {
            true => Err(file.wrong_length(&self.header)),
            false => Ok(self.one_file()),
        }
    }

    /// The bundle in one file, and pieces of it that were sent again.
    pub(super) fn one_file(self) -> Bundle {
        let Self { header, members, mut faults } = self;
        let file = members.iter().find(|member| !member.is_pieces());
        let path = file.expect("the caller has seen one").path.clone();
        faults.extend(members.iter().filter_map(|member| member.length_fault(&header)));
        let pieces = members.iter().flat_map(|member| member.pieces(&header)).collect();
        let payload = Payload::new(pieces, &header.manifest);
        Bundle::new(Parts { path, header, payload, cut: None, parity: Vec::new(), faults })
    }

    /// The parity volumes of a cut. Those of which there are so and so many were
    /// made together, and go together.
    fn parity(&self, cut: Cut) -> Vec<ParityFile> {
        let all = || self.members.iter().filter_map(|member| member.parity(cut, &self.header));
        let together = most(all().map(|file| file.label.parity.count));
        all().filter(|file| Some(file.label.parity.count) == together).collect()
    }

    /// Where the bundle would lie if the volumes were joined.
    fn path(&self, cut: Cut) -> PathBuf {
        let is_ours = |member: &&Member| {
            member.label().map(|label| label.cut).or(member.parity_of()) == Some(cut)
        };
        let first = self.members.iter().filter(is_ours).min_by_key(|member| member.part());
        let path = &first.expect("the cut is that of a member").path;
        stem(path).map_or_else(|| path.clone(), |stem| path.with_file_name(stem))
    }
}

/// What there is most of.
fn most<T: Ord>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    counts.into_iter().min_by_key(|(_, count)| Reverse(*count)).map(|(item, _)| item)
}

/// Volumes of which chunks are absent, without those that are named already.
fn missing(payload: &Payload, cut: Cut, faults: &[VolumeFault]) -> Vec<VolumeFault> {
    let named: BTreeSet<Volume> =
        faults.iter().filter(|fault| !fault.is_stray()).filter_map(VolumeFault::volume).collect();
    let absent: BTreeSet<Volume> = payload.gaps().map(|chunk| cut.holding(chunk)).collect();
    absent.difference(&named).copied().map(VolumeFault::missing).collect()
}
