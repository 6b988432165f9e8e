//! Whether a bundle holds what its lockfile lists and nothing else. A report is
//! written from the lockfile, so whatever lies beside it would go in unread.

use super::ReportError;
use crate::apt;
use bundles::{Bundle, BundlePlan, NameRecord, RepositoryRecord, SbomDocument};
use manifests::{Digest, SbomFormat, lockfile::Lockfile};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Largest lockfile that is read again.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Where bundle and lockfile differ; nowhere, in every bundle that `build` wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Agreement {
    /// Names in the bundle that do not follow from the lockfile.
    pub extra_names: Vec<Stray>,
    /// Blobs in the bundle that do not follow from the lockfile.
    pub extra_blobs: Vec<Stray>,
    /// Names that follow from the lockfile and are not in the bundle.
    pub missing_names: Vec<Stray>,
}

/// Something on one side only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stray {
    /// Its name; of a blob, who is said to need it.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
}

impl Agreement {
    /// Compares a bundle with the lockfile inside it. Refuses one that claims to
    /// be of another release.
    pub(super) fn of(bundle: &Bundle, lockfile: &Lockfile) -> Result<Self, ReportError> {
        check_release(bundle, lockfile)?;
        let text = bundle.bytes(&bundle.manifest().lockfile, LIMIT)?;
        let documents = documents(bundle, lockfile)?;
        let repositories = apt::expected(bundle, lockfile)
            .map_err(|source| ReportError::Packages { path: bundle.path().into(), source })?;
        let text = String::from_utf8_lossy(&text);
        let plan = BundlePlan::with_repositories(lockfile, &text, &documents, &repositories);
        let plan =
            plan.map_err(|source| ReportError::Plan { path: bundle.path().into(), source })?;
        Ok(compared(bundle, &plan))
    }

    /// Whether there is no difference.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn count(&self) -> usize {
        self.extra_names.len() + self.extra_blobs.len() + self.missing_names.len()
    }
}

/// The bills of materials that the lockfile asks for; one that it does not ask
/// for is a stray.
fn documents(bundle: &Bundle, lockfile: &Lockfile) -> Result<Vec<SbomDocument>, ReportError> {
    let document = |format: &SbomFormat| {
        let path = || bundle.path().to_owned();
        bundle.sbom(*format)?.ok_or_else(|| ReportError::NoSbom { path: path(), format: *format })
    };
    lockfile.sbom.iter().map(document).collect()
}

fn check_release(bundle: &Bundle, lockfile: &Lockfile) -> Result<(), ReportError> {
    let manifest = bundle.manifest();
    let found = (&manifest.release, &manifest.version, manifest.serial);
    let expected = (&lockfile.release, &lockfile.version, lockfile.serial);
    if found == expected {
        return Ok(());
    }
    let told = |(release, version, serial)| format!("{release} {version}, serial {serial}");
    Err(ReportError::OtherRelease {
        path: bundle.path().to_owned(),
        bundle: told(found),
        lockfile: told(expected),
    })
}

fn compared(bundle: &Bundle, plan: &BundlePlan) -> Agreement {
    let manifest = bundle.manifest();
    let mut found = by_name(&manifest.names);
    let mut planned = by_name(plan.names());
    let files = [files(&manifest.repositories), files(plan.repositories())];
    let sizes = |digest| bundle.blob(digest).map_or(0, |blob| blob.size);
    found.extend(files[0].iter().map(|(name, digest)| ((&**name, *digest), sizes(*digest))));
    planned.extend(files[1].iter().map(|(name, digest)| ((&**name, *digest), sizes(*digest))));
    let blobs: BTreeSet<_> = plan.blobs().collect();
    let extra = bundle.manifest().blobs.iter().filter(|blob| !blobs.contains(&blob.digest));
    Agreement {
        extra_names: only_in(&found, &planned),
        extra_blobs: extra
            .map(|blob| Stray {
                name: blob.users.iter().cloned().collect::<Vec<_>>().join(", "),
                digest: blob.digest.clone(),
                size: blob.size,
            })
            .collect(),
        missing_names: only_in(&planned, &found),
    }
}

type Named<'a> = BTreeMap<(&'a str, &'a Digest), u64>;

/// Files of repositories, as they are served.
fn files(repositories: &[RepositoryRecord]) -> Vec<(String, &Digest)> {
    let files = repositories.iter().flat_map(|repository| {
        let name = |path: &str| format!("apt/{}/{path}", repository.system);
        repository.files.iter().map(move |file| (name(&file.path), &file.digest))
    });
    files.collect()
}

fn by_name(names: &[NameRecord]) -> Named<'_> {
    names.iter().map(|one| ((one.name.as_str(), &one.digest), one.size)).collect()
}

fn only_in(these: &Named<'_>, others: &Named<'_>) -> Vec<Stray> {
    let alone = these.iter().filter(|(name, _)| !others.contains_key(*name));
    let stray = |((name, digest), size): (&(&str, &Digest), &u64)| Stray {
        name: (*name).to_owned(),
        digest: (*digest).clone(),
        size: *size,
    };
    alone.map(stray).collect()
}
