//! The header: one stored frame at the start of the file that holds the
//! manifest, the signatures and what people and stock tools read.
//!
//! Reading goes in two steps. [`split`] finds the manifest and signature bytes
//! and interprets nothing. After the signature was checked and the manifest
//! parsed, [`render`] makes the whole header again, and a reader compares it
//! byte by byte: a header cannot vary in anything but its signatures.

use super::{MAX_SIGNATURES, entry, manifest::BundleManifest, oci};
use crate::signature::{BundleSignature, KeyId};
use std::fmt::Write;

const MANIFEST: &str = "bottari.json";
const SIGNATURES: &str = "bottari.sigs/";
const SUMS: &str = "SHA256SUMS";
const PADDING: &str = "bottari.padding";

/// Longest signature file: it fills one block.
const MAX_SIGNATURE: usize = 512;

/// Room that one signature takes: a tar header and the file.
const SIGNATURE_ROOM: u64 = 1024;

/// The parts of a header that are needed to decide whether to trust it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    /// The manifest's bytes, not yet parsed.
    pub(crate) manifest: &'a [u8],
    /// Key id, from the entry's name, and text of each signature.
    pub(crate) signatures: Vec<(KeyId, &'a [u8])>,
}

/// Finds manifest and signatures. `None` when this is not a header of ours.
pub(crate) fn split(header: &[u8]) -> Option<Parts<'_>> {
    let (MANIFEST, manifest, mut rest) = take_entry(header)? else { return None };
    let mut signatures = Vec::new();
    loop {
        // An entry that cannot be read is damage. It must not pass for the end
        // of the signatures: that would make a damaged bundle an unsigned one.
        let (name, text, after) = take_entry(rest)?;
        if name == SUMS {
            return Some(Parts { manifest, signatures });
        }
        let id = name.strip_prefix(SIGNATURES)?.strip_suffix(".minisig")?.parse().ok()?;
        let ascending = signatures.last().is_none_or(|(last, _)| *last < id);
        if signatures.len() == MAX_SIGNATURES || text.len() > MAX_SIGNATURE || !ascending {
            return None;
        }
        signatures.push((id, text));
        rest = after;
    }
}

/// Name, content, and what follows the entry.
fn take_entry(bytes: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (name, size) = entry::read(bytes)?;
    let content = bytes.get(entry::BLOCK as usize..)?;
    let padded = size.checked_add(entry::padding(size))?;
    let rest = content.get(usize::try_from(padded).ok()?..)?;
    Some((name, &content[..usize::try_from(size).ok()?], rest))
}

/// The plain bytes of the header, `manifest.header_size` of them, or `None`
/// when that is too small or there are too many signatures.
pub(crate) fn render(manifest: &BundleManifest, signatures: &[BundleSignature]) -> Option<Vec<u8>> {
    if signatures.len() > MAX_SIGNATURES {
        return None;
    }
    let mut out = render_unpadded(manifest, signatures);
    let room = manifest.header_size.checked_sub(out.len() as u64 + entry::BLOCK)?;
    out.extend_from_slice(&entry::whole(PADDING, &vec![0; usize::try_from(room).ok()?]));
    (out.len() as u64 == manifest.header_size).then_some(out)
}

/// The files that stock tar unpacks from the header, the padding left out.
pub(crate) fn files(
    manifest: &BundleManifest,
    signatures: &[BundleSignature],
) -> Vec<(String, Vec<u8>)> {
    let bytes = render_unpadded(manifest, signatures);
    let mut rest = bytes.as_slice();
    let mut files = Vec::new();
    while let Some((name, content, after)) = take_entry(rest) {
        files.push((name.to_owned(), content.to_owned()));
        rest = after;
    }
    files
}

/// The header size for a manifest that is at least as long as the final one:
/// with room for every signature, in whole 4 KiB.
pub(crate) fn size_for(longest: &BundleManifest) -> u64 {
    let used = render_unpadded(longest, &[]).len() as u64;
    let room = SIGNATURE_ROOM * MAX_SIGNATURES as u64 + entry::BLOCK;
    (used + room).next_multiple_of(4096)
}

fn render_unpadded(manifest: &BundleManifest, signatures: &[BundleSignature]) -> Vec<u8> {
    let json = manifest.render();
    let texts = [
        ("CONTENTS.txt", contents(manifest)),
        ("index.json", oci::index(manifest)),
        ("oci-layout", oci::LAYOUT.to_owned()),
    ];
    let mut out = entry::whole(MANIFEST, &json);
    let mut signatures: Vec<_> = signatures.iter().collect();
    signatures.sort_by_key(|signature| signature.key_id());
    for signature in signatures {
        let name = format!("{SIGNATURES}{}.minisig", signature.key_id());
        out.extend_from_slice(&entry::whole(&name, signature.render(manifest).as_bytes()));
    }
    out.extend_from_slice(&entry::whole(SUMS, sums(manifest, &json, &texts).as_bytes()));
    for (name, text) in &texts {
        out.extend_from_slice(&entry::whole(name, text.as_bytes()));
    }
    out
}

/// What `sha256sum -c` reads.
fn sums(manifest: &BundleManifest, json: &[u8], texts: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut line = |hex: &str, name: &str| {
        writeln!(out, "{hex}  {name}").expect("writing to memory");
    };
    line(crate::hash::sha256(json).hex(), MANIFEST);
    for (name, text) in texts {
        line(crate::hash::sha256(text.as_bytes()).hex(), name);
    }
    for blob in &manifest.blobs {
        line(blob.sha256().hex(), &blob.digest.layout_path());
    }
    out
}

/// Names and digests, for people.
fn contents(manifest: &BundleManifest) -> String {
    let mut out = format!(
        "{} {} (serial {}): {}\n\n",
        manifest.release, manifest.version, manifest.serial, manifest.title
    );
    for name in &manifest.names {
        writeln!(out, "{:8} {}  {}", name.kind.as_str(), name.digest, name.name)
            .expect("writing to memory");
    }
    out
}
