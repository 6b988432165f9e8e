//! Volumes that belong to one bundle, before they are one: which chunks they
//! say they hold, and what is wrong with them.

use super::{
    Bundle, Gaps,
    member::{Member, label_in},
    open::{self, Header},
    payload::Payload,
};
use crate::{
    error::BundleError,
    trust::TrustError,
    volumes::{Cut, FaultKind, Label, Volume, VolumeFault, stem},
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
        let mut counts: BTreeMap<Cut, usize> = BTreeMap::new();
        for label in self.members.iter().filter_map(Member::label) {
            *counts.entry(label.cut).or_default() += 1;
        }
        counts.into_iter().min_by_key(|(_, count)| Reverse(*count)).map(|(cut, _)| cut)
    }

    /// Whether there are chunks that nobody says he holds.
    pub(super) fn has_gaps(&self) -> bool {
        let range = |member: &Member| Some(member.chunks(member.label()?, &self.header));
        let mut ranges: Vec<_> = self.members.iter().filter_map(range).collect();
        ranges.sort_by_key(|range| range.start);
        let extend = |covered: u64, range: &Range<u64>| match range.start <= covered {
            true => covered.max(range.end),
            false => covered,
        };
        let covered = ranges.iter().fold(0, extend);
        covered < self.header.manifest.chunks.len() as u64
    }

    /// None of them has a label: it is the bundle itself, shorter or longer.
    pub(super) fn wrong_length(&self) -> BundleError {
        let member = self.members.first().expect("a set begins with a file");
        member.wrong_length(&self.header)
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
        let Some(label) = label_in(file, &self.header) else { return false };
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
        let pieces = labelled.into_iter().filter_map(|member| member.piece(&header)).collect();
        let payload = Payload::new(pieces, &header.manifest);
        faults.extend(unlabelled.iter().map(|member| member.explain(&payload, &header, cut)));
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

/// Volumes of which chunks are absent, without those that are named already.
fn missing(payload: &Payload, cut: Cut, faults: &[VolumeFault]) -> Vec<VolumeFault> {
    let named: BTreeSet<Volume> =
        faults.iter().filter(|fault| !fault.is_stray()).filter_map(|fault| fault.volume).collect();
    let absent: BTreeSet<Volume> = payload.gaps().map(|chunk| cut.holding(chunk)).collect();
    absent.difference(&named).copied().map(VolumeFault::missing).collect()
}
