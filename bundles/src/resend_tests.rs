//! From a damaged copy to a list, from the list to pieces, and from pieces and the
//! damaged copy back to the bundle: nothing is sent twice.

use crate::{
    Bundle, BundleError, CHUNK_SIZE, Gaps, RepairOptions, ResendError, ResendList, ResendOptions,
    resend,
    testing::{Written, written_small},
    volume_tests::{open, seven_chunks, split_into},
};
use manifests::{ExitCode, Failure, event::Silent};
use std::{
    fs::{self, File},
    io::Read,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

static GO_ON: AtomicBool = AtomicBool::new(false);
const OPTIONS: ResendOptions<'static> =
    ResendOptions { limit: None, stop: &GO_ON, reporter: &Silent };
const REPAIR: RepairOptions<'static> = RepairOptions { jobs: 2, stop: &GO_ON, reporter: &Silent };

/// A copy of the bundle in a folder of its own.
fn copy(written: &Written) -> PathBuf {
    let folder = written.folder.path().join("copy");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("carried.bottari.tar.zst");
    fs::write(&path, written.bytes()).unwrap();
    path
}

/// Damages bytes of chunks of a whole bundle.
fn damage(written: &Written, path: &Path, chunks: &[u64]) {
    let bundle = written.open().unwrap();
    let start = bundle.file_size() - bundle.manifest().payload_size;
    let file = File::options().write(true).open(path).unwrap();
    for chunk in chunks {
        file.write_all_at(b"damaged!", start + chunk * CHUNK_SIZE + 99).unwrap();
    }
}

fn list(written: &Written, paths: &[PathBuf]) -> ResendList {
    let bundle = open(written, paths, Gaps::Tell).unwrap();
    let survey = bundle.survey(2, &Silent);
    assert_eq!(survey.judge(&Silent).unwrap_err().exit_code(), ExitCode::Untrusted);
    // Through the text, as it is carried.
    survey.resend_list().unwrap().to_string().parse().unwrap()
}

/// Chunks as a list has them.
fn list_of(chunks: &[u64]) -> Vec<Range<u64>> {
    let chunks = chunks.iter().copied().collect();
    ResendList::new(String::new(), String::new(), &chunks, Vec::new()).chunks
}

fn send(written: &Written, list: &ResendList, folder: &Path) -> Vec<PathBuf> {
    resend(&written.open().unwrap(), list, folder, OPTIONS).unwrap()
}

fn repair(written: &Written, paths: &[PathBuf]) -> Vec<PathBuf> {
    let bundle = open(written, paths, Gaps::Tell).unwrap();
    bundle.survey(2, &Silent).repair(None, REPAIR).unwrap()
}

fn assert_reads_as(bundle: &Bundle, written: &Written) {
    bundle.verify(2, &Silent).unwrap();
    let mut joined = Vec::new();
    bundle.joined().read_to_end(&mut joined).unwrap();
    assert!(joined == written.bytes());
}

#[test]
fn pieces_mend_a_damaged_file_where_it_lies_and_make_it_whole() {
    let written = seven_chunks();
    let path = copy(&written);
    damage(&written, &path, &[1, 2, 5]);
    let list = list(&written, std::slice::from_ref(&path));
    assert_eq!((list.count(), list.chunks.clone()), (3, vec![1..3, 5..6]));
    let sent = send(&written, &list, path.parent().unwrap());
    let name = format!("sample.bottari.tar.zst.pieces-{}", list.sum());
    assert_eq!(sent, [path.with_file_name(name)]);
    let both = [path.clone(), sent[0].clone()];
    let mended = open(&written, &both, Gaps::Refuse).unwrap();
    assert_reads_as(&mended, &written);
    assert!(!mended.is_one_file() && mended.require_whole().is_err(), "it needs both");
    let folder = [path.parent().unwrap().to_owned()];
    assert_reads_as(&open(&written, &folder, Gaps::Refuse).unwrap(), &written);
    assert_eq!(repair(&written, &both), std::slice::from_ref(&path));
    assert!(fs::read(&path).unwrap() == written.bytes());
}

#[test]
fn a_copy_that_was_cut_off_needs_only_the_rest() {
    let written = seven_chunks();
    let path = copy(&written);
    File::options().write(true).open(&path).unwrap().set_len(3 * CHUNK_SIZE).unwrap();
    let one = std::slice::from_ref(&path);
    let refused = open(&written, one, Gaps::Refuse).unwrap_err();
    assert!(matches!(refused, BundleError::Length { .. }), "{refused}");
    let list = list(&written, one);
    assert_eq!(list.chunks, list_of(&[2, 3, 4, 5, 6]), "two chunks and the header were there");
    let sent = send(&written, &list, path.parent().unwrap());
    let both = [sent[0].clone(), path.clone()];
    assert_reads_as(&open(&written, &both, Gaps::Refuse).unwrap(), &written);
    assert_eq!(repair(&written, &both), std::slice::from_ref(&path));
    assert!(fs::read(&path).unwrap() == written.bytes());
}

#[test]
fn pieces_stand_for_missing_and_damaged_volumes() {
    let written = seven_chunks();
    let volumes = split_into(&written, "volumes", 2);
    let good: Vec<_> = volumes.iter().map(|path| fs::read(path).unwrap()).collect();
    fs::remove_file(&volumes[2]).unwrap();
    fs::write(&volumes[0], &good[0][..good[0].len() - 1]).unwrap();
    let folder = [volumes[0].parent().unwrap().to_owned()];
    let list = list(&written, &folder);
    assert_eq!(list.chunks, vec![1..2, 4..6]);
    send(&written, &list, &folder[0]);
    assert_reads_as(&open(&written, &folder, Gaps::Refuse).unwrap(), &written);
    assert_eq!(repair(&written, &folder), [volumes[0].clone(), volumes[2].clone()]);
    for (path, bytes) in volumes.iter().zip(good) {
        assert!(fs::read(path).unwrap() == bytes);
    }
}

#[test]
fn pieces_fit_on_the_medium_and_each_may_be_damaged_again() {
    let written = seven_chunks();
    let path = copy(&written);
    damage(&written, &path, &[0, 2, 4, 6]);
    let first = list(&written, std::slice::from_ref(&path));
    let bundle = written.open().unwrap();
    let header = bundle.file_size() - bundle.manifest().payload_size;
    let most = header + 48 + 2 * (CHUNK_SIZE + 16);
    let limit = Some(most);
    let folder = path.parent().unwrap();
    let sent = resend(&bundle, &first, folder, ResendOptions { limit, ..OPTIONS }).unwrap();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|path| fs::metadata(path).unwrap().len() <= most));
    // The first file of pieces lost its end on the way.
    let short = fs::metadata(&sent[0]).unwrap().len() - 1;
    File::options().write(true).open(&sent[0]).unwrap().set_len(short).unwrap();
    let all = [path.clone(), sent[0].clone(), sent[1].clone()];
    let second = list(&written, &all);
    assert_eq!(second.chunks, list_of(&[2]));
    let again = send(&written, &second, folder);
    let all = [&all[..], &again].concat();
    assert_reads_as(&open(&written, &all, Gaps::Refuse).unwrap(), &written);
    let error = resend(&bundle, &first, folder, ResendOptions { limit: Some(9), ..OPTIONS });
    assert_eq!(error.unwrap_err().exit_code(), ExitCode::Usage);
}

#[test]
fn a_copy_that_was_cut_off_helps_beside_volumes_too() {
    let written = seven_chunks();
    let path = copy(&written);
    File::options().write(true).open(&path).unwrap().set_len(3 * CHUNK_SIZE).unwrap();
    let volumes = split_into(&written, "volumes", 3);
    let beside = [&volumes[..], std::slice::from_ref(&path)].concat();
    for gaps in [Gaps::Refuse, Gaps::Tell] {
        open(&written, &beside, gaps).unwrap().verify(2, &Silent).unwrap();
    }
    fs::remove_file(&volumes[0]).unwrap();
    let all = [path, volumes[1].clone(), volumes[2].clone()];
    assert!(open(&written, &all, Gaps::Refuse).is_err(), "it is not whole");
    // Chunks 0 and 1 are in the copy, the last chunk of the first volume is nowhere.
    assert_eq!(list(&written, &all).chunks, list_of(&[2]));
}

#[test]
fn pieces_alone_are_no_bundle() {
    let written = seven_chunks();
    let path = copy(&written);
    damage(&written, &path, &[3]);
    let list = list(&written, std::slice::from_ref(&path));
    let folder = tempfile::tempdir().unwrap();
    let sent = send(&written, &list, folder.path());
    let error = open(&written, &sent, Gaps::Tell).unwrap_err();
    assert!(matches!(error, BundleError::OnlyPieces { .. }), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Input);
}

#[test]
fn a_list_of_another_bundle_or_of_too_much_is_refused() {
    let (written, other) = (seven_chunks(), written_small());
    let path = copy(&written);
    damage(&written, &path, &[3]);
    let list = list(&written, std::slice::from_ref(&path));
    let folder = tempfile::tempdir().unwrap();
    let error = resend(&other.open().unwrap(), &list, folder.path(), OPTIONS).unwrap_err();
    assert!(matches!(error, ResendError::OtherBundle { .. }), "{error}");
    let chunks = list_of(&[6, 7]);
    let error =
        resend(&written.open().unwrap(), &ResendList { chunks, ..list }, folder.path(), OPTIONS);
    assert_eq!(error.unwrap_err().to_string(), "the list asks for chunk 7, the bundle has 7");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_needs_no_pieces_is_not_written_again() {
    let written = seven_chunks();
    let path = copy(&written);
    damage(&written, &path, &[3]);
    let list = list(&written, std::slice::from_ref(&path));
    let sent = send(&written, &list, path.parent().unwrap());
    fs::write(&path, written.bytes()).unwrap();
    let end = fs::metadata(&sent[0]).unwrap().len() - 9;
    File::options().write(true).open(&sent[0]).unwrap().write_all_at(b"scratch", end).unwrap();
    assert_eq!(repair(&written, &[path, sent[0].clone()]), Vec::<PathBuf>::new());
}
