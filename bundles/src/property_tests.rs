//! What holds for any input: layouts are read back by others, and no bytes from
//! outside can make the parsers panic.

use crate::{
    BundleManifest,
    attack::header_entries,
    format::{entry, frame, header},
    testing::written_small,
};
use proptest::{collection::vec, prelude::*, sample::Index};
use std::{io::Read, sync::LazyLock};

/// The plain bytes of a real header.
static HEADER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let bundle = written_small().open().unwrap();
    header::render(bundle.manifest(), bundle.signatures()).unwrap()
});

/// Real bytes with a few of them replaced, then cut.
fn mutated(real: &[u8]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let real = real.to_vec();
    let changes = vec((any::<Index>(), any::<u8>()), 0..8);
    (changes, any::<Index>(), any::<bool>()).prop_map(move |(changes, cut, whole)| {
        let mut bytes = real.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if !whole {
            bytes.truncate(cut.index(real.len()));
        }
        bytes
    })
}

/// Whatever is found lies inside of what was given.
fn split_stays_inside(bytes: &[u8]) {
    if let Some(parts) = header::split(bytes) {
        let texts = parts.signatures.iter().map(|(_, text)| text.len()).sum::<usize>();
        assert!(parts.manifest.len() + texts <= bytes.len());
        assert!(parts.signatures.len() <= crate::MAX_SIGNATURES);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_stored_frame_is_what_zstd_reads_and_every_byte_has_its_place(
        len in 0..400_000usize, part in 1..4u64, at in any::<Index>(),
    ) {
        let data = crate::testing::noise(len as u64, len);
        let mut out = Vec::new();
        let step = part * frame::BLOCK;
        for start in (0..len.max(1) as u64).step_by(step as usize) {
            let end = (start + step).min(len as u64);
            frame::store_part(&mut out, &data[start as usize..end as usize], start, len as u64);
        }
        prop_assert_eq!(out.len() as u64, frame::stored_len(len as u64).unwrap());
        prop_assert!(zstd::bulk::decompress(&out, len).unwrap() == data);
        if len > 0 {
            let at = at.index(len);
            prop_assert_eq!(out[frame::stored_offset(at as u64) as usize], data[at]);
        }
    }

    #[test]
    fn a_tar_library_reads_any_name_and_size(name in "[a-z0-9][a-z0-9/._-]{0,180}[a-z0-9]", bits in 0..63u32, less in 0..2u64) {
        let size = (1u64 << bits) - less;
        let archive = [entry::prefix(&name, size), vec![0; 1024]].concat();
        let mut tar = tar::Archive::new(archive.as_slice());
        let entry = tar.entries().unwrap().next().unwrap().unwrap();
        prop_assert_eq!(entry.path_bytes(), name.as_bytes());
        prop_assert_eq!(entry.size(), size);
    }

    #[test]
    fn content_of_any_length_comes_back_from_its_entry(len in 0..5000usize) {
        let content = crate::testing::noise(0, len);
        let archive = [entry::whole("a", &content), vec![0; 1024]].concat();
        let mut tar = tar::Archive::new(archive.as_slice());
        let mut found = Vec::new();
        tar.entries().unwrap().next().unwrap().unwrap().read_to_end(&mut found).unwrap();
        prop_assert!(found == content);
    }

    #[test]
    fn no_bytes_make_the_header_parser_panic(bytes in vec(any::<u8>(), 0..3000)) {
        split_stays_inside(&bytes);
    }

    #[test]
    fn no_change_of_a_real_header_makes_its_parser_panic(bytes in mutated(&HEADER)) {
        split_stays_inside(&bytes);
    }

    #[test]
    fn an_entry_that_promises_more_than_there_is_is_not_taken(size in 0..8u64 << 30, len in 0..4096usize) {
        let mut bytes = entry::prefix("bottari.json", size);
        bytes.resize(512 + len, 0);
        if size > len as u64 {
            prop_assert_eq!(header::split(&bytes), None);
        }
    }

    #[test]
    fn no_bytes_make_the_manifest_parser_panic(bytes in vec(any::<u8>(), 0..3000)) {
        prop_assert!(BundleManifest::parse(&bytes).is_err());
    }

    #[test]
    fn a_changed_manifest_is_refused_or_says_exactly_what_was_read(bytes in mutated(&HEADER[header_entries(&HEADER)[0].content()])) {
        if let Ok(manifest) = BundleManifest::parse(&bytes) {
            prop_assert!(manifest.render() == bytes);
        }
    }
}
