//! Whatever happens to volumes on their way is found, and told by the number of
//! the volume. No wrong byte is ever handed out.

use crate::{
    Acceptance, Bundle, BundleError, CHUNK_SIZE, Gaps,
    testing::{Written, release, text, written_of, written_small},
    volume_tests::{open, split_into},
};
use manifests::{
    ExitCode, Failure,
    event::{Event, Reporter, Silent},
};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Mutex,
};

const LABEL: usize = 48;

/// A bundle of five chunks in five volumes.
pub(crate) struct Volumes {
    pub(crate) written: Written,
    paths: Vec<PathBuf>,
    /// Where label and chunk begin in each.
    label: usize,
    chunk: usize,
}

impl Volumes {
    pub(crate) fn new() -> Self {
        Self::of(written_of(&release(18_000_000, text(1_000_000), |_| ())))
    }

    fn of(written: Written) -> Self {
        let paths = split_into(&written, "volumes", 1);
        assert_eq!(paths.len(), 5);
        let label = written.payload_start();
        Self { written, paths, label, chunk: label + LABEL }
    }

    fn change(&self, number: usize, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(&self.paths[number - 1]).unwrap();
        change(&mut bytes);
        fs::write(&self.paths[number - 1], bytes).unwrap();
    }

    fn flip(&self, number: usize, at: usize) {
        self.change(number, |bytes| bytes[at] ^= 1);
    }

    pub(crate) fn remove(&self, number: usize) {
        fs::remove_file(&self.paths[number - 1]).unwrap();
    }

    pub(crate) fn there(&self) -> Vec<PathBuf> {
        self.paths.iter().filter(|path| path.exists()).cloned().collect()
    }

    /// What `verify` says about the volumes that are there.
    fn verdict(&self) -> BundleError {
        let opened = open(&self.written, &self.there(), Gaps::Tell);
        let error = opened.and_then(|bundle| bundle.verify(2, &Silent)).expect_err("damage");
        assert_eq!(error.exit_code(), ExitCode::Untrusted, "{error}");
        error
    }

    /// Fails unless `verify` says this, with no path in it, and asks for this.
    fn assert_told(&self, told: &str, advice: &str) {
        let error = self.verdict();
        let text = self.without_paths(&error.to_string());
        let text =
            text.strip_prefix("the volumes of `sample 1.0.0 (serial 7)` are not all intact: ");
        let text = text.expect("the release is named");
        assert!(text.starts_with(told), "expected `{told}`, found `{text}`");
        let hint = self.without_paths(&error.hint().unwrap());
        assert_eq!(hint, format!("{advice}, then run the same command again"));
    }

    fn without_paths(&self, text: &str) -> String {
        let folder = self.written.folder.path().join("volumes");
        text.replace(&format!("{}/", folder.display()), "").replace("sample.bottari.tar.zst.", "")
    }

    /// Fails unless nothing can be made of them, and the refusal says this.
    fn assert_refused(&self, told: &str) {
        let error = open(&self.written, &self.there(), Gaps::Refuse).expect_err("refused");
        assert_eq!(error.exit_code(), ExitCode::Untrusted);
        assert!(error.to_string().contains(told), "{error}");
    }

    /// Fails unless they open, and reading gives right bytes and then this error.
    fn assert_read_up_to(&self, told: &str) {
        let bundle = open(&self.written, &self.there(), Gaps::Refuse).unwrap();
        let mut read = Vec::new();
        let error = bundle.joined().read_to_end(&mut read).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert!(self.written.bytes().starts_with(&read) && !read.is_empty());
    }
}

/// Remembers warnings.
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
fn missing_volumes_are_named_each() {
    let volumes = Volumes::new();
    volumes.remove(3);
    volumes.assert_told("volume 3 of 5 is missing", "re-send volume 3");
    volumes.assert_refused("volume 3 of 5 is missing");
    volumes.remove(5);
    let told = "volume 3 of 5 is missing; volume 5 of 5 is missing";
    volumes.assert_told(told, "re-send volumes 3, 5");
    volumes.assert_refused(told);
}

#[test]
fn what_is_there_can_be_read_and_what_is_not_is_named() {
    let volumes = Volumes::new();
    volumes.remove(5);
    let bundle = open(&volumes.written, &volumes.there(), Gaps::Tell).unwrap();
    assert_eq!(bundle.faults().len(), 1);
    let mut buffer = Vec::new();
    (0..4).for_each(|chunk| bundle.chunk(chunk, &mut buffer).unwrap());
    let error = bundle.chunk(4, &mut buffer).unwrap_err();
    assert!(error.to_string().ends_with(": volume 5 of 5 is missing"), "{error}");
}

#[test]
fn a_flipped_byte_is_told_by_volume_and_place() {
    let volumes = Volumes::new();
    volumes.flip(3, volumes.chunk + 1_300_000);
    let (from, to) = (volumes.chunk, volumes.chunk as u64 + CHUNK_SIZE);
    let told = format!("volume 3 of 5 is damaged at 24.0 KiB: bytes {from} to {to} (part of");
    volumes.assert_told(&told, "re-send volume 3");
    volumes.assert_read_up_to("volume 3 of 5 is damaged");
    volumes.flip(1, volumes.chunk);
    volumes.assert_told("volume 1 of 5 is damaged at 24.0 KiB", "re-send volumes 1, 3");
}

#[test]
fn every_byte_of_a_label_and_many_of_a_header_count() {
    let volumes = Volumes::new();
    let header = (0..volumes.label).step_by(997);
    for at in header.chain(volumes.label..volumes.chunk) {
        volumes.flip(3, at);
        let told = volumes.verdict().to_string();
        assert!(told.contains("volume 3 of 5 is damaged at"), "byte {at}: {told}");
        assert!(told.contains("volumes/sample.bottari.tar.zst.003of005"), "byte {at}: {told}");
        assert_eq!(told.matches("volume ").count(), 1, "byte {at}: {told}");
        volumes.assert_refused("volume 3 of 5 is damaged");
        volumes.flip(3, at);
    }
    let bundle = open(&volumes.written, &volumes.there(), Gaps::Refuse).unwrap();
    bundle.verify(2, &Silent).unwrap();
}

#[test]
fn a_volume_cut_off_anywhere_is_told() {
    let volumes = Volumes::new();
    let whole = fs::read(&volumes.paths[2]).unwrap();
    for len in [whole.len() - 1, volumes.chunk + 1, volumes.chunk] {
        volumes.change(3, |bytes| bytes.truncate(len));
        volumes.assert_told("volume 3 of 5 is cut off at", "re-send volume 3");
        volumes.assert_refused("volume 3 of 5 is cut off at");
        fs::write(&volumes.paths[2], &whole).unwrap();
    }
    // Too short to say what it is, so it is told by its name and as missing.
    for len in [volumes.chunk - 1, volumes.label, volumes.label - 1, 20, 0] {
        volumes.change(3, |bytes| bytes.truncate(len));
        volumes.assert_told(
            "`003of005` is none of the volumes: ",
            "re-send volume 3 and take `003of005` away",
        );
        volumes.assert_refused("volume 3 of 5 is missing");
        fs::write(&volumes.paths[2], &whole).unwrap();
    }
}

#[test]
fn bytes_behind_a_volume_are_told() {
    let volumes = Volumes::new();
    volumes.change(5, |bytes| bytes.push(0));
    let error = open(&volumes.written, &volumes.there(), Gaps::Refuse).unwrap_err();
    assert!(error.to_string().contains("volume 5 of 5 is followed by foreign bytes"), "{error}");
    volumes.assert_told("volume 5 of 5 is followed by foreign bytes", "re-send volume 5");
}

#[test]
fn zeros_in_the_place_of_a_page_or_of_a_volume_are_damage() {
    let volumes = Volumes::new();
    let page = volumes.chunk + 8192..volumes.chunk + 12_288;
    volumes.change(2, |bytes| bytes[page].fill(0));
    volumes.assert_told("volume 2 of 5 is damaged at 24.0 KiB", "re-send volume 2");
    volumes.change(2, |bytes| bytes.fill(0));
    volumes.assert_told(
        "`002of005` is none of the volumes: ",
        "re-send volume 2 and take `002of005` away",
    );
}

#[test]
fn swapped_contents_are_told_by_whose_bytes_are_there() {
    let volumes = Volumes::new();
    let chunk = volumes.chunk;
    let [second, fourth] = [2, 4].map(|n: usize| fs::read(&volumes.paths[n - 1]).unwrap());
    volumes.change(2, |bytes| bytes.splice(chunk.., fourth[chunk..].to_vec()).for_each(drop));
    volumes.change(4, |bytes| bytes.splice(chunk.., second[chunk..].to_vec()).for_each(drop));
    volumes.assert_told(
        "volume 2 of 5 is damaged at 24.0 KiB (`002of005` holds the bytes of volume 4 of 5); \
         volume 4 of 5 is damaged at 24.0 KiB (`004of005` holds the bytes of volume 2 of 5)",
        "re-send volumes 2, 4",
    );
    volumes.assert_read_up_to("volume 2 of 5 is damaged");
}

#[test]
fn swapped_names_are_no_damage() {
    let volumes = Volumes::new();
    let aside = volumes.paths[0].with_file_name("aside");
    fs::rename(&volumes.paths[1], &aside).unwrap();
    fs::rename(&volumes.paths[3], &volumes.paths[1]).unwrap();
    fs::rename(&aside, &volumes.paths[3]).unwrap();
    open(&volumes.written, &volumes.there(), Gaps::Refuse).unwrap().verify(2, &Silent).unwrap();
}

#[test]
fn a_label_that_lies_is_found_by_what_follows_it() {
    let volumes = Volumes::new();
    let (label, chunk) = (volumes.label, volumes.chunk);
    let fifth = fs::read(&volumes.paths[4]).unwrap()[label..chunk].to_vec();
    let second = fs::read(&volumes.paths[1]).unwrap()[label..chunk].to_vec();
    volumes.change(3, |bytes| bytes[label..chunk].copy_from_slice(&second));
    volumes.assert_told(
        "volume 2 of 5 is damaged at 24.0 KiB (`003of005` holds the bytes of volume 3 of 5); \
         volume 3 of 5 is missing",
        "re-send volumes 2, 3",
    );
    volumes.change(3, |bytes| bytes[label..chunk].copy_from_slice(&fifth));
    volumes.assert_refused("volume 3 of 5 is missing");
}

/// Damages a volume whose label begins at this byte.
type Change = fn(&mut Vec<u8>, usize);

#[test]
fn of_two_copies_the_good_one_counts_and_the_bad_one_is_named() {
    let volumes = Volumes::new();
    let copy = volumes.written.folder.path().join("copy");
    fs::copy(&volumes.paths[2], &copy).unwrap();
    let changes: [(&str, Change); 4] = [
        ("is damaged at", |bytes, label| bytes[label + 50_000] ^= 1),
        ("is cut off at", |bytes, label| bytes.truncate(label + 50_000)),
        ("is damaged at", |bytes, label| bytes[label] ^= 1),
        ("is damaged at 0 B", |bytes, _| bytes[3000] ^= 1),
    ];
    for (told, change) in changes {
        let whole = fs::read(&copy).unwrap();
        volumes.change(3, |bytes| change(bytes, volumes.label));
        let paths = [&volumes.paths[..], std::slice::from_ref(&copy)].concat();
        for paths in [paths.clone(), paths.into_iter().rev().collect()] {
            let bundle = open(&volumes.written, &paths, Gaps::Refuse).unwrap();
            let warnings = Warnings::default();
            bundle.verify(2, &warnings).unwrap();
            let warnings = warnings.0.into_inner().unwrap();
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].contains(&format!("volume 3 of 5 {told}")), "{warnings:?}");
            assert!(warnings[0].contains(volumes.paths[2].to_str().unwrap()), "{warnings:?}");
            assert!(warnings[0].ends_with("; copies of it hold every byte"), "{warnings:?}");
            let mut joined = Vec::new();
            bundle.joined().read_to_end(&mut joined).unwrap();
            assert!(joined == volumes.written.bytes());
        }
        fs::write(&volumes.paths[2], whole).unwrap();
    }
}

#[test]
fn two_bad_copies_make_a_good_one_when_they_are_bad_in_other_places() {
    let volumes = Volumes::of(written_of(&release(18_000_000, text(1_000_000), |_| ())));
    let paths = split_into(&volumes.written, "first", 3);
    let again = split_into(&volumes.written, "second", 3);
    for (path, chunk) in [(&paths[0], 0), (&again[0], 2)] {
        let mut bytes = fs::read(path).unwrap();
        bytes[volumes.chunk + chunk * CHUNK_SIZE as usize] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    let both = [paths, again].concat();
    let bundle = open(&volumes.written, &both, Gaps::Refuse).unwrap();
    let warnings = Warnings::default();
    bundle.verify(2, &warnings).unwrap();
    assert_eq!(warnings.0.into_inner().unwrap().len(), 2);
}

#[test]
fn volumes_signed_by_nobody_we_know_are_refused_before_anything_else() {
    let volumes = Volumes::new();
    let trust = crate::testing::Key::new().trust();
    let error = Bundle::open_one(&volumes.there(), Acceptance::Trusted(&trust), Gaps::Tell);
    assert!(matches!(error, Err(BundleError::NotTrusted { .. })));
}

#[test]
fn a_volume_that_changes_or_shrinks_while_it_is_open_gives_no_wrong_byte() {
    let volumes = Volumes::new();
    let bundle = open(&volumes.written, &volumes.there(), Gaps::Refuse).unwrap();
    volumes.flip(2, volumes.chunk + 5);
    let mut read = Vec::new();
    assert!(bundle.joined().read_to_end(&mut read).is_err());
    assert!(volumes.written.bytes().starts_with(&read));
    volumes.flip(2, volumes.chunk + 5);
    let file = fs::File::options().write(true).open(&volumes.paths[3]).unwrap();
    file.set_len(volumes.chunk as u64 + 7).unwrap();
    let error = bundle.verify(2, &Silent).unwrap_err();
    assert!(error.to_string().contains("volume 4 of 5 is damaged"), "{error}");
}

#[test]
fn a_damaged_sibling_is_named_by_its_label() {
    let volumes = Volumes::new();
    volumes.flip(3, 3000);
    let error = Bundle::open(Path::new(&volumes.paths[0]), Acceptance::AnySigner).unwrap_err();
    assert!(error.to_string().contains("volume 3 of 5 is damaged at 0 B"), "{error}");
}

#[test]
fn a_renamed_bundle_with_damaged_first_bytes_is_found_in_its_folder() {
    let written = written_small();
    let folder = tempfile::tempdir().unwrap();
    for at in [1, 17, 20] {
        let mut bytes = written.bytes();
        bytes[at] ^= 1;
        fs::write(folder.path().join("renamed"), bytes).unwrap();
        let error = open(&written, &[folder.path().to_owned()], Gaps::Tell).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Untrusted, "byte {at}: {error}");
    }
}
