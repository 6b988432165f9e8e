//! What the security desk of an isolated site reads before it lets a medium in:
//! one HTML file, and the same as JSON.
//!
//! Promises: the page loads nothing and runs nothing; whatever a lockfile says
//! stays text; the same files, keys and day give the same bytes; a report of a
//! bundle says whether signatures were checked, and there is none of a bundle that
//! is damaged. `docs/report.md` describes both forms.

mod agreement;
mod changes;
mod components;
mod error;
mod facts;
mod findings;
mod html;
mod language;
mod opened;
mod package_changes;
mod page;
mod signatures;
mod steps;
mod subject;
mod totals;
mod words;

pub use agreement::{Agreement, Stray};
pub use changes::{Change, Changes, ComponentChange, ItemChange, ItemKind, Side};
pub use components::{ComponentFacts, ImageFacts};
pub use error::ReportError;
pub use facts::{FORMAT, Finding, FindingKind, Provenance, ReleaseFacts, Report, Totals};
pub use language::Language;
pub use opened::{Opened, Reading};
pub use package_changes::PackageChange;
pub use page::page;
pub use signatures::{SignatureFacts, Signatures, TrustedKey};
pub use steps::{Shows, Step};
pub use subject::{BundleFacts, Subject};

use manifests::rules::Date;

/// Puts together what there is to say of a bundle or lockfile on a day, compared
/// with an earlier one when there is one.
pub fn report<'a>(opened: &'a Opened, earlier: Option<&Opened>, day: Date) -> Report<'a> {
    let Opened { subject, lockfile, bundle, agreement, reading } = opened;
    let signatures =
        bundle.as_ref().map(|bundle| Signatures::of(bundle, &reading.keys, reading.require));
    let components = components::components(lockfile);
    let verify = match &signatures {
        Some(signatures) => steps::of_bundle(subject, signatures, lockfile),
        None => steps::of_lockfile(subject),
    };
    Report {
        format: FORMAT,
        judged_on: day,
        subject: subject.clone(),
        release: ReleaseFacts::of(lockfile),
        totals: totals::totals(lockfile, components.len()),
        provenance: totals::provenance(lockfile),
        signatures,
        agreement: agreement.as_ref(),
        warnings: findings::findings(lockfile, day),
        changes: earlier.map(|earlier| changed(earlier, opened)),
        components,
        systems: &lockfile.systems,
        decisions: &lockfile.decisions,
        omitted: &lockfile.omitted,
        exceptions: &lockfile.exceptions,
        overlays: &lockfile.overlays,
        verify,
    }
}

fn changed(earlier: &Opened, now: &Opened) -> Changes {
    let (subject, lockfile) = (earlier.subject.clone(), &earlier.lockfile);
    let checked = earlier.bundle.as_ref().is_some_and(|bundle| !bundle.signed_by().is_empty());
    changes::changes(&changes::Earlier { subject, lockfile, checked }, &now.lockfile)
}
