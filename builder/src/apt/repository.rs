//! From packages that are here to a repository that is signed.

use super::{
    deb::control,
    error::AptError,
    key::AptKey,
    paragraph::Paragraph,
    release_file::{COMPONENT, ReleaseFile, SUITE},
};
use crate::sbom::{Options, through};
use bundles::{BlobSource, Repository, RepositoryContent};
use flate2::{Compression, write::GzEncoder};
use manifests::{
    event::{Event, Outcome, Transfer},
    lockfile::{LockedPackage, LockedSystem, Lockfile},
    packages::SystemName,
};
use std::{
    collections::BTreeMap,
    io::Write,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How far a repository is dated back from the newest index that it is made of: apt
/// refuses one that is still to come, and a host's clock may be a day slow.
const BACK: Duration = Duration::from_hours(48);

pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const GZIP: &str = "application/gzip";
pub(super) const SIGNATURE: &str = "application/pgp-signature";
pub(super) const KEY: &str = "application/pgp-keys";

/// A package and where its repository has it.
struct Indexed {
    paragraph: String,
    path: String,
    package: LockedPackage,
}

/// The repositories of all systems of a lockfile, sorted by system. Every package is
/// read once, and nothing of one with other bytes is used.
pub fn repositories(
    lockfile: &Lockfile,
    source: &dyn BlobSource,
    key: &AptKey,
    options: Options<'_>,
) -> Result<Vec<Repository>, AptError> {
    let title = "reading packages".to_owned();
    let packages = || lockfile.systems.iter().flat_map(|system| &system.packages);
    let (items, bytes) = (packages().count() as u64, packages().map(|one| one.size).sum());
    options.reporter.report(&Event::PhaseStarted {
        title: title.clone(),
        items,
        bytes: Some(bytes),
    });
    let made = systems(lockfile).into_iter().map(|(name, arches)| {
        let files = files(&arches, source, options)?;
        let Unsigned { mut files, words, date } = laid_out((name, &arches), lockfile, files)?;
        files.extend(signed(&words, date, key)?);
        Ok(repository(name, files))
    });
    let made = made.collect::<Result<_, AptError>>()?;
    options.reporter.report(&Event::PhaseFinished { title });
    Ok(made)
}

/// Checks that the key can sign the repository of every system: before anything is
/// fetched.
pub fn check_key(lockfile: &Lockfile, key: &AptKey) -> Result<(), AptError> {
    let mut dates = systems(lockfile).into_iter().map(|(name, arches)| date(name, &arches));
    dates.try_for_each(|made| Ok(key.can_sign(made?)?))
}

/// The day of a repository.
fn date(name: &SystemName, arches: &[&LockedSystem]) -> Result<SystemTime, AptError> {
    let newest = arches.iter().filter_map(|system| system.newest_index()).max();
    let newest = newest.ok_or_else(|| AptError::Undated { system: name.clone() })?;
    Ok(UNIX_EPOCH + Duration::from_secs(newest.unix_seconds()).saturating_sub(BACK))
}

/// The parts of a lockfile by system.
pub(super) fn systems(lockfile: &Lockfile) -> BTreeMap<&SystemName, Vec<&LockedSystem>> {
    let mut systems: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for system in &lockfile.systems {
        systems.entry(&system.system).or_default().push(system);
    }
    systems
}

pub(super) fn repository(system: &SystemName, files: Files) -> Repository {
    Repository { system: system.clone(), files, maker: env!("CARGO_PKG_VERSION").to_owned() }
}

pub(super) type Files = BTreeMap<String, RepositoryContent>;

/// Pool and indexes of one system, by their paths.
pub(super) fn files(
    arches: &[&LockedSystem],
    source: &dyn BlobSource,
    options: Options<'_>,
) -> Result<Files, AptError> {
    let mut files = Files::new();
    for system in arches {
        let read = |package| indexed(&system.system, package, source, options);
        let mut packages =
            system.packages.iter().map(read).collect::<Result<Vec<Indexed>, AptError>>()?;
        packages.sort_by(|a, b| a.place().cmp(&b.place()));
        let paragraphs: Vec<_> = packages.iter().map(|one| one.paragraph.as_str()).collect();
        let index = paragraphs.join("\n");
        let folder = format!("{COMPONENT}/binary-{}", system.arch);
        files.insert(format!("{folder}/Packages.gz"), made(gzip(index.as_bytes()), GZIP));
        files.insert(format!("{folder}/Packages"), made(index, TEXT));
        for Indexed { path, package, .. } in packages {
            files.insert(path, RepositoryContent::Carried(package.digest));
        }
    }
    Ok(files)
}

impl Indexed {
    /// By name, then version: an index that is compared by people.
    fn place(&self) -> (&str, &str) {
        (self.package.name.as_str(), self.package.version.as_str())
    }
}

/// Reads what a package says of itself, and that it is the one that was locked.
fn indexed(
    system: &SystemName,
    package: &LockedPackage,
    source: &dyn BlobSource,
    options: Options<'_>,
) -> Result<Indexed, AptError> {
    let user = format!("{system}/{}", package.name);
    let transfer = Transfer::start(options.reporter, &user, Some(package.size));
    let of = (&package.digest, &*user);
    let text = through(of, source, options.stop, &transfer, |packed| control(packed))?;
    transfer.finish(Outcome::Done);
    let text = text.map_err(|source| AptError::Deb { user: user.clone(), source })?;
    let path = format!("pool/{}/{}", package.digest.hex(), package.file_name());
    let wrong = |source| AptError::Paragraph { user: user.clone(), source };
    let paragraph = Paragraph::read(&text).map_err(wrong)?;
    let said = ["Package", "Version", "Architecture"].map(|field| paragraph.needed(field));
    let [name, version, arch] = said;
    let found =
        format!("{} {} {}", name.map_err(wrong)?, version.map_err(wrong)?, arch.map_err(wrong)?);
    let expected = format!("{} {} {}", package.name, package.version, package.arch);
    if found != expected {
        return Err(AptError::Other { user, expected, found });
    }
    let paragraph = paragraph.indexed(&path, package.size, &package.digest);
    Ok(Indexed { paragraph, path, package: package.clone() })
}

/// A repository that nobody vouches for.
pub(super) struct Unsigned {
    pub(super) files: Files,
    /// The text of `Release`, which is what is signed.
    pub(super) words: String,
    pub(super) date: SystemTime,
}

/// Adds `Release`, and lays every index down by its digest as well, where it stays the
/// same under a reader.
pub(super) fn laid_out(
    (name, arches): (&SystemName, &[&LockedSystem]),
    lockfile: &Lockfile,
    files: Files,
) -> Result<Unsigned, AptError> {
    let date = date(name, arches)?;
    let (mut placed, mut indexes) = (Files::new(), BTreeMap::new());
    for (path, content) in files {
        let RepositoryContent::Made { bytes, .. } = &content else {
            placed.insert(path, content);
            continue;
        };
        let digest = bundles::sha256(bytes);
        let (folder, _) = path.rsplit_once('/').expect("indexes lie in a folder");
        let by_hash = format!("dists/{SUITE}/{folder}/by-hash/SHA256/{}", digest.hex());
        placed.insert(by_hash, content.clone());
        indexes.insert(path.clone(), (digest, bytes.len()));
        placed.insert(format!("dists/{SUITE}/{path}"), content);
    }
    let Lockfile { release, version, serial, .. } = lockfile;
    let description = &format!("OS packages of {release} {version}, serial {serial}");
    let architectures = arches.iter().map(|system| system.arch.as_str()).collect();
    let words = ReleaseFile { description, date, architectures, indexes }.render();
    placed.insert(format!("dists/{SUITE}/Release"), made(words.clone(), TEXT));
    Ok(Unsigned { files: placed, words, date })
}

fn signed(release: &str, date: SystemTime, key: &AptKey) -> Result<Files, AptError> {
    let at = |name: &str| format!("dists/{SUITE}/{name}");
    Ok(Files::from([
        (at("InRelease"), made(key.around(release, date)?, TEXT)),
        (at("Release.gpg"), made(key.detached(release, date)?, SIGNATURE)),
        ("key.asc".to_owned(), made(key.public()?, KEY)),
    ]))
}

pub(super) fn made(bytes: impl Into<Vec<u8>>, media_type: &'static str) -> RepositoryContent {
    RepositoryContent::Made { bytes: bytes.into(), media_type }
}

/// Without a name and a time in it.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}
