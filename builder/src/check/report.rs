//! What the check came to.

use super::{
    answer::{self, Gap},
    charts::{Charts, Rendered, Unread},
    finding::{Finding, Place, Reference},
};
use manifests::{
    ImageRef, Name, Version,
    lockfile::{LockedImage, Lockfile},
    release::{self, Exception},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How complete a lockfile is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The release.
    pub release: Name,
    /// Its version.
    pub version: Version,
    /// Whether nothing is missing and nothing is there without a reason.
    pub complete: bool,
    /// Every version of every component, by name.
    pub components: Vec<Row>,
    /// What is asked for and not answered.
    pub missing: Vec<Missing>,
    /// What is locked and named nowhere.
    pub unexplained: Vec<Unexplained>,
    /// The charts that were rendered and read.
    pub rendered: Vec<Rendered>,
    /// Those that were not: they may name more.
    pub unread: Vec<Unread>,
    /// Exceptions of the release that let something pass.
    pub exceptions: Vec<Exception>,
    /// Exceptions of the release that nothing needs.
    pub unused_exceptions: Vec<release::Reference>,
}

/// One component in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The component.
    pub component: Name,
    /// Its version.
    pub version: Version,
    /// How many different images and files its manifests and programs ask for.
    pub found: usize,
    /// How many images of it are locked.
    pub locked: usize,
    /// How many of them only a definition states.
    pub stated: usize,
    /// How many of its charts were not looked into.
    pub unread: usize,
    /// How many things are wrong.
    pub problems: usize,
}

/// A reference that nothing answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// What is asked for.
    pub reference: Reference,
    /// Why it is not answered.
    #[serde(flatten)]
    pub gap: Gap,
    /// Everywhere it stands, in order.
    pub places: Vec<Place>,
}

/// An image that nobody asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unexplained {
    /// Its component.
    pub component: Name,
    /// The component's version.
    pub version: Version,
    /// Its name.
    pub image: ImageRef,
}

/// Compares what is asked for with what is locked, in both directions.
pub(super) fn report(lockfile: &Lockfile, findings: Vec<Finding>, charts: Charts) -> Report {
    let mut judge = Judge { lockfile, explained: BTreeSet::new(), used: BTreeSet::new() };
    let rows = Rows::of(lockfile, &findings, &charts.unread);
    let missing = judge.missing(findings);
    let unexplained = judge.unexplained();
    let (exceptions, unused): (Vec<_>, Vec<_>) =
        lockfile.exceptions.iter().cloned().partition(|one| judge.used.contains(&one.reference));
    let unused_exceptions: Vec<_> = unused.into_iter().map(|one| one.reference).collect();
    Report {
        release: lockfile.release.clone(),
        version: lockfile.version.clone(),
        complete: missing.is_empty() && unexplained.is_empty() && unused_exceptions.is_empty(),
        components: rows.with(&missing, &unexplained),
        missing,
        unexplained,
        rendered: charts.rendered,
        unread: charts.unread,
        exceptions,
        unused_exceptions,
    }
}

struct Judge<'a> {
    lockfile: &'a Lockfile,
    /// Images that some reference is answered by.
    explained: BTreeSet<ImageRef>,
    /// Exceptions that let something pass.
    used: BTreeSet<release::Reference>,
}

impl Judge<'_> {
    /// An image that is named, though not as it is locked, has its explanation.
    fn missing(&mut self, findings: Vec<Finding>) -> Vec<Missing> {
        let mut asked: BTreeMap<Reference, Vec<Place>> = BTreeMap::new();
        for finding in findings {
            asked.entry(finding.reference).or_default().push(finding.place);
        }
        let mut missing = Vec::new();
        for (reference, places) in asked {
            match answer::answer(self.lockfile, &reference) {
                Ok(image) => self.explained.extend(image.map(|image| image.name.clone())),
                Err(gap) => {
                    self.explained.extend(gap.image().cloned());
                    if !self.is_excepted(&reference) {
                        missing.push(Missing { reference, gap, places });
                    }
                }
            }
        }
        missing.sort_by(|a, b| a.places.cmp(&b.places));
        missing
    }

    fn unexplained(&mut self) -> Vec<Unexplained> {
        let mut unexplained = Vec::new();
        for image in &self.lockfile.images {
            let is_stray = !self.explained.contains(&image.name) && image.stated.is_none();
            if is_stray && !self.has_excepted_name(image) {
                let LockedImage { component, version, name, .. } = image.clone();
                unexplained.push(Unexplained { component, version, image: name });
            }
        }
        unexplained
    }

    fn has_excepted_name(&mut self, image: &LockedImage) -> bool {
        let names: Vec<_> = image.names().cloned().map(Reference::Image).collect();
        names.iter().any(|name| self.is_excepted(name))
    }

    fn is_excepted(&mut self, reference: &Reference) -> bool {
        let mut exceptions = self.lockfile.exceptions.iter();
        let exception = exceptions.find(|exception| reference.is_excepted_by(exception));
        self.used.extend(exception.map(|exception| exception.reference.clone()));
        exception.is_some()
    }
}

/// The version of a component that asks for something.
fn asking(place: &Place) -> (&Name, &Version) {
    (&place.component, &place.version)
}

/// The rows while they are counted.
struct Rows(BTreeMap<(Name, Version), Row>);

impl Rows {
    fn of(lockfile: &Lockfile, findings: &[Finding], unread: &[Unread]) -> Self {
        let mut rows = Self(BTreeMap::new());
        for file in &lockfile.files {
            rows.row(&file.component, &file.version);
        }
        for chart in unread {
            rows.row(&chart.component, &chart.version).unread += 1;
        }
        for component in &lockfile.components {
            rows.row(&component.name, &component.version);
        }
        for image in &lockfile.images {
            let row = rows.row(&image.component, &image.version);
            row.locked += 1;
            row.stated += usize::from(image.stated.is_some());
        }
        let asked: BTreeSet<_> =
            findings.iter().map(|finding| (asking(&finding.place), &finding.reference)).collect();
        for ((component, version), _) in asked {
            rows.row(component, version).found += 1;
        }
        rows
    }

    fn row(&mut self, component: &Name, version: &Version) -> &mut Row {
        self.0.entry((component.clone(), version.clone())).or_insert_with(|| Row {
            component: component.clone(),
            version: version.clone(),
            found: 0,
            locked: 0,
            stated: 0,
            unread: 0,
            problems: 0,
        })
    }

    fn with(mut self, missing: &[Missing], unexplained: &[Unexplained]) -> Vec<Row> {
        let missing = missing
            .iter()
            .flat_map(|missing| missing.places.iter().map(asking).collect::<BTreeSet<_>>());
        let unexplained = unexplained.iter().map(|image| (&image.component, &image.version));
        for (component, version) in missing.chain(unexplained) {
            self.row(component, version).problems += 1;
        }
        self.0.into_values().collect()
    }
}
