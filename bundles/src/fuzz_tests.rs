//! Bytes that nobody should send, at each parser: whatever they are, it ends with an
//! answer, soon, in little memory, and what it accepts keeps its promises.

use crate::{
    Acceptance, Bundle, BundleError, BundleManifest, CHUNK_SIZE, Gaps, PublicKey, ResendList,
    ResendListError,
    attack::header_with,
    format::{entry, frame, header, manifest::ManifestError},
    testing::{Written, small_sample, tiny_sample, written_of},
    volume_tests::split_into,
    volumes::{Label, ParityLabel, PiecesLabel, SKIPPABLE},
};
use journeys::fuzz::{Corpus, fuzz, gist};
use manifests::event::Silent;
use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::LazyLock,
};

fn corpus(name: &str, seeds: Vec<Vec<u8>>, words: &[&str]) -> Corpus {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    Corpus { folder, seeds, words: words.iter().map(|word| word.as_bytes().to_vec()).collect() }
}

/// A file that holds one input after the other. It is written in place: a new one each
/// time would have to reach the disk.
struct Ground {
    path: PathBuf,
    file: File,
    _folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input");
        let file = File::create(&path).unwrap();
        Self { path, file, _folder: folder }
    }

    fn put(&self, parts: &[&[u8]]) -> &Path {
        let bytes = parts.concat();
        self.file.write_all_at(&bytes, 0).unwrap();
        self.file.set_len(bytes.len() as u64).unwrap();
        &self.path
    }
}

/// What came of opening, verifying and reading everything.
fn outcome(path: &Path) -> String {
    let opened = Bundle::open_one(&[path.to_owned()], Acceptance::AnySigner, Gaps::Tell);
    let read = opened.and_then(|bundle| {
        bundle.verify(1, &Silent)?;
        bundle.manifest().blobs.iter().try_for_each(|blob| read(&bundle, blob))
    });
    match read {
        Ok(()) => "intact".into(),
        Err(error) => told(&error, path),
    }
}

/// A blob has as many bytes as its record says, or there is an error.
fn read(bundle: &Bundle, blob: &crate::BlobRecord) -> Result<(), BundleError> {
    let mut reader = bundle.read(&blob.digest, 0..u64::MAX)?;
    let mut found = 0;
    while let Some(piece) = reader.next_piece()? {
        found += piece.len() as u64;
    }
    assert_eq!(found, blob.size);
    Ok(())
}

fn told(error: &BundleError, path: &Path) -> String {
    gist(&manifests::with_causes(error).replace(path.to_str().unwrap(), "INPUT"))
}

/// A small bundle, taken apart.
struct Parts {
    written: Written,
    manifest: BundleManifest,
    json: Vec<u8>,
    payload: Vec<u8>,
}

impl Parts {
    fn of(written: Written) -> Self {
        let manifest = written.open().unwrap().manifest().clone();
        let payload = written.bytes().split_off(written.payload_start());
        let json = manifest.render();
        Self { written, manifest, json, payload }
    }
}

const JSON: [&str; 12] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
    "sha256:",
    "null",
    "\\u0000",
    "18446744073709551615",
    "../",
];

#[test]
fn any_file_is_a_bundle_or_an_error() {
    let ground = Ground::new();
    let tiny = LazyLock::new(|| written_of(&tiny_sample()).bytes());
    fuzz(
        || corpus("file", vec![tiny.clone()], &["bottari.json", "bottari.sigs/", "ustar\x0000"]),
        |bytes| outcome(ground.put(&[bytes])),
    );
}

#[test]
fn any_header_is_found_or_refused() {
    let (ground, parts) = (Ground::new(), LazyLock::new(|| Parts::of(written_of(&tiny_sample()))));
    let seed = || {
        let bundle = parts.written.open().unwrap();
        header::render(bundle.manifest(), bundle.signatures()).unwrap()
    };
    fuzz(
        || {
            corpus(
                "header",
                vec![seed()],
                &["bottari.json", "bottari.sigs/", "SHA256SUMS", "ustar"],
            )
        },
        |bytes| {
            if let Some(found) = header::split(bytes) {
                let texts: usize = found.signatures.iter().map(|(_, text)| text.len()).sum();
                assert!(found.manifest.len() + texts <= bytes.len());
            }
            let path = ground.put(&[&frame::store(bytes), &parts.payload]);
            let trusted = Bundle::open(path, Acceptance::Trusted(&parts.written.key.trust()));
            format!(
                "{} {:?}",
                outcome(path),
                trusted.map_or_else(|e| told(&e, path), |_| "trusted".into())
            )
        },
    );
}

#[test]
fn any_manifest_is_refused_or_says_exactly_what_was_read() {
    let (ground, parts) = (Ground::new(), LazyLock::new(|| Parts::of(written_of(&small_sample()))));
    fuzz(
        || corpus("manifest", vec![parts.json.clone()], &JSON),
        |json| {
            let manifest = match BundleManifest::parse(json) {
                Ok(manifest) => manifest,
                Err(ManifestError::Wrong(why)) => return gist(&why),
                Err(ManifestError::Other(..)) => return "a later format".into(),
            };
            assert!(manifest.render() == json);
            if json.len() + 4096 > usize::try_from(parts.manifest.header_size).unwrap() {
                return "too long".into();
            }
            let header = header_with(&parts.manifest, json, &[]);
            outcome(ground.put(&[&frame::store(&header), &parts.payload]))
        },
    );
}

/// The chunks are hashed after the change: what is behind them has to hold by itself.
#[test]
fn any_payload_that_was_signed_gives_each_blob_or_an_error() {
    let (ground, parts) = (Ground::new(), LazyLock::new(|| Parts::of(written_of(&small_sample()))));
    fuzz(
        || corpus("payload", vec![parts.payload.clone()], &["(/"]),
        |payload| {
            let mut manifest = parts.manifest.clone();
            let hash = |chunk: &[u8]| blake3::hash(chunk).to_hex().to_string();
            manifest.chunks = payload.chunks(CHUNK_SIZE as usize).map(hash).collect();
            manifest.payload_size = payload.len() as u64;
            // The last blob takes what there is more or less.
            let spare = payload.len() as u64;
            let spare = spare.wrapping_sub(parts.payload.len() as u64);
            if let Some(frame) = manifest.blobs.last_mut().and_then(|blob| blob.frames.last_mut()) {
                *frame = frame.wrapping_add(spare);
            }
            match header::render(&manifest, &[]) {
                Some(header) => outcome(ground.put(&[&frame::store(&header), payload])),
                None => "no header".into(),
            }
        },
    );
}

#[test]
fn any_tar_header_is_one_of_ours_or_none() {
    let seeds =
        || vec![entry::prefix("bottari.json", 4000), entry::prefix(&"a".repeat(200), 9 << 33)];
    fuzz(
        || corpus("entry", seeds(), &["ustar\x0000", "0000644\0", "00000000000\0"]),
        |bytes| {
            let mut block = bytes.to_vec();
            block.resize(512, 0);
            match entry::read(&block) {
                None => "none".into(),
                Some((name, size)) => {
                    assert!(entry::prefix(name, size) == block, "it is not as we write it");
                    gist(name)
                }
            }
        },
    );
}

#[test]
fn any_label_of_a_volume_says_what_it_is_or_nothing() {
    let ground = Ground::new();
    let parts = LazyLock::new(|| Parts::of(written_of(&small_sample())));
    let front = LazyLock::new(|| {
        let volume = fs::read(&split_into(&parts.written, "volumes", 1)[0]).unwrap();
        (parts.written.payload_start(), volume)
    });
    fuzz(
        || {
            corpus(
                "label",
                vec![front.1[front.0..front.0 + 120].to_vec()],
                &["volume/1", "parity/1", "pieces/1"],
            )
        },
        |bytes| {
            let mut label = [0; Label::LEN];
            let len = bytes.len().min(Label::LEN);
            label[..len].copy_from_slice(&bytes[..len]);
            for chunks in [1, 2, 7, 40, 1 << 20, u64::MAX] {
                let parsed = Label::parse(&label, chunks);
                assert!(parsed.is_none_or(|parsed| parsed.render() == label));
            }
            let rest = &front.1[(front.0 + bytes.len()).min(front.1.len())..];
            outcome(ground.put(&[&front.1[..front.0], bytes, rest]))
        },
    );
}

/// A label of parity or of pieces with any body; its hash is right, for nobody has
/// signed it and anybody can make one.
fn sealed(kind: [u8; 8], manifest: blake3::Hash, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(kind.len() + body.len() + blake3::OUT_LEN).unwrap();
    let front = [&SKIPPABLE[..], &len.to_le_bytes(), &kind, body].concat();
    let hash = blake3::Hasher::new().update(manifest.as_bytes()).update(&front).finalize();
    [&front[..], hash.as_bytes()].concat()
}

#[test]
fn any_label_of_parity_or_pieces_says_what_it_is_or_nothing() {
    let (ground, manifest) = (Ground::new(), blake3::hash(b"bottari.json"));
    let numbers = |numbers: &[u64]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    let pieces: Vec<u8> = numbers(&[0, 2, 3, 1, 9, 7]);
    let parity = [&numbers(&[1, 2, 4, 2])[..], &[7; 64]].concat();
    fuzz(
        || corpus("sealed", vec![pieces.clone(), parity.clone()], &["\0\0\0\0\0\0\0\0"]),
        |body| {
            let kinds = [(*b"parity/1", 7), (*b"pieces/1", 16), (*b"pieces/1", 1 << 20)];
            let told = kinds.map(|(kind, chunks)| {
                let bytes = sealed(kind, manifest, body);
                let file = File::open(ground.put(&[&bytes])).unwrap();
                let parity = ParityLabel::read(&file, 0, manifest, chunks).unwrap();
                let pieces = PiecesLabel::read(&file, 0, manifest, chunks).unwrap();
                assert!(parity.as_ref().is_none_or(|label| label.render(manifest) == bytes));
                assert!(pieces.as_ref().is_none_or(|label| label.render(manifest) == bytes));
                (parity.is_some(), pieces.map_or(0, |label| label.ranges.len()))
            });
            format!("{told:?}")
        },
    );
}

#[test]
fn any_resend_list_is_read_back_as_it_is_or_refused() {
    let list =
        "bottari resend list 1\nrelease demo 1.0.0 (serial 1)\nmanifest 0123\nchunks 0 3-9\n";
    fuzz(
        || corpus("resend", vec![list.into()], &["chunks ", "-", " ", "\n", "sum ", "release "]),
        |bytes| {
            let Ok(text) = std::str::from_utf8(bytes) else { return "no text".into() };
            match text.parse::<ResendList>() {
                Err(ResendListError::Sum { .. }) => "another sum".into(),
                Err(error) => gist(&error.to_string()),
                Ok(list) => {
                    assert!(list.chunks.windows(2).all(|pair| pair[0].end < pair[1].start));
                    assert_eq!(list.to_string().parse::<ResendList>().unwrap(), list);
                    format!("{} ranges", list.chunks.len().min(9))
                }
            }
        },
    );
}

#[test]
fn any_public_key_is_one_or_an_error() {
    let key = || crate::testing::Key::new().public().render().into_bytes();
    fuzz(
        || corpus("key", vec![key()], &["untrusted comment: ", "RW", "=", "\n"]),
        |bytes| match std::str::from_utf8(bytes).ok().map(PublicKey::parse) {
            Some(Ok(key)) => {
                assert_eq!(PublicKey::parse(&key.render()).unwrap().id(), key.id());
                "a key".into()
            }
            other => format!("{}", other.is_some()),
        },
    );
}
