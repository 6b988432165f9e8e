//! The repositories that a bundle should carry, made again from its lockfile and its
//! packages. What a key alone can make is taken from the bundle where it holds.

use super::{
    error::AptError,
    key::only_key,
    release_file::SUITE,
    repository::{Files, GZIP, KEY, SIGNATURE, TEXT, files, laid_out, made, repository, systems},
};
use crate::{
    proof::{verify_cleartext, verify_detached},
    sbom::Options,
};
use bundles::{BlobSource, Bundle, Repository, RepositoryContent, RepositoryRecord};
use flate2::read::MultiGzDecoder;
use manifests::{Digest, event::Silent, lockfile::Lockfile};
use std::{
    io::{self, Read},
    sync::atomic::AtomicBool,
};

/// Largest index or signature that is read: a thousand packages take about 2 MiB.
const LIMIT: u64 = 64 * 1024 * 1024;

/// The bundle as a source of packages.
struct Inside<'a>(&'a Bundle);

impl BlobSource for Inside<'_> {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let reader = self.0.read(digest, 0..u64::MAX);
        Ok(Box::new(reader.map_err(|_error| io::ErrorKind::NotFound)?))
    }
}

/// Every repository as it should be. A signature that does not hold is left out, so
/// that the one in the bundle is a stray.
pub fn expected(bundle: &Bundle, lockfile: &Lockfile) -> Result<Vec<Repository>, AptError> {
    static GO_ON: AtomicBool = AtomicBool::new(false);
    let options = Options { jobs: 1, stop: &GO_ON, reporter: &Silent };
    let repositories = systems(lockfile).into_iter().map(|(name, arches)| {
        let records = &bundle.manifest().repositories;
        let record = records.iter().find(|record| record.system == *name);
        let mut files = files(&arches, &Inside(bundle), options)?;
        if let Some(record) = record {
            packed_as_there(&mut files, bundle, record);
        }
        let unsigned = laid_out((name, &arches), lockfile, files)?;
        let mut files = unsigned.files;
        if let Some(record) = record {
            files.extend(signatures(bundle, record, &unsigned.words));
        }
        Ok(repository(name, files))
    });
    repositories.collect()
}

/// Another version of this program may have packed the same index into other bytes.
fn packed_as_there(files: &mut Files, bundle: &Bundle, record: &RepositoryRecord) {
    for (path, content) in files.iter_mut().filter(|(path, _)| path.ends_with("/Packages.gz")) {
        let RepositoryContent::Made { bytes, .. } = &*content else { continue };
        let there = read(bundle, record, &format!("dists/{SUITE}/{path}"));
        if let Some(there) = there.filter(|there| unpacked(there) == unpacked(bytes)) {
            *content = made(there, GZIP);
        }
    }
}

fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes).take(LIMIT).read_to_end(&mut plain).ok().map(|_length| plain)
}

/// Key and signatures, as far as they hold for these words.
fn signatures(bundle: &Bundle, record: &RepositoryRecord, words: &str) -> Files {
    let read = |path: &str| read(bundle, record, path);
    let [around, apart] = ["InRelease", "Release.gpg"].map(|name| format!("dists/{SUITE}/{name}"));
    let mut files = Files::new();
    let Some(key) = read("key.asc") else { return files };
    let Some(print) = only_key(&key).map(|print| [print]) else { return files };
    if let Some(text) = read(&around).and_then(|text| String::from_utf8(text).ok())
        && verify_cleartext((&key, &text), &print)
            .is_ok_and(|(_, signed)| signed.trim_end() == words.trim_end())
    {
        files.insert(around, made(text, TEXT));
    }
    if let Some(signature) = read(&apart)
        && verify_detached((&key, &signature), &print, || Ok(words.as_bytes())).is_ok()
    {
        files.insert(apart, made(signature, SIGNATURE));
    }
    files.insert("key.asc".to_owned(), made(key, KEY));
    files
}

fn read(bundle: &Bundle, record: &RepositoryRecord, path: &str) -> Option<Vec<u8>> {
    bundle.bytes(record.file(path)?, LIMIT).ok()
}
