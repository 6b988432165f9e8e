//! Tools for attacks: headers taken apart and put together wrongly, signatures
//! over anything, and a signer who lies.

use crate::{
    Acceptance, Bundle, BundleError, BundleManifest, BundleSignature, CHUNK_SIZE, Signer,
    format::{entry, header},
    testing::{Key, Written},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use manifests::{ExitCode, Failure};
use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};
/// A bundle whose signer is trusted and lies.
pub(crate) struct Hostile(pub(crate) Written);

impl Hostile {
    pub(crate) fn manifest(&self) -> BundleManifest {
        self.0.open().unwrap().manifest().clone()
    }

    /// The bundle with any bytes for a manifest, signed by the trusted key.
    pub(crate) fn json(&self, json: &[u8]) -> PathBuf {
        let manifest = self.manifest();
        let signature = signature_file(&self.0.key, &manifest, json);
        self.0.with_header(&header_with(&manifest, json, &[signature]))
    }

    /// The bundle with a changed manifest and a header made from it, where one
    /// can be made, and signed by the trusted key.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut BundleManifest)) -> PathBuf {
        let mut manifest = self.manifest();
        change(&mut manifest);
        if manifest.header_size != self.manifest().header_size {
            return self.json(&manifest.render());
        }
        let signature = BundleSignature::make(&self.0.key, &manifest).unwrap();
        self.0.with_header(&header::render(&manifest, &[signature]).unwrap())
    }

    /// The bundle with a changed payload that was hashed and signed well.
    pub(crate) fn repacked(
        &self,
        change: impl FnOnce(&mut BundleManifest, &mut Vec<u8>),
    ) -> PathBuf {
        let mut payload = self.0.bytes().split_off(self.0.payload_start());
        let path = self.changed(|manifest| {
            change(manifest, &mut payload);
            let hash = |chunk: &[u8]| blake3::hash(chunk).to_hex().to_string();
            manifest.chunks = payload.chunks(CHUNK_SIZE as usize).map(hash).collect();
            manifest.payload_size = payload.len() as u64;
        });
        let header = fs::read(&path).unwrap();
        fs::write(&path, [&header[..self.0.payload_start()], &payload].concat()).unwrap();
        path
    }

    /// What opening says; the same whether the signer matters or not.
    pub(crate) fn opening(&self, path: &Path) -> String {
        let error = Bundle::open(path, Acceptance::Trusted(&self.0.key.trust())).unwrap_err();
        let any = Bundle::open(path, Acceptance::AnySigner).unwrap_err();
        assert_eq!(told(&error, path), told(&any, path));
        told(&error, path)
    }

    /// Opens what was made, which must be fine as far as opening looks.
    pub(crate) fn open(&self, path: &Path) -> Bundle {
        Bundle::open(path, Acceptance::Trusted(&self.0.key.trust())).unwrap()
    }
}

/// An entry of a header: where it begins among the plain bytes, its name and
/// the length of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderEntry {
    pub(crate) at: usize,
    pub(crate) name: String,
    pub(crate) len: usize,
}

impl HeaderEntry {
    pub(crate) fn content(&self) -> Range<usize> {
        self.at + 512..self.at + 512 + self.len
    }

    pub(crate) fn end(&self) -> usize {
        self.content().end.next_multiple_of(512)
    }
}

/// The entries of the plain bytes of a header.
pub(crate) fn header_entries(header: &[u8]) -> Vec<HeaderEntry> {
    let mut entries: Vec<HeaderEntry> = Vec::new();
    while let Some((name, len)) =
        header.get(entries.last().map_or(0, HeaderEntry::end)..).and_then(entry::read)
    {
        let at = entries.last().map_or(0, HeaderEntry::end);
        entries.push(HeaderEntry { at, name: name.to_owned(), len: len as usize });
    }
    entries
}

/// The header of `like` with other bytes for a manifest and other signature
/// files, laid out as our writer would.
pub(crate) fn header_with(
    like: &BundleManifest,
    json: &[u8],
    signatures: &[(String, Vec<u8>)],
) -> Vec<u8> {
    let ours = header::render(like, &[]).unwrap();
    let entries = header_entries(&ours);
    let mut out = entry::whole("bottari.json", json);
    for (name, text) in signatures {
        out.extend(entry::whole(name, text));
    }
    out.extend(&ours[entries[1].at..entries.last().unwrap().at]);
    let room = like.header_size as usize - out.len() - 512;
    out.extend(entry::whole("bottari.padding", &vec![0; room]));
    out
}

/// The name and the text of a signature file as ours, over any bytes.
pub(crate) fn signature_file(key: &Key, like: &BundleManifest, json: &[u8]) -> (String, Vec<u8>) {
    let BundleManifest { release, version, serial, .. } = like;
    let comment = format!("bottari bundle {release} {version} serial {serial}");
    let [signature, global] = key.sign(json, &comment).unwrap();
    let id = key.key_id();
    let first = [&b"ED"[..], &id.bytes(), &signature].concat();
    let text = format!(
        "untrusted comment: signature of bottari key {id}\n{}\ntrusted comment: {comment}\n{}\n",
        BASE64_STANDARD.encode(first),
        BASE64_STANDARD.encode(global)
    );
    (format!("bottari.sigs/{id}.minisig"), text.into_bytes())
}

/// An error as `console` prints it: with its causes, and without what differs
/// on every run.
pub(crate) fn told(error: &BundleError, path: &Path) -> String {
    assert_eq!(error.exit_code(), ExitCode::Untrusted, "{error}");
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    let text = chain.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let text = text.replace(&path.display().to_string(), "BUNDLE");
    let text = without_digits(&text, "was altered at byte ", "N");
    let text = without_digits(&text, " at line ", "N");
    hide_hashes(&without_digits(&text, " column ", "N"))
}

/// Replaces the digits after `front`: where they are moves with every field.
fn without_digits(text: &str, front: &str, mark: &str) -> String {
    match text.split_once(front) {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}{front}{mark}{after}")
        }
        None => text.to_owned(),
    }
}

/// Replaces whole hashes; which they are is not the point of a message.
fn hide_hashes(text: &str) -> String {
    let hex = |c: char| c.is_ascii_hexdigit() && !c.is_ascii_uppercase();
    let words = text.split_inclusive(|c: char| !hex(c));
    words
        .map(|word| {
            let len = word.find(|c: char| !hex(c)).unwrap_or(word.len());
            if len >= 64 { format!("HASH{}", &word[len..]) } else { word.to_owned() }
        })
        .collect()
}

/// Cases and what came of them, one line each.
pub(crate) fn table(lines: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let lines = lines.into_iter().map(|(case, told)| format!("{case}: {told}"));
    lines.collect::<Vec<_>>().join("\n").replace("bundle `BUNDLE`", "BUNDLE")
}
