use super::key::{AptKey, generate, show};
use crate::keys::KeyError;
use manifests::Failure;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const WORDS: &str = "Origin: Bottari\nSuite: bottari\n- dashed\nFrom here\nSHA256:\n 00 1 a\n";

fn nobody() -> io::Result<String> {
    panic!("a key without password asks for none")
}

fn year(year: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs((year - 1970) * 31_556_952)
}

/// Runs a tool in a folder, with nothing of the machine's own keys.
fn run(folder: &Path, line: &str) -> Output {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(folder).env("GNUPGHOME", folder);
    command.output().unwrap()
}

fn says(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with a key, what it signed, and the key as gpgv takes it.
fn signed(made: SystemTime) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    generate(&at("apt.key"), None).unwrap();
    let key = AptKey::load(&at("apt.key"), nobody).unwrap();
    fs::write(at("InRelease"), key.around(WORDS, made).unwrap()).unwrap();
    fs::write(at("Release"), WORDS).unwrap();
    fs::write(at("Release.gpg"), key.detached(WORDS, made).unwrap()).unwrap();
    let done = run(folder.path(), "gpg --batch --quiet --dearmor -o apt.gpg apt.asc");
    assert!(done.status.success(), "{}", says(&done));
    folder
}

#[test]
fn stock_gpgv_accepts_what_the_key_signs_and_no_changed_byte() {
    let folder = signed(year(2026));
    let around = "gpgv --keyring ./apt.gpg --output words InRelease";
    let apart = "gpgv --keyring ./apt.gpg Release.gpg Release";
    for line in [around, apart] {
        let done = run(folder.path(), line);
        assert!(done.status.success(), "{line}: {}", says(&done));
    }
    assert_eq!(fs::read_to_string(folder.path().join("words")).unwrap().trim(), WORDS.trim());
    for (name, line) in [("InRelease", around), ("Release", apart)] {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name), text.replace("Bottari", "Bottarj")).unwrap();
        assert!(!run(folder.path(), line).status.success(), "{line}");
    }
}

#[test]
fn stock_gpg_imports_both_halves_and_verifies() {
    let folder = signed(year(2026));
    for line in [
        "gpg --batch --import apt.asc",
        "gpg --batch --verify InRelease",
        "gpg --batch --verify Release.gpg Release",
        "gpg --batch --import apt.key",
    ] {
        let done = run(folder.path(), line);
        assert!(done.status.success(), "{line}: {}", says(&done));
    }
    let listed = run(folder.path(), "gpg --batch --with-colons --list-secret-keys");
    let print = show(&folder.path().join("apt.asc")).unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains(&print));
    let _ = run(folder.path(), "gpgconf --kill all");
}

#[test]
fn a_signature_holds_under_slow_clocks_and_years_later() {
    let folder = signed(year(2026));
    for clock in ["20260103T000000", "20351231T000000"] {
        let line =
            format!("gpgv --faked-system-time {clock} --keyring ./apt.gpg Release.gpg Release");
        let done = run(folder.path(), &line);
        let is_unknown = says(&done).contains("invalid option");
        let line = match is_unknown {
            // gpgv of Debian 12 has no such option; gpg has.
            true => format!(
                "gpg --batch --faked-system-time {clock} --no-default-keyring --keyring ./apt.gpg --verify Release.gpg Release"
            ),
            false => line,
        };
        let done = run(folder.path(), &line);
        assert!(done.status.success(), "{line}: {}", says(&done));
    }
}

#[test]
fn the_same_words_and_day_get_the_same_signatures() {
    let folder = signed(year(2026));
    let load = || AptKey::load(&folder.path().join("apt.key"), nobody).unwrap();
    let (one, other) = (load(), load());
    let both = |made| {
        let around = [&one, &other].map(|key| key.around(WORDS, made).unwrap());
        let apart = [&one, &other].map(|key| key.detached(WORDS, made).unwrap());
        assert_eq!(around[0], around[1]);
        assert_eq!(apart[0], apart[1]);
        (around[0].clone(), apart[0].clone())
    };
    assert_ne!(both(year(2025)), both(year(2026)), "the day is signed too");
}

#[test]
fn nothing_is_signed_that_is_older_than_the_key() {
    let folder = signed(year(2026));
    let key = AptKey::load(&folder.path().join("apt.key"), nobody).unwrap();
    assert!(key.detached(WORDS, year(2011)).is_ok());
    for (made, said) in [(2009, "2008"), (2200, "2199")] {
        let error = key.can_sign(year(made)).unwrap_err();
        assert!(matches!(error, KeyError::NoSuchDay { .. }), "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert!(!error.hint().unwrap().contains("key generate"), "no key helps");
        assert!(key.detached(WORDS, year(made)).is_err());
    }
}

/// A key that stock gpg makes on this day, with these words at the end of the line.
fn of_gpg(folder: &Path, clock: &str, words: &str) -> PathBuf {
    let batch = format!(
        "gpg --batch --quiet --faked-system-time {clock} --pinentry-mode loopback --passphrase "
    );
    for line in [
        format!("{batch} --quick-generate-key site@lab.example {words}"),
        format!("{batch} --armor -o site.key --export-secret-keys"),
    ] {
        let done = run(folder, &line);
        assert!(done.status.success(), "{line}: {}", says(&done));
    }
    folder.join("site.key")
}

fn refused(path: &Path) -> KeyError {
    let error = AptKey::load(path, nobody).unwrap_err();
    assert!(error.hint().unwrap().contains("bottari-builder key generate --apt"), "{error}");
    error
}

#[test]
fn a_key_of_gpg_that_has_no_end_signs_too_and_not_what_is_older() {
    let folder = tempfile::tempdir().unwrap();
    let path = of_gpg(folder.path(), "20240101T000000", "ed25519 sign never");
    let key = AptKey::load(&path, nobody).unwrap();
    assert!(key.can_sign(year(2026)).is_ok());
    let error = key.can_sign(year(2023)).unwrap_err();
    assert!(matches!(error, KeyError::TooYoung { .. }), "{error}");
    let _ = run(folder.path(), "gpgconf --kill all");
}

#[test]
fn a_key_that_hosts_would_not_believe_is_refused_by_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = of_gpg(folder.path(), "20240101T000000", "ed25519 sign 20y");
    let error = refused(&path);
    assert!(matches!(&error, KeyError::Expires { day, .. } if day.contains("2043")), "{error}");
    let _ = run(folder.path(), "gpgconf --kill all");
    let folder = tempfile::tempdir().unwrap();
    let path = of_gpg(folder.path(), "20240101T000000", "ed25519 cert never");
    let error = refused(&path);
    assert!(matches!(error, KeyError::NotForSigning { .. }), "{error}");
    let _ = run(folder.path(), "gpgconf --kill all");
}

#[test]
fn a_key_that_is_revoked_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = of_gpg(folder.path(), "20240101T000000", "ed25519 sign never");
    let revocations = fs::read_dir(folder.path().join("openpgp-revocs.d")).unwrap();
    let text = fs::read_to_string(revocations.map(Result::unwrap).next().unwrap().path()).unwrap();
    fs::write(folder.path().join("taken-back"), text.replace(":-----BEGIN", "-----BEGIN")).unwrap();
    fs::remove_file(&path).unwrap();
    for line in [
        "gpg --batch --quiet --import taken-back",
        "gpg --batch --quiet --pinentry-mode loopback --passphrase  --armor -o site.key --export-secret-keys",
    ] {
        let done = run(folder.path(), line);
        assert!(done.status.success(), "{line}: {}", says(&done));
    }
    let error = refused(&path);
    assert!(matches!(error, KeyError::Revoked { .. }), "{error}");
    let _ = run(folder.path(), "gpgconf --kill all");
}

#[test]
fn a_password_opens_the_key_and_a_wrong_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("apt.key");
    let (public, print) = generate(&path, Some("보따리".into())).unwrap();
    let key = AptKey::load(&path, || Ok("보따리".into())).unwrap();
    assert_eq!(key.fingerprint(), print);
    assert_eq!(fs::read_to_string(&public).unwrap(), key.public().unwrap());
    let wrong = AptKey::load(&path, || Ok("보자기".into())).unwrap_err();
    assert!(matches!(wrong, KeyError::OpenPgp { .. }), "{wrong}");
    assert_eq!(show(&path).unwrap(), print, "which takes no password");
}

#[test]
fn a_public_key_does_not_sign_and_no_file_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("apt.key");
    let (public, _) = generate(&path, None).unwrap();
    assert!(matches!(AptKey::load(&public, nobody), Err(KeyError::OpenPgp { .. })));
    assert!(matches!(generate(&path, None), Err(KeyError::Exists { .. })));
}
