//! Discs fail on the way: what is lost comes back from parity, or from the pieces
//! that a small list asks for, and is the same to the bit.

use crate::office::{Office, words};
use journeys::{fixtures::Options, run::Program};
use std::{fs, os::unix::fs::FileExt};

const INSTALLER: &str = "--trust release.pub --state-dir state";

/// An office whose bundle fills several chunks.
fn office() -> Office {
    Office::with_bundle_of(&Options { size_mib: 40, ..Options::default() })
}

/// Runs the installer, which must end like this, and gives what it says.
fn installer(office: &Office, line: &str, code: i32) -> String {
    let done = office.sandbox.run(Program::Installer, &words(line));
    assert_eq!(done.code, Some(code), "{line}: {}", done.stderr);
    done.stderr
}

fn damage(office: &Office, name: &str, at: u64) {
    let file = fs::File::options().write(true).open(office.path(name)).unwrap();
    file.write_all_at(b"a scratch", at).unwrap();
}

#[test]
fn lost_discs_are_rebuilt_from_parity_inside() {
    let office = office();
    let build = "build releases/demo.lock --offline --key release.key";
    fs::create_dir(office.path("discs")).unwrap();
    office.builder(&format!("{build} -o discs/demo.bundle --volume-size 5MiB --parity 2"));
    let discs = office.names("discs");
    let (parity, volumes): (Vec<_>, Vec<_>) =
        discs.iter().cloned().partition(|name| name.contains("parity"));
    assert_eq!((parity.len(), volumes.len() > 3), (2, true), "{discs:?}");
    let before: Vec<_> = volumes.iter().map(|name| office.read(&format!("discs/{name}"))).collect();
    fs::remove_file(office.path(&format!("discs/{}", volumes[0]))).unwrap();
    damage(&office, &format!("discs/{}", volumes[2]), 4_500_000);
    let refused = installer(&office, &format!("verify discs {INSTALLER}"), 40);
    assert!(refused.contains("volume 1 of"), "{refused}");
    assert!(refused.contains("`repair` with the same files rebuilds what is lost"), "{refused}");
    installer(&office, &format!("serve discs --listen 127.0.0.1:0 {INSTALLER}"), 40);
    let said = installer(&office, "repair discs --trust release.pub", 0);
    assert_eq!(said.matches(" is whole again").count(), 2, "{said}");
    for (name, bytes) in volumes.iter().zip(before) {
        assert!(office.read(&format!("discs/{name}")) == bytes, "{name}");
    }
    installer(&office, &format!("verify discs {INSTALLER}"), 0);
    assert_eq!(office.names("discs"), discs);
    let said = installer(&office, "repair discs --trust release.pub", 0);
    assert!(said.contains("nothing is lost"), "{said}");
}

#[test]
fn a_damaged_bundle_asks_for_its_pieces_and_is_mended_with_them() {
    let office = office();
    fs::create_dir(office.path("inside")).unwrap();
    fs::copy(office.path("demo.bundle"), office.path("inside/demo.bundle")).unwrap();
    damage(&office, "inside/demo.bundle", 9_000_000);
    let verify = format!("verify inside {INSTALLER} --resend-list list.txt");
    let said = installer(&office, &verify, 40);
    assert!(said.contains("list.txt lists what to send again"), "{said}");
    assert!(office.read("list.txt").len() < 1000, "a list that can be typed");
    office.builder("resend list.txt demo.bundle -o inside --trust release.pub");
    let names = office.names("inside");
    assert!(names.len() == 2 && names[1].starts_with("demo.bundle.pieces-"), "{names:?}");
    let pieces = office.read(&format!("inside/{}", names[1])).len();
    assert!(pieces < office.read("demo.bundle").len() / 3, "only what is needed: {pieces}");
    installer(&office, &format!("verify inside {INSTALLER}"), 0);
    installer(&office, &format!("unpack inside -o unpacked {INSTALLER}"), 0);
    installer(&office, "repair inside --trust release.pub", 0);
    assert!(office.read("inside/demo.bundle") == office.read("demo.bundle"));
}

#[test]
fn what_cannot_be_mended_is_told_and_left_as_it_is() {
    let office = office();
    fs::create_dir(office.path("inside")).unwrap();
    office.builder("split demo.bundle --volume-size 5MiB --parity 1 -o inside");
    let names = office.names("inside");
    fs::remove_file(office.path(&format!("inside/{}", names[0]))).unwrap();
    fs::remove_file(office.path(&format!("inside/{}", names[1]))).unwrap();
    let left = office.names("inside");
    let said = installer(&office, "repair inside --trust release.pub", 40);
    assert!(said.contains("volumes 1, 2 lack the same parts"), "{said}");
    assert!(said.contains("`verify --resend-list FILE` asks for, or volumes 1, 2"), "{said}");
    assert_eq!(office.names("inside"), left);
    office.builder("key generate -o other.key --no-password");
    installer(&office, "repair inside --trust other.pub", 40);
    let refusal = office.refusal("split demo.bundle --volume-size 5MiB --parity 100 -o other");
    assert!(refusal.ends_with("exit code 2"), "{refusal}");
    for how in ["--unsigned", "--key release.key"] {
        let refusal = office.refusal(&format!("build releases/demo.lock --parity 2 {how}"));
        assert!(refusal.ends_with("exit code 2"), "parity needs volumes: {refusal}");
    }
}

#[test]
fn a_list_that_was_changed_or_is_of_another_bundle_is_refused() {
    let office = office();
    fs::copy(office.path("demo.bundle"), office.path("copy.bundle")).unwrap();
    damage(&office, "copy.bundle", 9_000_000);
    let refusal = office.refusal("verify copy.bundle --trust release.pub --resend-list list.txt");
    assert!(refusal.ends_with("exit code 40"), "{refusal}");
    let list = String::from_utf8(office.read("list.txt")).unwrap();
    fs::write(office.path("slip.txt"), list.replace("chunks ", "chunks 0 ")).unwrap();
    let refusal = office.refusal("resend slip.txt demo.bundle");
    assert!(refusal.contains("the list was changed"), "{refusal}");
    fs::write(office.path("note.txt"), "please send volume 3").unwrap();
    let refusal = office.refusal("resend note.txt demo.bundle");
    assert!(refusal.contains("this is no resend list"), "{refusal}");
    assert!(!office.names(".").iter().any(|name| name.contains(".pieces")));
}
