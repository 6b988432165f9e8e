//! Stored zstd frames, laid out by hand so that every byte of a blob is at a
//! computable place: 14 bytes of frame header, then raw blocks of 128 KiB, each
//! behind 3 bytes of block header (RFC 8878, section 3.1.1).

use std::ops::Range;

/// Plain bytes in a raw block; also the window the frame header declares.
pub(crate) const BLOCK: u64 = 128 * 1024;

/// Bytes of a frame header: magic, descriptor, window, content size.
pub(crate) const FRAME_HEADER: u64 = 14;

const BLOCK_HEADER: u64 = 3;

/// Magic number; descriptor: 8-byte content size, no checksum, no dictionary;
/// window descriptor: exponent 7, 2^(10 + 7) bytes.
const START: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0xc0, 0x38];

/// How long the stored frame of `plain` bytes is, or `None` past 2^64.
pub(crate) fn stored_len(plain: u64) -> Option<u64> {
    let blocks = plain.div_ceil(BLOCK).max(1);
    blocks.checked_mul(BLOCK_HEADER)?.checked_add(plain)?.checked_add(FRAME_HEADER)
}

/// Where plain byte `at` of a stored frame lies, counted from the frame's start.
pub(crate) fn stored_offset(at: u64) -> u64 {
    FRAME_HEADER + at + BLOCK_HEADER * (at / BLOCK + 1)
}

/// The plain bytes from `at` that lie in one run, up to the end of its block.
pub(crate) fn run(at: u64, end: u64) -> Range<u64> {
    at..end.min((at / BLOCK + 1) * BLOCK)
}

/// The 14 bytes in front of a stored frame of `plain` bytes.
pub(crate) fn frame_header(plain: u64) -> [u8; 14] {
    let mut header = [0; 14];
    header[..6].copy_from_slice(&START);
    header[6..].copy_from_slice(&plain.to_le_bytes());
    header
}

/// How many plain bytes a stored frame's header promises; `None` when these are
/// not the first bytes of a stored frame of ours.
pub(crate) fn promised(header: &[u8; 14]) -> Option<u64> {
    let (start, size) = header.split_at(6);
    let size = u64::from_le_bytes(size.try_into().expect("8 of the 14 bytes"));
    (start == START).then_some(size)
}

/// The 3 bytes in front of the raw block that begins at plain byte `at` of a
/// frame of `plain` bytes.
pub(crate) fn block_header(at: u64, plain: u64) -> [u8; 3] {
    let size = (plain - at).min(BLOCK);
    let last = u64::from(at + size == plain);
    let bytes = (last | size << 3).to_le_bytes();
    [bytes[0], bytes[1], bytes[2]]
}

/// Lays out part of a stored frame: `data` is what begins at plain byte `at`,
/// which must be the start of a block. Appends to `out`.
pub(crate) fn store_part(out: &mut Vec<u8>, data: &[u8], at: u64, plain: u64) {
    debug_assert_eq!(at % BLOCK, 0, "parts begin where blocks begin");
    if at == 0 {
        out.extend_from_slice(&frame_header(plain));
    }
    if plain == 0 {
        out.extend_from_slice(&block_header(0, 0));
    }
    let mut at = at;
    for block in data.chunks(BLOCK as usize) {
        out.extend_from_slice(&block_header(at, plain));
        out.extend_from_slice(block);
        at += block.len() as u64;
    }
}

/// A whole stored frame.
pub(crate) fn store(data: &[u8]) -> Vec<u8> {
    let plain = data.len() as u64;
    let mut out = Vec::with_capacity(data.len() + data.len() / 40_000 + 32);
    store_part(&mut out, data, 0, plain);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(len: u64) -> Vec<u8> {
        (0..len).map(|i| (i % 251) as u8).collect()
    }

    #[test]
    fn zstd_reads_stored_frames_of_every_length_around_a_block() {
        for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 7] {
            let data = sample(len);
            let frame = store(&data);
            assert_eq!(frame.len() as u64, stored_len(len).unwrap());
            assert_eq!(zstd::bulk::decompress(&frame, data.len()).unwrap(), data, "{len} bytes");
        }
    }

    #[test]
    fn every_byte_is_where_the_formula_says() {
        let data = sample(2 * BLOCK + 9);
        let frame = store(&data);
        for at in [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 8] {
            assert_eq!(frame[stored_offset(at) as usize], data[at as usize], "byte {at}");
        }
    }

    #[test]
    fn parts_joined_are_the_whole() {
        let data = sample(5 * BLOCK + 3);
        let mut parts = Vec::new();
        for (n, part) in data.chunks(2 * BLOCK as usize).enumerate() {
            store_part(&mut parts, part, n as u64 * 2 * BLOCK, data.len() as u64);
        }
        assert_eq!(parts, store(&data));
    }

    #[test]
    fn the_promised_size_is_read_back_and_other_frames_are_refused() {
        assert_eq!(promised(&frame_header(77)), Some(77));
        let mut other = frame_header(77);
        other[4] = 0xc4;
        assert_eq!(promised(&other), None);
    }

    #[test]
    fn sizes_past_what_fits_are_not_computed_wrong() {
        assert_eq!(stored_len(u64::MAX), None);
    }
}
