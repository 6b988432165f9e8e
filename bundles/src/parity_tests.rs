//! Parity gives back whatever is lost, up to as much of it as there is; what is
//! rebuilt is the same to the bit, or it gets no name.

use crate::{
    Acceptance, Bundle, BundleError, CHUNK_SIZE, Cut, Gaps, RepairError, RepairOptions,
    SplitOptions, split,
    testing::Written,
    volume_tests::{open, seven_chunks},
};
use manifests::{
    ExitCode, Failure,
    event::{Event, Reporter, Silent},
};
use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Mutex, atomic::AtomicBool},
};

static GO_ON: AtomicBool = AtomicBool::new(false);
static STOP: AtomicBool = AtomicBool::new(true);
const OPTIONS: RepairOptions<'static> = RepairOptions { jobs: 2, stop: &GO_ON, reporter: &Silent };

/// Bytes of a parity volume's label with no hash in it.
const LABEL: u64 = 80;

/// A bundle in volumes with parity, and what each file held.
struct Carried {
    written: Written,
    paths: Vec<PathBuf>,
    bytes: Vec<Vec<u8>>,
}

impl Carried {
    /// Seven chunks in volumes of so many, and parity beside them.
    fn new(chunks: u64, parity: u64) -> Self {
        let written = seven_chunks();
        let bundle = written.open().unwrap();
        let limit = Self::limit(&bundle, chunks);
        let cut = Cut::beside_parity(&bundle, limit).unwrap();
        let folder = written.folder.path().join("carried");
        fs::create_dir(&folder).unwrap();
        let options = SplitOptions { parity, jobs: 2, stop: &GO_ON, reporter: &Silent };
        let paths = split(&bundle, cut, &folder, options).unwrap();
        let bytes = paths.iter().map(|path| fs::read(path).unwrap()).collect();
        Self { written, paths, bytes }
    }

    /// Bytes of a volume with so many chunks, when parity goes beside it.
    fn limit(bundle: &Bundle, chunks: u64) -> u64 {
        let header = bundle.file_size() - bundle.manifest().payload_size;
        header + LABEL + chunks * (CHUNK_SIZE + 32)
    }

    fn folder(&self) -> PathBuf {
        self.paths[0].parent().unwrap().to_owned()
    }

    fn open(&self, gaps: Gaps) -> Result<Bundle, BundleError> {
        open(&self.written, &[self.folder()], gaps)
    }

    fn repair(&self) -> Result<Vec<PathBuf>, RepairError> {
        self.repair_into(None, OPTIONS)
    }

    fn repair_into(
        &self,
        folder: Option<&Path>,
        options: RepairOptions<'_>,
    ) -> Result<Vec<PathBuf>, RepairError> {
        self.open(Gaps::Tell)?.survey(2, &Silent).repair(folder, options)
    }

    fn flip(&self, index: usize, from_end: u64) {
        let file = File::options().read(true).write(true).open(&self.paths[index]).unwrap();
        let at = file.metadata().unwrap().len() - from_end;
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 4], at).unwrap();
    }

    /// The names in the folder, as they were made.
    fn assert_nothing_else(&self) {
        let mut names: Vec<_> =
            fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        assert!(names.iter().all(|path| self.paths.contains(path)), "{names:?}");
    }

    fn assert_as_it_was(&self, paths: &[PathBuf]) {
        for path in paths {
            let at = self.paths.iter().position(|one| one.file_name() == path.file_name());
            assert!(fs::read(path).unwrap() == self.bytes[at.unwrap()], "{}", path.display());
        }
    }
}

/// Keeps the warnings.
#[derive(Debug, Default)]
struct Warnings(Mutex<Vec<String>>);

impl Reporter for Warnings {
    fn report(&self, event: &Event) {
        if let Event::Warning { text } = event {
            self.0.lock().unwrap().push(text.clone());
        }
    }
}

#[test]
fn any_two_lost_volumes_are_rebuilt_from_two_parity_volumes() {
    let carried = Carried::new(2, 2);
    assert_eq!(carried.paths.len(), 6, "four volumes, the last of one chunk, and parity");
    for first in 0..4 {
        for second in first + 1..4 {
            let lost = [&carried.paths[first], &carried.paths[second]].map(Clone::clone);
            for path in &lost {
                fs::remove_file(path).unwrap();
            }
            let refused = carried.open(Gaps::Refuse).unwrap_err();
            assert!(refused.hint().unwrap().contains("`repair`"), "{refused}");
            assert_eq!(carried.repair().unwrap(), lost);
            carried.assert_as_it_was(&lost);
            carried.open(Gaps::Refuse).unwrap().verify(2, &Silent).unwrap();
        }
    }
    carried.assert_nothing_else();
}

#[test]
fn more_volumes_than_there_is_parity_for_are_rebuilt_when_they_are_damaged_in_other_rows() {
    let carried = Carried::new(3, 1);
    carried.flip(0, 1); // row 2
    carried.flip(1, CHUNK_SIZE + 1); // row 1
    carried.flip(2, 1); // row 0
    let error = carried.open(Gaps::Refuse).unwrap().verify(2, &Silent).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Untrusted);
    assert!(error.hint().unwrap().contains("`repair`"));
    assert_eq!(carried.repair().unwrap(), carried.paths[..3]);
    carried.assert_as_it_was(&carried.paths);
    assert_eq!(carried.repair().unwrap(), Vec::<PathBuf>::new(), "nothing is left to do");
}

#[test]
fn a_volume_with_a_damaged_header_label_or_length_is_replaced_where_it_lies() {
    type Harm = fn(&Carried);
    let cases: [Harm; 4] = [
        |c| c.flip(1, c.bytes[1].len() as u64 - 700),
        |c| c.flip(1, 2 * CHUNK_SIZE + 20),
        |c| File::options().write(true).open(&c.paths[1]).unwrap().set_len(9_000).unwrap(),
        |c| fs::write(&c.paths[1], [&c.bytes[1][..], b"more"].concat()).unwrap(),
    ];
    let carried = Carried::new(2, 1);
    for harm in cases {
        harm(&carried);
        assert_eq!(carried.repair().unwrap(), carried.paths[1..2]);
        carried.assert_as_it_was(&carried.paths);
    }
}

#[test]
fn too_much_lost_is_told_by_number_and_nothing_is_written() {
    let carried = Carried::new(2, 1);
    fs::remove_file(&carried.paths[0]).unwrap();
    carried.flip(1, CHUNK_SIZE + 1);
    carried.flip(2, 1);
    let error = carried.repair().unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Untrusted);
    insta::assert_snapshot!(format!("{error}\n{}", error.hint().unwrap()), @r"
    `sample 1.0.0 (serial 7)` cannot be rebuilt: volumes 1, 2, 3 lack the same parts, and there is parity for 1 of them
    re-send what `verify --resend-list FILE` asks for, or volumes 1, 2, 3, then run the same command again
    ");
    carried.assert_nothing_else();
    let hint = carried.open(Gaps::Tell).unwrap().verify(2, &Silent).unwrap_err().hint();
    assert!(hint.unwrap().starts_with("re-send volumes 1, 2, 3"));
}

#[test]
fn damaged_parity_is_a_warning_and_is_not_rebuilt_with() {
    let carried = Carried::new(2, 2);
    carried.flip(5, 1);
    let warnings = Warnings::default();
    carried.open(Gaps::Refuse).unwrap().verify(2, &warnings).unwrap();
    let told = warnings.0.into_inner().unwrap().join("\n");
    assert!(told.starts_with("parity volume 2 of 2 is damaged at 4.0 MiB"), "{told}");
    assert!(told.ends_with("the bundle is whole without it"), "{told}");
    fs::remove_file(&carried.paths[3]).unwrap();
    assert_eq!(carried.repair().unwrap(), carried.paths[3..4], "one parity volume is left");
    carried.assert_as_it_was(&carried.paths[..5]);
}

#[test]
fn parity_that_lies_about_itself_rebuilds_nothing() {
    let carried = Carried::new(2, 1);
    // A good label, before bytes that are not the parity of anything.
    let mut forged = carried.bytes[4].clone();
    let data = forged.len() - 2 * CHUNK_SIZE as usize;
    let row: Vec<u8> =
        forged[data..data + CHUNK_SIZE as usize].iter().map(|byte| byte ^ 1).collect();
    forged[data..data + CHUNK_SIZE as usize].copy_from_slice(&row);
    let hashes = data - 32 - 2 * 32;
    forged[hashes..hashes + 32].copy_from_slice(blake3::hash(&row).as_bytes());
    let header = data - (LABEL as usize + 2 * 32);
    let identity = carried.open(Gaps::Tell).unwrap().identity();
    let seal = blake3::Hasher::new()
        .update(identity.as_bytes())
        .update(&forged[header..data - 32])
        .finalize();
    forged[data - 32..data].copy_from_slice(seal.as_bytes());
    fs::write(&carried.paths[4], forged).unwrap();
    carried.open(Gaps::Refuse).unwrap().verify(2, &Silent).unwrap();
    fs::remove_file(&carried.paths[1]).unwrap();
    let error = carried.repair().unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Untrusted);
    assert_eq!(
        error.to_string(),
        "the parity volumes do not give back the signed bytes of volume 2 of 4"
    );
    assert!(!carried.paths[1].exists());
    carried.assert_nothing_else();
}

#[test]
fn parity_made_at_another_time_is_not_mixed_in() {
    let (carried, other) = (Carried::new(2, 1), Carried::new(2, 2));
    let foreign = carried.folder().join("x.bottari.tar.zst.parity02of02");
    fs::copy(&other.paths[5], &foreign).unwrap();
    fs::copy(&other.paths[4], carried.folder().join("x.bottari.tar.zst.parity01of02")).unwrap();
    let one_of_two = carried.folder().join("x.bottari.tar.zst.parity01of02");
    fs::remove_file(&one_of_two).unwrap();
    for path in &carried.paths[..2] {
        fs::remove_file(path).unwrap();
    }
    // One of one and two of two are two intact files, and not two of a kind.
    let error = carried.repair().unwrap_err();
    assert!(matches!(error, RepairError::Lost { spare: 1, .. }), "{error}");
}

#[test]
fn parity_alone_gives_back_a_bundle_in_one_volume() {
    let carried = Carried::new(7, 1);
    fs::remove_file(&carried.paths[0]).unwrap();
    assert_eq!(carried.repair().unwrap(), carried.paths[..1]);
    carried.assert_as_it_was(&carried.paths);
}

#[test]
fn what_is_rebuilt_can_go_elsewhere_and_is_then_used() {
    let carried = Carried::new(2, 1);
    carried.flip(2, 1);
    let damaged = fs::read(&carried.paths[2]).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let repaired = carried.repair_into(Some(elsewhere.path()), OPTIONS).unwrap();
    assert_eq!(repaired, [elsewhere.path().join(carried.paths[2].file_name().unwrap())]);
    carried.assert_as_it_was(&repaired);
    assert!(fs::read(&carried.paths[2]).unwrap() == damaged, "media are left as they are");
    let both = [carried.folder(), elsewhere.path().to_owned()];
    open(&carried.written, &both, Gaps::Refuse).unwrap().verify(2, &Silent).unwrap();
}

#[test]
fn a_good_volume_is_not_replaced_because_it_has_the_name_of_a_lost_one() {
    let carried = Carried::new(2, 1);
    fs::rename(&carried.paths[1], &carried.paths[0]).unwrap();
    let error = carried.repair().unwrap_err();
    assert!(
        matches!(&error, RepairError::Occupied { path } if *path == carried.paths[0]),
        "{error}"
    );
    assert!(fs::read(&carried.paths[0]).unwrap() == carried.bytes[1]);
    let elsewhere = tempfile::tempdir().unwrap();
    let repaired = carried.repair_into(Some(elsewhere.path()), OPTIONS).unwrap();
    carried.assert_as_it_was(&repaired);
    fs::rename(&carried.paths[0], &carried.paths[1]).unwrap();
    fs::write(&carried.paths[0], "a letter").unwrap();
    assert!(matches!(carried.repair().unwrap_err(), RepairError::Occupied { .. }));
    assert_eq!(fs::read(&carried.paths[0]).unwrap(), b"a letter");
}

#[test]
fn whoever_comes_second_takes_nothing_from_the_first() {
    let carried = Carried::new(2, 1);
    fs::remove_file(&carried.paths[0]).unwrap();
    let under_way = carried.folder().join("sample.bottari.tar.zst.001of004.partial");
    let first = File::create(&under_way).unwrap();
    first.try_lock().unwrap();
    let error = carried.repair().unwrap_err();
    assert!(manifests::with_causes(&error).contains("another process is writing it"), "{error}");
    assert!(under_way.exists());
}

#[test]
fn splitting_does_not_write_over_what_it_reads() {
    let carried = Carried::new(2, 1);
    let bundle = carried.open(Gaps::Refuse).unwrap();
    let cut = Cut::beside_parity(&bundle, Carried::limit(&bundle, 2)).unwrap();
    let options = SplitOptions { parity: 2, jobs: 2, stop: &GO_ON, reporter: &Silent };
    let error = split(&bundle, cut, &carried.folder(), options).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Input);
    assert!(error.to_string().contains("is a file that the bundle is read from"), "{error}");
    carried.assert_as_it_was(&carried.paths);
}

#[test]
fn a_stopped_repair_leaves_nothing_and_the_damaged_files_as_they_are() {
    let carried = Carried::new(2, 1);
    carried.flip(0, 1);
    let damaged = fs::read(&carried.paths[0]).unwrap();
    let error = carried.repair_into(None, RepairOptions { stop: &STOP, ..OPTIONS }).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Interrupted);
    assert!(fs::read(&carried.paths[0]).unwrap() == damaged);
    carried.assert_nothing_else();
}

#[test]
fn parity_is_the_same_on_every_machine() {
    let carried = Carried::new(2, 2);
    let bundle = carried.open(Gaps::Refuse).unwrap();
    let cut = Cut::beside_parity(&bundle, Carried::limit(&bundle, 2)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Sixty-four threads leave room for small slices.
    let options = SplitOptions { parity: 2, jobs: 64, stop: &GO_ON, reporter: &Silent };
    carried.assert_as_it_was(&split(&bundle, cut, folder.path(), options).unwrap());
}

#[test]
fn no_volume_is_larger_than_was_asked_for_and_stock_tools_open_them() {
    let carried = Carried::new(3, 2);
    let bundle = carried.open(Gaps::Refuse).unwrap();
    let limit = Carried::limit(&bundle, 3);
    assert_eq!(carried.bytes.iter().map(Vec::len).max().unwrap() as u64, limit);
    let names = carried.paths[3..].iter().map(|path| path.extension().unwrap());
    assert!(names.eq(["parity01of02", "parity02of02"]));
    let error = Cut::beside_parity(&bundle, Carried::limit(&bundle, 1) - 1).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Usage);
    let signed = Bundle::open(&carried.paths[4], Acceptance::AnySigner);
    signed.unwrap().verify(2, &Silent).unwrap();
}
