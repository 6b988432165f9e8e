//! `docs/bundle-format.md` is enough: a reader that was written from it alone
//! reads a real bundle, its commands run, and its numbers are those of a bundle.

use crate::{
    BlobRecord, Encoding,
    format::{entry, frame},
    testing::{Written, noise, written, written_small},
    volume_tests::{seven_chunks, split_into},
};
use std::{
    fmt::Write,
    fs,
    path::Path,
    process::{Command, Output},
};

const DOCUMENT: &str = include_str!("../../docs/bundle-format.md");

/// Runs the independent reader.
fn second_reader(bundle: &Path, key: &Path) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reader.py");
    Command::new("python3").arg(script).arg(bundle).arg(key).output().unwrap()
}

fn key_file(written: &Written) -> std::path::PathBuf {
    let path = written.folder.path().join("key.pub");
    fs::write(&path, written.key.public().render()).unwrap();
    path
}

#[test]
fn a_reader_written_from_the_document_reads_every_blob() {
    let written = written();
    let output = second_reader(&written.path, &key_file(&written));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut expected = String::new();
    let bundle = written.open().unwrap();
    for BlobRecord { encoding, digest, size, .. } in &bundle.manifest().blobs {
        let encoding = if *encoding == Encoding::Stored { "stored" } else { "zstd" };
        writeln!(expected, "{encoding} {digest} {size}").unwrap();
    }
    for name in &bundle.manifest().names {
        writeln!(expected, "{} {} {}", name.kind.as_str(), name.name, name.digest).unwrap();
    }
    assert!(text.starts_with("chunks: ") && text.ends_with(&expected), "{text}");
}

#[test]
fn a_reader_written_from_the_document_refuses_what_ours_refuses() {
    let written = written_small();
    let key = key_file(&written);
    let layer = crate::sha256(&noise(1, 3000));
    let bundle = written.open().unwrap();
    let blob = bundle.blob(&layer).unwrap();
    let content = frame::stored_offset(blob.prefix_len()) + blob.offset;
    let cases = [
        ("magic number", 0, "not a bundle"),
        ("block header", 15, "not laid out as it must be"),
        ("manifest", 17 + 600, "no signature of this key fits"),
        ("blob", written.payload_start() + content as usize, "refused: "),
    ];
    let path = written.folder.path().join("changed");
    for (case, at, why) in cases {
        let mut bytes = written.bytes();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let output = second_reader(&path, &key);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(why), "{case}: {error}");
    }
    let other = written_small();
    let output = second_reader(&written.path, &key_file(&other));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("no signature of this key fits"), "of another key: {error}");
}

#[test]
fn a_tar_header_is_made_of_the_documented_fields() {
    let mut expected = [0; 512];
    let mut field = |at: usize, text: &[u8]| expected[at..at + text.len()].copy_from_slice(text);
    field(0, b"blobs/sha256/00");
    field(100, b"0000644");
    field(108, b"0000000");
    field(116, b"0000000");
    field(124, b"00000001750");
    field(136, b"00000000000");
    field(148, b"        ");
    field(156, b"0");
    field(257, b"ustar");
    field(263, b"00");
    let sum: u32 = expected.iter().map(|byte| u32::from(*byte)).sum();
    expected[148..156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
    assert!(entry::prefix("blobs/sha256/00", 1000) == expected);
}

#[test]
fn the_commands_of_the_document_run() {
    let written = seven_chunks();
    let key = key_file(&written);
    let volumes = split_into(&written, "volumes", 1)[0].with_extension("");
    let b3sum = Command::new("b3sum").arg("--version").output().is_ok();
    let blocks = DOCUMENT.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let script: String = blocks.filter(|block| b3sum || !block.contains("b3sum")).collect();
    assert!(script.contains("minisign -V") && script.contains("CONTENTS.txt"));
    let run = |bundle: &Path| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-euc", &script]).current_dir(folder.path());
        command.env("B", bundle).env("KEY", &key).env("V", &volumes);
        let output = command.output().unwrap();
        (output, fs::read(folder.path().join("joined")).unwrap_or_default())
    };
    let (output, joined) = run(&written.path);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("sample 1.0.0 (serial 7)"), "{told}");
    let words: Vec<_> = said.split_whitespace().collect();
    assert!(words.ends_with(&["1", "7", "0", "1"]), "what the first label says: {said}");
    assert!(joined == written.bytes(), "joined by stock tools");
    let blob = written.payload_start() + frame::stored_offset(entry::BLOCK) as usize;
    let mut bytes = written.bytes();
    bytes[blob] ^= 1;
    let changed = written.folder.path().join("changed");
    fs::write(&changed, bytes).unwrap();
    assert!(!run(&changed).0.status.success(), "a changed blob is found by its name");
}

#[test]
fn the_worked_example_is_that_of_a_real_bundle() {
    let written = written();
    let bundle = written.open().unwrap();
    let layer = crate::sha256(&noise(1, 9_000_000));
    let blob = bundle.blob(&layer).unwrap();
    let (header, offset) = (bundle.manifest().header_size, blob.offset);
    let start = written.payload_start() as u64;
    let byte = 5_000_000;
    let plain = 512 + byte;
    let (block, position) = (plain / 131_072, frame::stored_offset(plain));
    let place = start + offset + position;
    let left = 131_072 - plain % 131_072;
    let found = written.bytes()[place as usize..place as usize + 4].to_vec();
    assert_eq!(found, noise(1, 9_000_000)[5_000_000..5_000_004]);
    let example = format!(
        "\
- The manifest says `\"header-size\": {header}`, so the payload begins at
  `14 + 3 * {blocks} + {header}` = {start}.
- The layer `{layer}`
  has 9,000,000 bytes, is `stored`, and its `offset` is {offset}. It has no pax entry:
  `prefix` is 512.
- Byte 5,000,000 of it is plain byte {plain} of its entry, in raw block {block}:
  `position` = `14 + 3 * ({block} + 1) + {plain}` = {position}.
- So it is at {start} + {offset} + {position} = {place} of the file. {left} bytes can be
  read from there in one go. The first four are `{found}`.
",
        blocks = header.div_ceil(131_072),
        found = hex::encode(found),
    );
    assert!(DOCUMENT.contains(&bundle.manifest().encoder), "the encoder's name");
    assert!(DOCUMENT.contains(&example), "the document should say:\n{example}");
}
