//! What an accident or a stranger without a key can do to a file: flip any
//! byte, cut it, lengthen it, change it while it is open. It is found every
//! time, named by its place, and no wrong byte leaves the reader.

use crate::{
    Acceptance, Bundle, BundleError, CHUNK_SIZE, Damage, Encoding, TrustError,
    attack::header_entries,
    format::{entry, frame},
    testing::{Written, tiny_sample, written, written_of, written_small},
};
use manifests::{Digest, ExitCode, Failure, event::Silent};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read,
    os::unix::fs::FileExt,
};

/// Where plain byte `at` of the header lies in the file.
fn in_file(at: usize) -> u64 {
    frame::stored_offset(at as u64)
}

fn plain_header(written: &Written) -> Vec<u8> {
    let size = written.open().unwrap().manifest().header_size as usize;
    let file = written.bytes();
    (0..size).map(|at| file[in_file(at) as usize]).collect()
}

/// Flips bits of one byte, and flips them back when it is dropped.
struct Flipped<'a> {
    file: &'a File,
    at: u64,
    before: [u8; 1],
}

impl<'a> Flipped<'a> {
    fn new(file: &'a File, at: u64, bits: u8) -> Self {
        let mut before = [0];
        file.read_exact_at(&mut before, at).unwrap();
        file.write_all_at(&[before[0] ^ bits], at).unwrap();
        Self { file, at, before }
    }
}

impl Drop for Flipped<'_> {
    fn drop(&mut self) {
        self.file.write_all_at(&self.before, self.at).unwrap();
    }
}

/// What opening must say about a flipped plain byte of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    NotABundle,
    Broken,
    Altered,
    BrokenOrAltered,
}

/// The verdict for every plain byte of the header.
fn verdicts(header: &[u8]) -> Vec<Verdict> {
    let mut verdicts = vec![Verdict::Altered; header.len()];
    for entry in header_entries(header) {
        let (heading, content) = match entry.name.as_str() {
            "bottari.json" => (Verdict::NotABundle, Verdict::Broken),
            // Its first comment is not signed, the rest is.
            name if name.starts_with("bottari.sigs/") => {
                (Verdict::NotABundle, Verdict::BrokenOrAltered)
            }
            "SHA256SUMS" => (Verdict::NotABundle, Verdict::Altered),
            _ => (Verdict::Altered, Verdict::Altered),
        };
        verdicts[entry.at..entry.at + 512].fill(heading);
        verdicts[entry.content()].fill(content);
    }
    verdicts
}

fn assert_verdict(error: &BundleError, verdict: Verdict, at: u64) {
    assert_eq!(error.exit_code(), ExitCode::Untrusted);
    let found = match error {
        BundleError::NotABundle { .. } => Verdict::NotABundle,
        BundleError::NotTrusted { source: TrustError::Broken(_), .. } => Verdict::Broken,
        BundleError::Header { at: found, .. } => {
            assert_eq!(*found, at, "the place that is named");
            Verdict::Altered
        }
        other => panic!("byte {at}: {other:?}"),
    };
    let either = [Verdict::Broken, Verdict::Altered].contains(&found);
    let right = found == verdict || (verdict == Verdict::BrokenOrAltered && either);
    assert!(right, "byte {at}: expected {verdict:?}, found {error:?}");
}

#[test]
fn no_byte_of_the_header_can_be_flipped() {
    let written = written_of(&tiny_sample());
    let (file, trust) = (written.file(), written.key.trust());
    for (at, verdict) in verdicts(&plain_header(&written)).into_iter().enumerate() {
        let _flipped = Flipped::new(&file, in_file(at), 1 << (at % 8));
        let error = Bundle::open(&written.path, Acceptance::Trusted(&trust)).unwrap_err();
        assert_verdict(&error, verdict, at as u64);
    }
    written.open().unwrap();
    written.nothing_else_is_there();
}

#[test]
fn whoever_accepts_any_signer_still_finds_every_flip_outside_what_is_signed() {
    let written = written_of(&tiny_sample());
    let file = written.file();
    let header = plain_header(&written);
    let entries = header_entries(&header);
    // A manifest that is changed and still canonical is another manifest; its
    // sums then differ. A signature is 64 bytes of anything.
    for at in (0..header.len()).filter(|at| !entries[1].content().contains(at)).step_by(3) {
        let _flipped = Flipped::new(&file, in_file(at), 1 << (at % 8));
        let error = Bundle::open(&written.path, Acceptance::AnySigner).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Untrusted, "byte {at}");
    }
}

#[test]
fn the_frame_around_the_header_is_exactly_as_we_write_it() {
    let written = written_small();
    let header = plain_header(&written).len() as u64;
    let whole = frame::stored_len(header).unwrap();
    let number = |n: u64| n.to_le_bytes().to_vec();
    let cases: [(&str, u64, Vec<u8>); 10] = [
        ("another magic number: a skippable frame", 0, vec![0x50, 0x2a, 0x4d, 0x18]),
        ("with a checksum", 4, vec![0xc4]),
        ("without a window descriptor", 4, vec![0xe0]),
        ("another window", 5, vec![0x40]),
        ("a content size that is one less", 6, number(header - 1)),
        ("a content size that is one more", 6, number(header + 1)),
        ("a content size over the limit", 6, number(u64::MAX)),
        ("no content", 6, number(0)),
        ("a block of type RLE", 14, vec![frame::block_header(0, header)[0] | 2]),
        ("a block that is not the last", 14, vec![frame::block_header(0, header)[0] & !1]),
    ];
    for (case, at, bytes) in cases {
        let mut file = written.bytes();
        let range = at as usize..at as usize + bytes.len();
        assert_ne!(file[range.clone()], bytes, "{case} changes something");
        file[range].copy_from_slice(&bytes);
        let path = written.folder.path().join("changed");
        fs::write(&path, file).unwrap();
        let error = Bundle::open(&path, Acceptance::AnySigner).unwrap_err();
        assert!(matches!(error, BundleError::NotABundle { .. }), "{case}: {error:?}");
    }
    let file = written.file();
    for at in (0..14).chain(14..17).chain(whole - 1..whole) {
        let _flipped = Flipped::new(&file, at, 0x10);
        assert_eq!(written.open().unwrap_err().exit_code(), ExitCode::Untrusted, "byte {at}");
    }
}

#[test]
fn a_header_over_the_limit_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    let file = File::create(&path).unwrap();
    file.write_all_at(&frame::frame_header(crate::MAX_HEADER + 512), 0).unwrap();
    file.set_len(1 << 40).unwrap(); // sparse: reading it would take minutes
    let error = Bundle::open(&path, Acceptance::AnySigner).unwrap_err();
    assert!(matches!(error, BundleError::NotABundle { .. }), "{error:?}");
}

/// A place in the payload and what it is.
type Place = (u64, String);

/// One byte of everything that the manifest lets one compute: tar headers,
/// content, padding, frame headers, block headers, the archive's end.
fn payload_places(bundle: &Bundle) -> Vec<Place> {
    let start = bundle.file_size() - bundle.manifest().payload_size;
    let mut places = Vec::new();
    for blob in &bundle.manifest().blobs {
        let mut place = |at: u64, what: &str| {
            places.push((start + blob.offset + at, format!("{what} of {}", blob.digest)));
        };
        match blob.encoding {
            Encoding::Stored => stored_places(blob, &mut place),
            Encoding::Zstd => {
                let mut at = 0;
                for len in &blob.frames {
                    place(at, "frame header");
                    place(at + 9, "first block header");
                    place(at + len / 2, "middle of a frame");
                    place(at + len - 1, "end of a frame");
                    at += len;
                }
            }
        }
    }
    let end = bundle.file_size() - frame::stored_len(entry::END).unwrap();
    places.extend([0, 14, 17, 1040].map(|at| (end + at, format!("byte {at} of the end"))));
    let chunks = (0..bundle.manifest().payload_size).step_by(CHUNK_SIZE as usize);
    places.extend(chunks.map(|at| (start + at + 99, format!("the chunk at {at}"))));
    places
}

fn stored_places(blob: &crate::BlobRecord, place: &mut impl FnMut(u64, &str)) {
    let len = blob.entry_len().unwrap();
    let prefix = blob.prefix_len();
    place(0, "frame header");
    for block in (0..len).step_by(frame::BLOCK as usize) {
        place(frame::stored_offset(block) - 3, "block header");
    }
    for header in (0..prefix).step_by(512) {
        place(frame::stored_offset(header), "tar header");
        place(frame::stored_offset(header + 150), "tar checksum");
    }
    if blob.size > 0 {
        place(frame::stored_offset(prefix), "first byte");
        place(frame::stored_offset(prefix + blob.size - 1), "last byte");
    }
    if prefix + blob.size < len {
        place(frame::stored_offset(prefix + blob.size), "padding");
        place(frame::stored_offset(len - 1), "end of the padding");
    }
}

/// The damage that a flipped byte of the file must be reported as.
fn expected_damage(bundle: &Bundle, at: u64) -> Damage {
    let start = bundle.file_size() - bundle.manifest().payload_size;
    let first = (at - start) / CHUNK_SIZE * CHUNK_SIZE;
    let last = (first + CHUNK_SIZE).min(bundle.manifest().payload_size);
    let touched = bundle.manifest().blobs.iter().filter(|blob| {
        let len: u64 = blob.frames.iter().sum();
        blob.offset < last && blob.offset + len > first
    });
    let users: BTreeSet<String> = touched.flat_map(|blob| blob.users.clone()).collect();
    Damage { bytes: start + first..start + last, users: users.into_iter().collect() }
}

/// One damaged place, that of the byte `at` of the file.
fn assert_damaged(error: &BundleError, bundle: &Bundle, at: u64) {
    assert_eq!(error.exit_code(), ExitCode::Untrusted);
    let BundleError::Damaged { places, .. } = error else { panic!("byte {at}: {error:?}") };
    assert_eq!(places, &[expected_damage(bundle, at)]);
}

#[test]
fn verify_names_the_place_and_the_users_of_every_flipped_byte_of_the_payload() {
    for written in [written(), written_small()] {
        let bundle = written.open().unwrap();
        let file = written.file();
        let places = payload_places(&bundle);
        assert!(places.len() > 40);
        for (at, what) in places {
            let _flipped = Flipped::new(&file, at, 1 << (at % 8));
            let verified = bundle.verify(2, &Silent);
            assert_damaged(&verified.expect_err(&what), &bundle, at);
        }
        bundle.verify(2, &Silent).unwrap();
        written.nothing_else_is_there();
    }
}

#[test]
fn verify_reports_all_damage_and_not_only_the_first() {
    let written = written();
    let bundle = written.open().unwrap();
    let file = written.file();
    let (start, end) = (bundle.file_size() - bundle.manifest().payload_size, bundle.file_size());
    let _first = Flipped::new(&file, start, 1);
    let _last = Flipped::new(&file, end - 1, 1);
    let error = bundle.verify(2, &Silent).unwrap_err();
    let BundleError::Damaged { places, .. } = &error else { panic!("{error:?}") };
    assert_eq!(places, &[expected_damage(&bundle, start), expected_damage(&bundle, end - 1)]);
    let text = error.to_string();
    assert!(
        text.contains("part of `app/k-paas.example.org/app:1`") || text.contains("more)"),
        "{text}"
    );
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let written = written_small();
    let bundle = written.open().unwrap();
    let whole = written.bytes();
    let payload = whole.len() - bundle.manifest().payload_size as usize;
    let header = plain_header(&written);
    let mut cuts: BTreeSet<usize> = [0, 1, 13, 14, 16, 17, payload - 1, payload].into();
    for entry in header_entries(&header) {
        cuts.extend(
            [entry.at, entry.content().start, entry.content().end.min(header.len() - 1)]
                .map(|at| in_file(at) as usize),
        );
    }
    cuts.extend(payload_places(&bundle).into_iter().map(|(at, _)| at as usize));
    cuts.insert(whole.len() - 1);
    let path = written.folder.path().join("cut");
    for cut in cuts {
        fs::write(&path, &whole[..cut]).unwrap();
        let error = Bundle::open(&path, Acceptance::Trusted(&written.key.trust())).unwrap_err();
        match error {
            BundleError::NotABundle { .. } if cut < payload => {}
            BundleError::Length { expected, found, .. } if cut >= payload => {
                assert_eq!((expected, found), (whole.len() as u64, cut as u64));
            }
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let written = written_small();
    let whole = written.bytes();
    let path = written.folder.path().join("longer");
    for more in [vec![0], vec![0; 512], frame::store(b"a frame"), whole.clone()] {
        fs::write(&path, [&whole[..], &more].concat()).unwrap();
        let error = Bundle::open(&path, Acceptance::Trusted(&written.key.trust())).unwrap_err();
        assert!(matches!(error, BundleError::Length { .. }), "{error:?}");
        assert!(error.to_string().ends_with("it is followed by foreign bytes"), "{error}");
        assert_eq!(error.exit_code(), ExitCode::Untrusted);
    }
}

/// A stored and a compressed blob of the sample.
fn two_blobs(bundle: &Bundle) -> [Digest; 2] {
    let largest = |encoding| {
        let blobs = bundle.manifest().blobs.iter().filter(|blob| blob.encoding == encoding);
        blobs.max_by_key(|blob| blob.size).unwrap().digest.clone()
    };
    [largest(Encoding::Stored), largest(Encoding::Zstd)]
}

#[test]
fn a_file_that_changes_while_it_is_open_never_gives_wrong_bytes() {
    let written = written();
    let bundle = written.open().unwrap();
    let file = written.file();
    let start = bundle.file_size() - bundle.manifest().payload_size;
    for digest in two_blobs(&bundle) {
        let right = bundle.bytes(&digest, u64::MAX).unwrap();
        let blob = bundle.blob(&digest).unwrap();
        let middle = start + blob.offset + blob.frames.iter().sum::<u64>() / 2;
        let mut reader = bundle.read(&digest, 0..u64::MAX).unwrap();
        let mut found = reader.next_piece().unwrap().unwrap().to_vec();
        let flipped = Flipped::new(&file, middle, 1);
        let ended = loop {
            match reader.next_piece() {
                Ok(Some(piece)) => found.extend_from_slice(&piece),
                other => break other.map(|_| ()),
            }
        };
        assert!(right.starts_with(&found), "what was hashed before the change is right");
        // The chunk that was changed may have been in memory already.
        assert!(ended.is_err() || found == right);
        assert_damaged(&bundle.copy(&digest, &mut Vec::new()).unwrap_err(), &bundle, middle);
        let mut copied = Vec::new();
        let mut reader = bundle.read(&digest, 0..u64::MAX).unwrap();
        let error = reader.read_to_end(&mut copied).unwrap_err();
        assert!(error.to_string().contains("is damaged") && right.starts_with(&copied), "{error}");
        drop(flipped);
        assert!(bundle.bytes(&digest, u64::MAX).unwrap() == right, "healed, it is read again");
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_open_is_damaged() {
    let written = written();
    let bundle = written.open().unwrap();
    let [stored, compressed] = two_blobs(&bundle);
    written.file().set_len(bundle.file_size() - 1).unwrap();
    let error = bundle.verify(2, &Silent).unwrap_err();
    assert_damaged(&error, &bundle, bundle.file_size() - 1);
    written.file().set_len(bundle.file_size() - bundle.manifest().payload_size).unwrap();
    for digest in [stored, compressed] {
        let mut out = Vec::new();
        let error = bundle.copy(&digest, &mut out).unwrap_err();
        assert!(matches!(error, BundleError::Damaged { .. }), "{error:?}");
        assert!(out.is_empty(), "not one byte went out");
    }
}

#[test]
fn a_file_that_is_replaced_while_it_is_open_stays_the_one_that_was_opened() {
    let written = written_small();
    let bundle = written.open().unwrap();
    let other = written.folder.path().join("other");
    fs::write(&other, vec![0; bundle.file_size() as usize]).unwrap();
    fs::rename(&other, &written.path).unwrap();
    bundle.verify(2, &Silent).unwrap();
    assert!(written.open().is_err());
}
