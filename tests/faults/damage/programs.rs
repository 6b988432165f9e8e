//! The same through the real programs: one code, one error, nothing left behind.

use super::{hurt::Hurt, judge::names_a_place, medium::Medium};
use journeys::{office::words, run::Program, upstream::sha256};
use std::{fs, path::Path};

/// Everything that reads all of a bundle, `{}`.
const COMMANDS: [(Program, &str); 5] = [
    (Program::Installer, "verify {}"),
    (Program::Installer, "unpack {} -o out"),
    (Program::Installer, "unpack {} -o out --keep-going"),
    (Program::Builder, "verify {}"),
    (Program::Builder, "split {} -o out --volume-size 6MiB"),
];

/// Has one of the programs refuse a hurt medium.
pub(crate) fn refuse(medium: &Medium, hurt: &Hurt, number: usize) {
    // Who takes a bundle out of a folder may leave alone what is no part of it.
    let number = if hurt.added.is_empty() { number % COMMANDS.len() } else { 0 };
    let (program, line) = COMMANDS[number];
    let line = line.replace("{}", medium.named().to_str().unwrap()) + " --trust release.pub";
    let outcome = medium.sandbox.run(program, &words(&line));
    let what = format!("{}: {line}: {}", hurt.kind, outcome.stderr);
    assert_eq!(outcome.code, Some(40), "{what}");
    assert_eq!(outcome.stderr.matches("error: ").count(), 1, "{what}");
    assert!(outcome.stderr.contains("\nhint: ") && !outcome.stderr.contains("panicked"), "{what}");
    names_a_place(&outcome.stderr);
    let in_front: &[&str] = if line.contains("--keep-going") { &IN_FRONT } else { &IN_FRONT[..1] };
    holds_whole_blobs(&medium.sandbox.path("out"), in_front);
}

/// Files beside the blobs; all but the first say that there is no more to come.
const IN_FRONT: [&str; 5] =
    ["bottari.json", "SHA256SUMS", "CONTENTS.txt", "index.json", "oci-layout"];

/// What was unpacked is right, and nothing else is there.
fn holds_whole_blobs(out: &Path, in_front: &[&str]) {
    if !out.exists() {
        return;
    }
    for path in files(out) {
        let name = path.file_name().unwrap().to_str().unwrap();
        match name {
            name if in_front.contains(&name) || name.ends_with(".minisig") => {}
            hex if path.parent().unwrap().ends_with("blobs/sha256") => {
                assert_eq!(sha256(&fs::read(&path).unwrap()).hex(), hex, "{}", path.display());
            }
            _ => panic!("left behind: {}", path.display()),
        }
    }
    fs::remove_dir_all(out).unwrap();
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
