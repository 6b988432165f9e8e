//! Labels of any length: a skippable zstd frame that ends with a hash, so that
//! damage is told from what was written. Nobody has signed it.

use super::SKIPPABLE;
use std::{fs::File, io, os::unix::fs::FileExt};

/// Magic number and length of the frame, and the kind of label.
const FRONT: usize = 16;
const HASH: usize = blake3::OUT_LEN;

/// Bytes of a label with so many in its body.
pub(crate) const fn sealed_len(body: u64) -> u64 {
    FRONT as u64 + body + HASH as u64
}

/// Makes a label. The hash covers the manifest too: a label of another bundle is
/// as good as none.
pub(crate) fn seal(kind: [u8; 8], manifest: blake3::Hash, body: &[u8]) -> Vec<u8> {
    let content = kind.len() + body.len() + HASH;
    let mut out = Vec::with_capacity(8 + content);
    out.extend_from_slice(&SKIPPABLE);
    out.extend_from_slice(
        &u32::try_from(content).expect("a header has no room for more").to_le_bytes(),
    );
    out.extend_from_slice(&kind);
    out.extend_from_slice(body);
    let hash = hash(manifest, &out);
    out.extend_from_slice(hash.as_bytes());
    out
}

/// The body of the label at a place, when it is of this kind, of this bundle, and as
/// it was written. A body has at most so many bytes.
pub(crate) fn body(
    file: &File,
    at: u64,
    kind: [u8; 8],
    manifest: blake3::Hash,
    limit: u64,
) -> io::Result<Option<Vec<u8>>> {
    let label = read(file, at, kind, limit)?;
    Ok(label.and_then(|label| unseal(&label, manifest).map(<[u8]>::to_vec)))
}

/// The body of a label that is as it was written.
fn unseal(bytes: &[u8], manifest: blake3::Hash) -> Option<&[u8]> {
    let (sealed, found) = bytes.split_last_chunk::<HASH>()?;
    // In constant time, as blake3 compares; here it does not matter.
    (hash(manifest, sealed) == *found).then(|| sealed.get(FRONT..)).flatten()
}

/// Reads a label whole, whether or not it is as it was written.
fn read(file: &File, at: u64, kind: [u8; 8], limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut front = [0; FRONT];
    if !fill(file, &mut front, at)? || !front.starts_with(&SKIPPABLE) || front[8..] != kind {
        return Ok(None);
    }
    let len = 8 + u64::from(u32::from_le_bytes([front[4], front[5], front[6], front[7]]));
    if len < sealed_len(0) || len > sealed_len(limit) {
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(len).expect("limited")];
    Ok(fill(file, &mut bytes, at)?.then_some(bytes))
}

fn hash(manifest: blake3::Hash, bytes: &[u8]) -> blake3::Hash {
    blake3::Hasher::new().update(manifest.as_bytes()).update(bytes).finalize()
}

/// Fills the buffer; `false` when the file ends before.
fn fill(file: &File, buffer: &mut [u8], at: u64) -> io::Result<bool> {
    match file.read_exact_at(buffer, at) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const KIND: [u8; 8] = *b"sample/1";

    fn read_back(bytes: &[u8], limit: u64) -> Option<Vec<u8>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"header").unwrap();
        file.write_all(bytes).unwrap();
        read(&file, 6, KIND, limit).unwrap()
    }

    #[test]
    fn a_label_is_read_back_and_no_bit_of_it_can_change() {
        let manifest = blake3::hash(b"manifest");
        let label = seal(KIND, manifest, b"body");
        assert_eq!(label.len() as u64, sealed_len(4));
        assert_eq!(read_back(&label, 4).unwrap(), label);
        assert_eq!(unseal(&label, manifest), Some(&b"body"[..]));
        assert_eq!(unseal(&label, blake3::hash(b"another")), None);
        for bit in 0..label.len() * 8 {
            let mut bytes = label.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unseal(&bytes, manifest), None, "bit {bit}");
        }
    }

    #[test]
    fn a_label_of_another_kind_cut_off_or_too_long_is_not_read() {
        let label = seal(KIND, blake3::hash(b""), b"body");
        assert_eq!(read_back(&label[..label.len() - 1], 4), None);
        assert_eq!(read_back(&label, 3), None);
        assert_eq!(read_back(&seal(*b"sample/2", blake3::hash(b""), b"body"), 4), None);
        let mut short = label.clone();
        short[4..8].copy_from_slice(&39_u32.to_le_bytes());
        assert_eq!(read_back(&short, 4), None);
        assert_eq!(unseal(b"short", blake3::hash(b"")), None);
    }

    #[test]
    fn stock_zstd_passes_over_a_label() {
        let label = seal(KIND, blake3::hash(b""), &[7; 1000]);
        let frames = [&label[..], &crate::format::frame::store(b"content")].concat();
        assert_eq!(zstd::stream::decode_all(&frames[..]).unwrap(), b"content");
    }
}
