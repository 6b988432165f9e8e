//! From paths to bundles: each file tells by its header what it belongs to, so
//! names, order and folders do not matter.

use super::{
    Acceptance, Bundle,
    member::Member,
    open::{self, Known},
    set::Set,
};
use crate::{error::BundleError, volumes};
use std::{
    cmp::Reverse,
    collections::HashSet,
    fs::File,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// What to do about volumes that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// Refuse the bundle and name them: nothing can be made of half a bundle.
    Refuse,
    /// Open it and tell: to look at it, or to learn all that is wrong.
    Tell,
}

/// Opens every bundle that these files and folders hold, in their order. Volumes
/// become one bundle; when some are missing, they are looked for beside the rest.
pub(super) fn open(
    paths: &[PathBuf],
    acceptance: Acceptance<'_>,
    gaps: Gaps,
) -> Result<Vec<Bundle>, BundleError> {
    let mut desk = Desk::new(acceptance);
    for path in volumes::expand(paths)? {
        desk.take(&path)?;
    }
    desk.look_beside();
    desk.finish(gaps)
}

/// What came of the files so far.
struct Desk<'a> {
    acceptance: Acceptance<'a>,
    known: Known,
    /// Files by device and number: one that is named twice is one.
    seen: HashSet<(u64, u64)>,
    found: Vec<Found>,
    rejected: Vec<Rejected>,
}

enum Found {
    /// One file, and pieces that mend it.
    Whole(Set),
    /// All else: volumes, parity, files that are too short, or pieces alone.
    Volumes(Set),
}

/// A file whose header cannot be used.
struct Rejected {
    path: PathBuf,
    file: File,
    error: BundleError,
}

/// An open file and what tells it from all others: its device and number.
struct Opened {
    file: File,
    number: (u64, u64),
}

impl<'a> Desk<'a> {
    fn new(acceptance: Acceptance<'a>) -> Self {
        let (known, seen) = (Known::new(), HashSet::new());
        Self { acceptance, known, seen, found: Vec::new(), rejected: Vec::new() }
    }

    /// Opens a file that was not taken before.
    fn open(&self, path: &Path) -> Result<Option<Opened>, BundleError> {
        let read = |source| BundleError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        let facts = file.metadata().map_err(read)?;
        let number = (facts.dev(), facts.ino());
        Ok((!self.seen.contains(&number)).then_some(Opened { file, number }))
    }

    fn take(&mut self, path: &Path) -> Result<(), BundleError> {
        let Some(Opened { mut file, number }) = self.open(path)? else { return Ok(()) };
        self.seen.insert(number);
        let header = match open::header(path, &mut file, self.acceptance, &mut self.known) {
            Ok(header) => header,
            Err(error) => {
                self.rejected.push(Rejected { path: path.to_owned(), file, error });
                return Ok(());
            }
        };
        let member = Member::read(path, file, &header)?;
        if member.is_whole(&header) {
            self.found.push(Found::Whole(Set::new(header, member)));
            return Ok(());
        }
        let sets = self.found.iter_mut().filter_map(Found::volumes);
        match sets.into_iter().find(|set| set.is_of(&header)) {
            Some(set) => set.members.push(member),
            None => self.found.push(Found::Volumes(Set::new(header, member))),
        }
        Ok(())
    }

    /// Completes sets with the files that lie beside those that were named. What
    /// is not of such a set was not asked for, and is left alone.
    fn look_beside(&mut self) {
        let mut found = std::mem::take(&mut self.found);
        for set in found.iter_mut().filter_map(Found::volumes) {
            if set.has_gaps() {
                let near = volumes::beside(set.members.iter().map(|member| &*member.path));
                for path in &near {
                    self.take_for(set, path);
                }
            }
        }
        self.found = found;
    }

    fn take_for(&mut self, set: &mut Set, path: &Path) {
        let Ok(Some(Opened { mut file, number })) = self.open(path) else { return };
        let taken = match open::header(path, &mut file, self.acceptance, &mut self.known) {
            Ok(header) if set.is_of(&header) => {
                let member = Member::read(path, file, &header);
                set.members.extend(member.ok().filter(|member| !member.is_whole(&header)));
                true
            }
            // It may be of another set that was asked for.
            Ok(_) => false,
            Err(error) => set.take_broken(path, &mut file, &error),
        };
        if taken {
            self.seen.insert(number);
        }
    }

    /// Who has a bundle in one file needs no volumes of it; whoever checks things
    /// wants to know about both.
    fn prefer_whole(&mut self) {
        let whole = |found: &Found| match found {
            Found::Whole(set) => Some(set.identity()),
            Found::Volumes(_) => None,
        };
        let whole: HashSet<_> = self.found.iter().filter_map(whole).collect();
        self.found.retain(|found| match found {
            Found::Whole(_) => true,
            Found::Volumes(set) => !whole.contains(&set.identity()),
        });
    }

    /// Pieces that are there without volumes belong to a bundle in one file.
    fn mend_whole(&mut self) {
        let (pieces, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.found).into_iter().partition(Found::is_pieces_only);
        self.found = others;
        for found in pieces {
            match self.found.iter_mut().find_map(|other| other.whole_like(&found)) {
                Some(whole) => whole.members.extend(found.into_set().members),
                None => self.found.push(found),
            }
        }
    }

    fn finish(mut self, gaps: Gaps) -> Result<Vec<Bundle>, BundleError> {
        self.mend_whole();
        if gaps == Gaps::Refuse {
            self.prefer_whole();
        }
        let mut sets: Vec<&mut Set> = self.found.iter_mut().filter_map(Found::volumes).collect();
        // The most whole one is what was meant; what is left of others is foreign.
        sets.sort_by_key(|set| (set.has_gaps(), Reverse(set.members.len())));
        match &mut sets[..] {
            [] => {
                if let Some(Rejected { error, .. }) = self.rejected.into_iter().next() {
                    return Err(error);
                }
            }
            [main, others @ ..] => {
                let incomplete = others.iter_mut().filter(|set| set.has_gaps());
                incomplete.for_each(|set| main.take_foreign(set));
                for Rejected { path, mut file, error } in self.rejected {
                    let known =
                        sets.iter_mut().any(|set| set.take_broken(&path, &mut file, &error));
                    if !known {
                        sets[0].take_stray(path, &error);
                    }
                }
            }
        }
        let found = self.found.into_iter();
        found.filter_map(|found| found.bundle(gaps).transpose()).collect()
    }
}

impl Found {
    fn into_set(self) -> Set {
        let (Self::Whole(set) | Self::Volumes(set)) = self;
        set
    }

    fn is_pieces_only(&self) -> bool {
        matches!(self, Self::Volumes(set) if set.is_pieces_only())
    }

    /// This one, when it is the whole file of the bundle that the other is of.
    fn whole_like(&mut self, other: &Self) -> Option<&mut Set> {
        let Self::Volumes(other) = other else { return None };
        match self {
            Self::Whole(set) if set.identity() == other.identity() => Some(set),
            _ => None,
        }
    }

    fn volumes(&mut self) -> Option<&mut Set> {
        match self {
            Self::Whole(_) => None,
            Self::Volumes(set) => Some(set),
        }
    }

    /// Nothing, when all of its files turned out to be foreign.
    fn bundle(self, gaps: Gaps) -> Result<Option<Bundle>, BundleError> {
        match self {
            Self::Whole(set) => Ok(Some(set.one_file())),
            Self::Volumes(set) if set.members.is_empty() => Ok(None),
            Self::Volumes(set) => set.bundle(gaps).map(Some),
        }
    }
}
