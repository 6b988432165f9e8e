//! Key files that somebody else has written into, and keys that came to their end:
//! believed exactly where `gpgv` believes them, or less.

use builder::debian::{Expected, InRelease};
use journeys::{gnupg::Keyring, stock};
use std::{fs, time::SystemTime};
use tempfile::TempDir;

/// When everything is signed. Keys are of the first of January.
const DAY: &str = "20240120";

const RELEASE: &str = "Suite: one\nCodename: one\nDate: Sat, 20 Jan 2024 11:00:00 UTC\nSHA256:\n \
    2ae43d2b0d7b8f8f0c1c3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8 1234 main/binary-amd64/Packages.xz\n";

/// Keys, and a folder for `gpgv`.
struct Desk {
    keyring: Keyring,
    folder: TempDir,
}

impl Desk {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        stock::tool("gpgv", folder.path())?;
        Some(Self { keyring: Keyring::new()?, folder })
    }

    fn gpg(&self, arguments: &[&str]) -> Vec<u8> {
        self.keyring.gpg(DAY, arguments)
    }

    /// The public key as it is now, packet by packet.
    fn export(&self, key: &str) -> Vec<Vec<u8>> {
        packets(&self.gpg(&["--export", key]))
    }

    /// A key that signs, and what it says of `RELEASE`.
    fn signed(&self, expire: &str) -> (String, String) {
        let key = self.keyring.make("archive@example.org", expire);
        let text = self.keyring.clear_sign(&key, DAY, RELEASE);
        (key, text)
    }

    /// What we say, and the words that `gpgv` has for it.
    fn judged(&self, keys: &[Vec<u8>], key: &str, text: &str) -> (Result<(), String>, String) {
        let (ring, file) = (self.folder.path().join("keys.gpg"), self.folder.path().join("text"));
        let keys = keys.concat();
        fs::write(&ring, &keys).unwrap();
        fs::write(&file, text).unwrap();
        let mut gpgv = stock::tool("gpgv", self.folder.path()).unwrap();
        gpgv.args(["--status-fd", "1", "--keyring"]).arg(&ring).arg(&file);
        let said = String::from_utf8(gpgv.output().unwrap().stdout).unwrap();
        let fingerprints = &[key.parse().unwrap()];
        let expected = Expected { suite: "one", fingerprints, seen: None, now: SystemTime::now() };
        let ours = InRelease::read(text, &keys, &expected);
        (ours.map(drop).map_err(|error| manifests::with_causes(&error)), said)
    }

    /// Both refuse, each with its own word.
    fn refused(&self, keys: &[Vec<u8>], (key, text): (&str, &str), (ours, theirs): (&str, &str)) {
        let (told, said) = self.judged(keys, key, text);
        let told = told.expect_err(ours);
        assert!(told.contains(ours), "{told}");
        assert!(said.contains(theirs) && !said.contains("GOODSIG"), "{said}");
    }

    /// Both believe it.
    fn believed(&self, keys: &[Vec<u8>], (key, text): (&str, &str)) {
        let (told, said) = self.judged(keys, key, text);
        assert_eq!(told, Ok(()));
        assert!(said.contains("VALIDSIG"), "{said}");
    }
}

/// Splits a key file as `gpg` writes it: headers of the old form, lengths of one or two
/// bytes.
fn packets(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while let [tag, rest @ ..] = bytes {
        let len = match tag & 3 {
            0 => 2 + usize::from(rest[0]),
            1 => 3 + usize::from(rest[0]) * 256 + usize::from(rest[1]),
            _ => panic!("a longer packet than a key file has"),
        };
        packets.push(bytes[..len].to_vec());
        bytes = &bytes[len..];
    }
    packets
}

/// A word of one key that says that another has said it.
fn forged(word: &[u8], (from, to): (&str, &str)) -> Vec<u8> {
    let text = hex::encode_upper(word).replace(from, to);
    hex::decode(text.replace(&from[24..], &to[24..])).unwrap()
}

#[test]
fn a_key_that_has_ended_signs_nothing_new() {
    let Some(desk) = Desk::new() else { return };
    let (key, text) = desk.signed("2024-02-01");
    let export = desk.export(&key);
    desk.refused(&export, (&key, &text), ("was valid until Thu, 01 Feb 2024", "EXPKEYSIG"));
    desk.gpg(&["--quick-set-expire", &key, "never"]);
    desk.believed(&desk.export(&key), (&key, &text));
}

#[test]
fn a_subkey_that_has_ended_signs_nothing_new() {
    let Some(desk) = Desk::new() else { return };
    let key = desk.keyring.make("archive@example.org", "never");
    desk.gpg(&["--quick-add-key", &key, "ed25519", "sign", "2024-02-01"]);
    let text = desk.keyring.clear_sign(&key, DAY, RELEASE);
    let export = desk.export(&key);
    desk.refused(&export, (&key, &text), ("was valid until Thu, 01 Feb 2024", "EXPKEYSIG"));
    let (told, _) = desk.judged(&export, &key, &text);
    assert!(told.unwrap_err().contains(&format!(" of key {key}")), "which subkey");
    desk.keyring.gpg("20240121", &["--quick-set-expire", &key, "never", "*"]);
    desk.believed(&desk.export(&key), (&key, &text));
}

#[test]
fn a_subkey_ends_with_its_key() {
    let Some(desk) = Desk::new() else { return };
    let key = desk.keyring.make("archive@example.org", "2024-02-01");
    desk.gpg(&["--quick-add-key", &key, "ed25519", "sign", "never"]);
    let text = desk.keyring.clear_sign(&key, DAY, RELEASE);
    desk.refused(&desk.export(&key), (&key, &text), ("was valid until", "KEYSIG"));
}

#[test]
fn a_subkey_that_was_taken_back_signs_nothing() {
    let Some(desk) = Desk::new() else { return };
    let key = desk.keyring.make("archive@example.org", "never");
    desk.gpg(&["--quick-add-key", &key, "ed25519", "sign", "never"]);
    let text = desk.keyring.clear_sign(&key, DAY, RELEASE);
    let before = desk.export(&key);
    desk.believed(&before, (&key, &text));
    let script = desk.folder.path().join("script");
    fs::write(&script, "key 1\nrevkey\ny\n0\n\ny\nsave\n").unwrap();
    let script = script.to_str().unwrap();
    desk.gpg(&["--expert", "--command-file", script, "--no-batch", "--edit-key", &key]);
    let after = desk.export(&key);
    desk.refused(&after, (&key, &text), ("is revoked", "REVKEYSIG"));
    let (told, _) = desk.judged(&[before.concat(), after.concat()], &key, &text);
    assert!(told.unwrap_err().contains("is revoked"), "a copy that leaves this out");
}

#[test]
fn a_subkey_that_its_key_never_bound_signs_nothing() {
    let Some(desk) = Desk::new() else { return };
    let key = desk.keyring.make("archive@example.org", "never");
    let thief = desk.keyring.make("thief@example.org", "never");
    desk.gpg(&["--quick-add-key", &thief, "ed25519", "sign", "never"]);
    let text = desk.keyring.clear_sign(&thief, DAY, RELEASE);
    let stolen: Vec<_> =
        desk.export(&thief)[3..].iter().map(|packet| forged(packet, (&thief, &key))).collect();
    let keys = [desk.export(&key), stolen].concat();
    desk.refused(&keys, (&key, &text), ("is not one that signs data", "ERRSIG"));
}

#[test]
fn a_subkey_for_another_use_signs_nothing() {
    let Some(desk) = Desk::new() else { return };
    let key = desk.keyring.make("archive@example.org", "never");
    desk.gpg(&["--quick-add-key", &key, "ed25519", "sign", "never"]);
    let text = desk.keyring.clear_sign(&key, DAY, RELEASE);
    // The owner's later word: it says who he is, and signs no more.
    let script = desk.folder.path().join("script");
    fs::write(&script, "key 1\nchange-usage\nS\nA\nQ\nsave\n").unwrap();
    let script = script.to_str().unwrap();
    let edit = ["--expert", "--command-file", script, "--no-batch", "--edit-key", &key];
    desk.keyring.gpg("20240121", &edit);
    let (told, _) = desk.judged(&desk.export(&key), &key, &text);
    assert!(told.unwrap_err().contains("is not one that signs data"));
}

#[test]
fn a_key_for_another_use_signs_nothing() {
    let Some(desk) = Desk::new() else { return };
    let (key, text) = desk.signed("never");
    let script = desk.folder.path().join("script");
    fs::write(&script, "change-usage\nS\nQ\nsave\n").unwrap();
    let script = script.to_str().unwrap();
    let edit = ["--expert", "--command-file", script, "--no-batch", "--edit-key", &key];
    desk.keyring.gpg("20240121", &edit);
    desk.refused(&desk.export(&key), (&key, &text), ("is not one that signs data", "ERRSIG"));
}

#[test]
fn a_forged_word_revives_no_key() {
    let Some(desk) = Desk::new() else { return };
    let (key, text) = desk.signed("2024-02-01");
    let thief = desk.keyring.make("thief@example.org", "never");
    let word = desk.keyring.gpg("20240301", &["--quick-add-uid", &thief, "later"]);
    assert!(word.is_empty());
    let later = desk.export(&thief).pop().unwrap();
    let mut keys = desk.export(&key);
    let forged = forged(&later, (&thief, &key));
    assert_ne!(forged, later);
    keys.push(forged);
    desk.refused(&keys, (&key, &text), ("was valid until", "EXPKEYSIG"));
}

#[test]
fn of_two_copies_of_a_key_both_count() {
    let Some(desk) = Desk::new() else { return };
    let (key, text) = desk.signed("never");
    let before = desk.export(&key).concat();
    desk.keyring.gpg("20240122", &["--quick-set-expire", &key, "2024-02-01"]);
    let ended = desk.export(&key).concat();
    desk.keyring.revoke(&key);
    let revoked = desk.export(&key).concat();
    for (word, with) in [("was valid until", ended), ("is revoked", revoked)] {
        for keys in [[before.clone(), with.clone()], [with.clone(), before.clone()]] {
            let (told, _) = desk.judged(&keys, &key, &text);
            assert!(told.unwrap_err().contains(word), "{word}");
        }
    }
}

#[test]
fn a_key_without_a_word_of_its_owner_counts_for_nothing() {
    let Some(desk) = Desk::new() else { return };
    let (key, text) = desk.signed("2024-02-01");
    let bare = &desk.export(&key)[..1];
    let (told, said) = desk.judged(bare, &key, &text);
    assert!(told.unwrap_err().contains("has no word of its owner"));
    assert!(!said.contains("GOODSIG"), "{said}");
}

#[test]
fn a_weak_hash_is_named() {
    let Some(desk) = Desk::new() else { return };
    desk.gpg(&["--quick-generate-key", "old@example.org", "rsa2048", "sign", "never"]);
    let listed = desk.gpg(&["--with-colons", "--list-keys", "old@example.org"]);
    let listed = String::from_utf8(listed).unwrap();
    let key = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
    let key = key.split(':').nth(9).unwrap();
    let path = desk.folder.path().join("plain");
    fs::write(&path, RELEASE).unwrap();
    let by = |hash| {
        let path = path.to_str().unwrap();
        let weak = "--allow-weak-digest-algos";
        let arguments =
            [weak, "--digest-algo", hash, "--local-user", key, "--output=-", "--clear-sign", path];
        String::from_utf8(desk.gpg(&arguments)).unwrap()
    };
    let export = desk.export(key);
    desk.believed(&export, (key, &by("SHA512")));
    let (told, _) = desk.judged(&export, key, &by("SHA1"));
    let told = told.unwrap_err();
    assert!(told.contains("it is made with SHA1, which is too weak"), "{told}");
}

#[test]
fn signatures_and_keys_without_number_are_not_looked_at() {
    let Some(desk) = Desk::new() else { return };
    let key = desk.keyring.make("archive@example.org", "never");
    let signature = desk.keyring.sign(&key, DAY, false, RELEASE.as_bytes());
    let export = desk.export(&key).concat();
    let fingerprints = &[key.parse().unwrap()];
    let expected = Expected { suite: "one", fingerprints, seen: None, now: SystemTime::now() };
    let read = |signature: &[u8], keys: &[u8]| {
        let read = InRelease::read_beside((RELEASE, signature), keys, &expected);
        read.map(drop).map_err(|error| manifests::with_causes(&error))
    };
    assert_eq!(read(&signature.repeat(16), &export), Ok(()));
    let told = read(&signature.repeat(17), &export).unwrap_err();
    assert!(told.contains("there are more than 16 signatures"), "{told}");
    assert_eq!(read(&signature, &export.repeat(40)), Ok(()), "copies that say the same");
    let copies: Vec<u8> = (0..17).flat_map(|name| desk.renamed(&key, name)).collect();
    let told = read(&signature, &copies).unwrap_err();
    assert!(told.contains("there are more than 16 copies of one key"), "{told}");
    let own = desk.export(&key).pop().unwrap();
    let told = read(&signature, &[export.clone(), own.repeat(1024)].concat()).unwrap_err();
    assert!(told.contains("there are more than 1024 words of a key on itself"), "{told}");
    let other = desk.keyring.make("other@example.org", "never");
    let others = desk.export(&other).pop().unwrap().repeat(20_000);
    assert_eq!(read(&signature, &[export.clone(), others].concat()), Ok(()), "not its words");
    let told = read(&signature, &export.repeat(40_000)).unwrap_err();
    assert!(told.contains("bytes of keys"), "{told}");
}

impl Desk {
    /// A copy of a key that has another name and nobody's word for that.
    fn renamed(&self, key: &str, name: u8) -> Vec<u8> {
        let mut packets = self.export(key);
        packets[1][2] = b'a' + name;
        packets.concat()
    }
}

/// The library looks through the whole text after each line of it.
#[test]
fn a_text_of_many_lines_is_read_in_time() {
    let Some(desk) = Desk::new() else { return };
    let key = desk.keyring.make("archive@example.org", "never");
    let text = desk.keyring.clear_sign(&key, DAY, &"x\n".repeat(1_000_000));
    let begin = std::time::Instant::now();
    let (told, _) = desk.judged(&desk.export(&key), &key, &text);
    assert!(told.unwrap_err().contains("no usable"));
    assert!(begin.elapsed().as_secs() < 60, "{:?}", begin.elapsed());
}
