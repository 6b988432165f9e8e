//! Who is believed: nobody without a key, nobody unknown, and never a signature
//! that is not exactly the one we would have written over exactly this manifest.

use crate::{
    Acceptance, Bundle, BundleError, PublicKey, Signer, Trust,
    attack::{header_with, signature_file, told},
    format::entry,
    testing::{Key, Written, draft_of, small_sample, text, tiny_sample, written_of, written_small},
};
use insta::assert_snapshot;
use std::{fs, path::PathBuf, process::Command, slice::from_ref};

type SignatureFile = (String, Vec<u8>);

/// A small bundle, its key, and another key with a higher id.
struct Case {
    written: Written,
    other: Key,
}

impl Case {
    fn new() -> Self {
        Self { written: written_of(&tiny_sample()), other: Key::new().renamed(u64::MAX) }
    }

    fn json(&self) -> Vec<u8> {
        self.written.open().unwrap().manifest().render()
    }

    fn signature(&self, key: &Key) -> SignatureFile {
        signature_file(key, self.written.open().unwrap().manifest(), &self.json())
    }

    /// The bundle with exactly these signature files.
    fn signed(&self, signatures: &[SignatureFile]) -> PathBuf {
        let bundle = self.written.open().unwrap();
        self.written.with_header(&header_with(bundle.manifest(), &self.json(), signatures))
    }

    /// What opening it says, with the random key ids replaced.
    fn told(&self, signatures: &[SignatureFile], trust: &Trust) -> String {
        let path = self.signed(signatures);
        match Bundle::open(&path, Acceptance::Trusted(trust)) {
            Ok(bundle) => format!("opened, signed by {} keys", bundle.signed_by().len()),
            Err(error) => told(&error, &path)
                .replace(&self.written.key.key_id().to_string(), "KEY")
                .replace(&self.other.key_id().to_string(), "OTHER"),
        }
    }

    fn both(&self, require: usize) -> Trust {
        Trust::new(vec![self.written.key.public(), self.other.public()], require)
    }
}

/// A signature file with some text in it replaced.
fn edited((name, text): SignatureFile, from: &str, to: &str) -> SignatureFile {
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(from));
    (name, text.replacen(from, to, 1).into_bytes())
}

/// A signature file with one digit of its first signature changed.
fn broken((name, mut text): SignatureFile) -> SignatureFile {
    let at = text.iter().position(|b| *b == b'\n').unwrap() + 40;
    text[at] = if text[at] == b'A' { b'B' } else { b'A' };
    (name, text)
}

#[test]
fn a_bundle_needs_a_signature_of_a_key_that_is_trusted_here() {
    let case = Case::new();
    let (key, other) = (case.signature(&case.written.key), case.signature(&case.other));
    let trust = case.written.key.trust();
    assert_snapshot!(case.told(from_ref(&key), &trust), @"opened, signed by 1 keys");
    assert_snapshot!(case.told(from_ref(&key), &Trust::new(vec![], 1)), @"bundle `BUNDLE` is not trusted: no key is trusted here, so no bundle can be");
    assert_snapshot!(case.told(&[], &trust), @"bundle `BUNDLE` is not trusted: the bundle is not signed");
    assert_snapshot!(case.told(&[other], &trust), @"bundle `BUNDLE` is not trusted: no trusted key signed the bundle: it is signed by OTHER; trusted here: KEY");
    assert_snapshot!(case.told(&[broken(key)], &trust), @"bundle `BUNDLE` is not trusted: the signature of key `KEY` does not fit: the header was altered after it was signed");
}

#[test]
fn a_signature_of_another_bundle_does_not_fit() {
    let case = Case::new();
    let other = written_small();
    let manifest = other.open().unwrap().manifest().clone();
    let signature = signature_file(&case.written.key, &manifest, &manifest.render());
    assert_snapshot!(case.told(&[signature], &case.written.key.trust()), @"bundle `BUNDLE` is not trusted: the signature of key `KEY` does not fit: the header was altered after it was signed");
}

#[test]
fn the_legacy_form_of_a_signature_is_refused_though_minisign_makes_it() {
    let case = Case::new();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key"), case.written.key.secret_file()).unwrap();
    fs::write(folder.path().join("key.pub"), case.written.key.public().render()).unwrap();
    fs::write(folder.path().join("bottari.json"), case.json()).unwrap();
    let (name, ours) = case.signature(&case.written.key);
    let ours = String::from_utf8(ours).unwrap();
    let comment = |n: usize| ours.lines().nth(n).unwrap().split_once(": ").unwrap().1.to_owned();
    let minisign = |args: &[&str]| {
        let output = Command::new("minisign").args(args).current_dir(folder.path()).output();
        assert!(output.unwrap().status.success(), "minisign {args:?}");
    };
    minisign(&[
        "-S",
        "-l",
        "-W",
        "-s",
        "key",
        "-m",
        "bottari.json",
        "-c",
        &comment(0),
        "-t",
        &comment(2),
    ]);
    minisign(&["-V", "-q", "-p", "key.pub", "-m", "bottari.json"]);
    let legacy = fs::read(folder.path().join("bottari.json.minisig")).unwrap();
    assert_eq!(legacy.len(), ours.len(), "the same file but for two values");
    let signature = (name, legacy);
    assert_snapshot!(case.told(from_ref(&signature), &case.written.key.trust()), @"bundle `BUNDLE` is not trusted: the signature of key `KEY` does not fit: the header was altered after it was signed");
    let error = Bundle::open(&case.signed(&[signature]), Acceptance::AnySigner).unwrap_err();
    assert!(matches!(error, BundleError::Header { .. }), "{error:?}");
}

#[test]
fn a_broken_signature_of_a_trusted_key_is_refused_even_beside_a_good_one() {
    let case = Case::new();
    let signatures = [case.signature(&case.written.key), broken(case.signature(&case.other))];
    assert_snapshot!(case.told(&signatures, &case.both(1)), @"bundle `BUNDLE` is not trusted: the signature of key `OTHER` does not fit: the header was altered after it was signed");
    assert_snapshot!(case.told(&signatures, &case.written.key.trust()), @"opened, signed by 1 keys");
}

#[test]
fn two_of_three_keys_are_two_different_keys() {
    let case = Case::new();
    let key = case.signature(&case.written.key);
    let signatures = [key.clone(), case.signature(&case.other)];
    assert_snapshot!(case.told(&signatures, &case.both(2)), @"opened, signed by 2 keys");
    assert_snapshot!(case.told(from_ref(&key), &case.both(2)), @"bundle `BUNDLE` is not trusted: 2 trusted keys must have signed the bundle, only 1 did");
    assert_snapshot!(case.told(&signatures, &case.both(3)), @"bundle `BUNDLE` is not trusted: 3 trusted keys must have signed the bundle, only 2 did");
    let twice = Trust::new(vec![case.written.key.public(), case.written.key.public()], 2);
    assert_snapshot!(case.told(from_ref(&key), &twice), @"bundle `BUNDLE` is not trusted: 2 trusted keys must have signed the bundle, only 1 did");
    assert_snapshot!(case.told(&[key.clone(), key.clone()], &twice), @"`BUNDLE` is not a bundle, or its first bytes are damaged");
    let alias = case.written.key.renamed(1);
    let aliases = Trust::new(vec![case.written.key.public(), alias.public()], 2);
    assert_snapshot!(case.told(&[case.signature(&alias), key], &aliases), @"bundle `BUNDLE` is not trusted: 2 trusted keys must have signed the bundle, only 1 did");
}

#[test]
fn nothing_required_still_means_one_key() {
    let case = Case::new();
    let trust = Trust::new(vec![case.other.public()], 0);
    assert_snapshot!(case.told(&[case.signature(&case.written.key)], &trust), @"bundle `BUNDLE` is not trusted: no trusted key signed the bundle: it is signed by KEY; trusted here: OTHER");
}

#[test]
fn of_two_trusted_keys_with_one_id_either_may_have_signed() {
    let case = Case::new();
    let twin = case.other.renamed(u64::from_le_bytes(case.written.key.key_id().bytes()));
    let key = case.written.key.public();
    for keys in [[key.clone(), twin.public()], [twin.public(), key]] {
        let told = case.told(&[case.signature(&case.written.key)], &Trust::new(keys.to_vec(), 1));
        assert_eq!(told, "opened, signed by 1 keys");
    }
}

#[test]
fn a_signature_file_cannot_vary_in_anything_but_its_two_values() {
    let case = Case::new();
    let trust = case.written.key.trust();
    let key = || case.signature(&case.written.key);
    let other = || case.signature(&case.other);
    let id = case.written.key.key_id();
    let with_more = |more: &str| (key().0, [key().1, more.as_bytes().to_vec()].concat());
    let nine = (0..9).map(|n| case.signature(&case.other.renamed(n))).collect();
    let renamed = |name: String| vec![(name, key().1)];
    let cases: Vec<(&str, Vec<SignatureFile>)> = vec![
        ("another first comment", vec![edited(key(), "signature of", "sIgnature of")]),
        ("another signed comment", vec![edited(key(), "serial 7", "serial 8")]),
        ("a line more", vec![with_more("more\n")]),
        ("a line less", vec![edited(key(), "\ntrusted comment: ", "\n")]),
        ("ends of lines as on Windows", vec![edited(key(), "\n", "\r\n")]),
        ("a file over its limit", vec![with_more(&"\n".repeat(512))]),
        ("nine signatures", nine),
        ("not in order", vec![other(), key()]),
        ("twice", vec![key(), key()]),
        ("under the name of another key", vec![(other().0, key().1)]),
        ("another key's under its name", vec![(key().0, other().1)]),
        (
            "its own id in small letters",
            renamed(format!("bottari.sigs/{}.minisig", id.to_string().to_lowercase())),
        ),
        ("without its ending", renamed(format!("bottari.sigs/{id}"))),
        ("a file in front", vec![("notes.txt".into(), b"hello".to_vec()), key()]),
        ("a file in between", vec![key(), ("notes.txt".into(), b"hello".to_vec())]),
        ("a name that leads out", vec![(format!("bottari.sigs/../{id}.minisig"), key().1)]),
        ("an unknown one that is no text", vec![key(), (other().0, vec![0xff; 300])]),
    ];
    let lines: Vec<String> = cases
        .into_iter()
        .map(|(name, signatures)| format!("{name}: {}", case.told(&signatures, &trust)))
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    another first comment: the header of bundle `BUNDLE` was altered at byte N
    another signed comment: bundle `BUNDLE` is not trusted: the signature of key `KEY` does not fit: the header was altered after it was signed
    a line more: the header of bundle `BUNDLE` was altered at byte N
    a line less: bundle `BUNDLE` is not trusted: the signature of key `KEY` does not fit: the header was altered after it was signed
    ends of lines as on Windows: the header of bundle `BUNDLE` was altered at byte N
    a file over its limit: `BUNDLE` is not a bundle, or its first bytes are damaged
    nine signatures: `BUNDLE` is not a bundle, or its first bytes are damaged
    not in order: `BUNDLE` is not a bundle, or its first bytes are damaged
    twice: `BUNDLE` is not a bundle, or its first bytes are damaged
    under the name of another key: bundle `BUNDLE` is not trusted: no trusted key signed the bundle: it is signed by OTHER; trusted here: KEY
    another key's under its name: bundle `BUNDLE` is not trusted: the signature of key `KEY` does not fit: the header was altered after it was signed
    its own id in small letters: `BUNDLE` is not a bundle, or its first bytes are damaged
    without its ending: `BUNDLE` is not a bundle, or its first bytes are damaged
    a file in front: `BUNDLE` is not a bundle, or its first bytes are damaged
    a file in between: `BUNDLE` is not a bundle, or its first bytes are damaged
    a name that leads out: `BUNDLE` is not a bundle, or its first bytes are damaged
    an unknown one that is no text: the header of bundle `BUNDLE` was altered at byte N
    "#);
}

#[test]
fn the_first_file_of_a_header_is_the_manifest() {
    let case = Case::new();
    let bundle = case.written.open().unwrap();
    let signature = case.signature(&case.written.key);
    let mut header = header_with(bundle.manifest(), &case.json(), &[signature]);
    let other = entry::prefix("bottari.txt", case.json().len() as u64);
    header[..other.len()].copy_from_slice(&other);
    let path = case.written.with_header(&header);
    let error = Bundle::open(&path, Acceptance::AnySigner).unwrap_err();
    assert_snapshot!(told(&error, &path), @"`BUNDLE` is not a bundle, or its first bytes are damaged");
}

#[test]
fn a_comment_that_the_key_really_signed_must_still_be_ours() {
    let case = Case::new();
    let mut manifest = case.written.open().unwrap().manifest().clone();
    manifest.serial = 8; // only the comment is made from it
    let signature = signature_file(&case.written.key, &manifest, &case.json());
    assert_snapshot!(case.told(&[signature], &case.written.key.trust()), @"the header of bundle `BUNDLE` was altered at byte N");
}

#[test]
fn an_unsigned_bundle_opens_only_for_whoever_accepts_any_signer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b");
    draft_of(&small_sample(), &path, 1).finish().unwrap();
    assert!(Bundle::open(&path, Acceptance::AnySigner).unwrap().signed_by().is_empty());
    let error = Bundle::open(&path, Acceptance::Trusted(&Key::new().trust())).unwrap_err();
    assert_snapshot!(told(&error, &path), @"bundle `BUNDLE` is not trusted: the bundle is not signed");
}

#[test]
fn signing_twice_with_one_key_leaves_one_signature() {
    let written = written_of(&tiny_sample());
    let bundle = written.open().unwrap();
    crate::sign(&bundle, &written.key).unwrap().unwrap();
    assert_eq!(written.open().unwrap().signatures().len(), 1);
    written.nothing_else_is_there();
}

#[test]
fn a_public_key_of_another_algorithm_is_refused() {
    let key = Key::new().public().render();
    assert!(PublicKey::parse(&key.replace("\nRW", "\nRX")).is_err());
    assert!(PublicKey::parse(&String::from_utf8(text(56)).unwrap()).is_err());
}
