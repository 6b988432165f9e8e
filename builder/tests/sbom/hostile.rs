//! Layers that want to harm whoever reads them: there is a document all the
//! same, and it says what was not read.

use crate::shelf::{STATUS, Shelf, elf, gzip, layer, status, tar};
use builder::{
    cache::Cache,
    sbom::{ItemKind, SbomError},
};
use proptest::prelude::*;
use std::fs;

fn unread(layer: Vec<u8>) -> Vec<String> {
    Shelf::default().image("r.io/i:1", vec![layer]).seen().unread()
}

/// A header with a checksum that fits after bytes of it were changed.
fn changed(archive: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut archive = archive.to_vec();
    archive[at..at + bytes.len()].copy_from_slice(bytes);
    archive[148..156].fill(b' ');
    let sum: u32 = archive[..512].iter().map(|byte| u32::from(*byte)).sum();
    archive[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    archive
}

#[test]
fn a_cut_layer_is_named_and_its_beginning_listed() {
    let whole = layer(&[(STATUS, &status(&["a"])), ("big", &vec![7; 500_000])]);
    let cut = whole[..whole.len() - 20].to_vec();
    let digest = bundles::sha256(&cut);
    let seen = Shelf::default().image("r.io/i:1", vec![cut]).seen();
    assert_eq!(seen.names(ItemKind::Package), ["a"]);
    assert!(seen.unread()[0].starts_with(&format!("layer {digest}: not read to its end")));
    assert_eq!(seen.cyclonedx()["compositions"][0]["aggregate"], "incomplete");
    assert!(String::from_utf8(seen.documents[1].clone()).unwrap().contains("bottari:not-read="));
}

#[test]
fn a_size_that_nothing_can_have_ends_the_layer() {
    let archive = tar(&[(STATUS, &status(&["a"]))]);
    for size in [
        &b"77777777777\0"[..],
        &[0xff; 12],
        &[0x80, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        b"not octal!!\0",
    ] {
        let why = unread(gzip(&changed(&archive, 124, size)));
        assert!(why[0].contains("not read to its end"), "{size:?}: {why:?}");
    }
}

#[test]
fn a_name_of_gigabytes_is_not_read() {
    let mut archive = changed(&tar(&[("x", b"")]), 156, b"L");
    archive = changed(&archive, 124, b"17777777777\0");
    assert!(unread(gzip(&archive))[0].contains("too long"));
}

#[test]
fn a_path_that_leads_outside_is_nothing_but_a_note() {
    let archive = tar(&[("aa/var/lib/dpkg/status", &status(&["a"]))]);
    let seen = Shelf::default().image("r.io/i:1", vec![gzip(&changed(&archive, 0, b".."))]).seen();
    assert_eq!(seen.graph.count(ItemKind::Package), 0);
    assert!(seen.unread()[0].contains("is outside"));
}

#[test]
fn marks_with_nothing_behind_them_do_not_keep_us_busy() {
    let marks = b"\xff Go buildinf:\x08\x02".repeat(100_000);
    assert_eq!(unread(layer(&[("marks", &elf(&marks))])).len(), 1);
}

#[test]
fn a_blob_with_other_bytes_makes_no_document_and_no_note() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let mut shelf = Shelf::default().image("r.io/i:1", vec![layer(&[(STATUS, &status(&["a"]))])]);
    shelf.damage();
    let error = shelf.look(2, Some(&cache)).err().unwrap();
    assert!(matches!(error, SbomError::Differs { .. }), "{error}");
    assert!(!folder.path().join("scans").exists());
}

#[test]
fn what_was_found_is_not_looked_for_again_until_the_note_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let mut shelf = Shelf::default().image("r.io/i:1", vec![layer(&[(STATUS, &status(&["a"]))])]);
    let first = shelf.look(2, Some(&cache)).unwrap();
    let notes = fs::read_dir(folder.path().join("scans/v1")).unwrap();
    let note = notes.last().unwrap().unwrap().path();
    let whole = fs::read(&note).unwrap();
    fs::write(&note, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(shelf.look(2, Some(&cache)).unwrap().documents, first.documents);
    assert_eq!(fs::read(&note).unwrap(), whole);
    shelf.clear();
    assert_eq!(shelf.look(2, Some(&cache)).unwrap().documents, first.documents);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(at in 0usize..3000, bytes in proptest::collection::vec(any::<u8>(), 1..64)) {
        let program = crate::shelf::go_program("dep\ta\tb\tc\n", 0);
        let mut archive = tar(&[(STATUS, &status(&["a"])), ("p", &program[..])]);
        let end = (at + bytes.len()).min(archive.len());
        archive[at..end].copy_from_slice(&bytes[..end - at]);
        Shelf::default().image("r.io/i:1", vec![gzip(&archive), archive, bytes]).seen();
    }
}
