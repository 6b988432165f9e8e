//! Opening a header, in the one order that is safe: find the bytes, check the
//! signatures, only then parse, and at last compare the whole header.

use super::Acceptance;
use crate::{
    error::BundleError,
    format::{
        FORMAT, MAX_HEADER, entry, frame,
        header::{self, Parts},
        manifest::{BundleManifest, ManifestError},
    },
    signature::{BundleSignature, KeyId},
};
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek},
    path::Path,
    sync::Arc,
};

/// A header that is trusted, and what it says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) manifest: BundleManifest,
    pub(super) signatures: Vec<BundleSignature>,
    pub(super) signed_by: Vec<KeyId>,
    /// Hash of the manifest's bytes: files with the same manifest belong together.
    pub(super) identity: blake3::Hash,
}

impl Header {
    /// Release, version and serial, for people.
    pub(super) fn release(&self) -> String {
        let BundleManifest { release, version, serial, .. } = &self.manifest;
        format!("{release} {version} (serial {serial})")
    }
}

/// Headers by the hash of their bytes: all volumes of a bundle have the same,
/// which is checked once.
pub(super) type Known = HashMap<blake3::Hash, Arc<Header>>;

/// Reads and checks the header of a file.
pub(super) fn header(
    path: &Path,
    file: &mut File,
    acceptance: Acceptance<'_>,
    known: &mut Known,
) -> Result<Arc<Header>, BundleError> {
    let read = |source| BundleError::Read { path: path.to_owned(), source };
    let not_a_bundle = || BundleError::NotABundle { path: path.to_owned() };
    let bytes = read_header(file).map_err(read)?.ok_or_else(not_a_bundle)?;
    let hash = blake3::hash(&bytes);
    if let Some(header) = known.get(&hash) {
        return Ok(Arc::clone(header));
    }
    let header = Arc::new(check(path, &bytes, acceptance)?);
    known.insert(hash, Arc::clone(&header));
    Ok(header)
}

/// Hash of the manifest's bytes in a header that was refused for its signatures.
/// Nothing in it is believed or shown: it only tells whether two are the same.
pub(super) fn identity(file: &mut File) -> Option<blake3::Hash> {
    file.rewind().ok()?;
    let bytes = read_header(file).ok()??;
    Some(blake3::hash(header::split(&bytes)?.manifest))
}

fn check(path: &Path, bytes: &[u8], acceptance: Acceptance<'_>) -> Result<Header, BundleError> {
    let not_a_bundle = || BundleError::NotABundle { path: path.to_owned() };
    let parts = header::split(bytes).ok_or_else(not_a_bundle)?;
    let signed_by = accept(path, &parts, acceptance)?;
    let manifest = parse(path, parts.manifest)?;
    let signatures = compare(path, bytes, &parts, &manifest)?;
    let identity = blake3::hash(parts.manifest);
    Ok(Header { manifest, signatures, signed_by, identity })
}

/// The plain bytes of the header. Reads no further than it; `None` when the
/// file does not begin with a stored frame of a sensible size.
fn read_header(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let mut start = [0; 14];
    if !fill(file, &mut start)? {
        return Ok(None);
    }
    let Some(plain) = frame::promised(&start).filter(|size| *size <= MAX_HEADER) else {
        return Ok(None);
    };
    let mut header = vec![0; usize::try_from(plain).expect("at most 64 MiB")];
    let mut at = 0;
    while at < plain {
        let mut block = [0; 3];
        if !fill(file, &mut block)? || block != frame::block_header(at, plain) {
            return Ok(None);
        }
        let run = frame::run(at, plain);
        if !fill(file, &mut header[run.start as usize..run.end as usize])? {
            return Ok(None);
        }
        at = run.end;
    }
    Ok(Some(header))
}

/// Fills the buffer; `false` when the file ends before.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn accept(
    path: &Path,
    parts: &Parts<'_>,
    acceptance: Acceptance<'_>,
) -> Result<Vec<KeyId>, BundleError> {
    match acceptance {
        Acceptance::AnySigner => Ok(Vec::new()),
        Acceptance::Trusted(trust) => trust
            .check(parts.manifest, &parts.signatures)
            .map_err(|source| BundleError::NotTrusted { path: path.to_owned(), source }),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<BundleManifest, BundleError> {
    let path = path.to_owned();
    BundleManifest::parse(bytes).map_err(|error| match error {
        ManifestError::Wrong(why) => BundleError::Manifest { path, why },
        ManifestError::Other(found, opens_with) => {
            BundleError::OtherFormat { path, found, expected: FORMAT, opens_with }
        }
    })
}

/// Makes the header again and compares every byte of it.
fn compare(
    path: &Path,
    header: &[u8],
    parts: &Parts<'_>,
    manifest: &BundleManifest,
) -> Result<Vec<BundleSignature>, BundleError> {
    let altered = |at: usize| BundleError::Header { path: path.to_owned(), at: at as u64 };
    let mut signatures = Vec::new();
    let mut at = entry::whole_len(parts.manifest.len());
    for (_, text) in &parts.signatures {
        signatures.push(BundleSignature::parse(text).ok_or_else(|| altered(at))?);
        at += entry::whole_len(text.len());
    }
    let expected = header::render(manifest, &signatures).ok_or_else(|| BundleError::Manifest {
        path: path.to_owned(),
        why: format!("its header does not fill {} bytes", manifest.header_size),
    })?;
    if expected == header {
        return Ok(signatures);
    }
    Err(altered(expected.iter().zip(header).take_while(|(a, b)| a == b).count()))
}
