//! What an archive says of itself is believed from its pinned keys alone, about the
//! suite that was asked for, and never when it is older than what was seen.

use builder::debian::{Expected, InRelease, InReleaseError, Seen, SeenBy};
use journeys::{gnupg::Keyring, stock};
use manifests::provenance::KeyFingerprint;
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

const ARCHIVE_KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

const RELEASE: &str = "Origin: Sample\nSuite: stable\nCodename: bookworm\n\
    Date: Sat, 10 Feb 2024 08:00:00 UTC\nValid-Until: Sat, 17 Feb 2024 08:00:00 UTC\n\
    Acquire-By-Hash: yes\nSHA256:\n \
    2ae43d2b0d7b8f8f0c1c3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8 1234 main/binary-amd64/Packages.xz\n";

/// Noon of a day in February 2024.
fn february(day: u64) -> SystemTime {
    let first = SystemTime::UNIX_EPOCH + Duration::from_hours(474_108);
    first + Duration::from_hours((day - 1) * 24)
}

/// A day that the cache knows of.
fn seen(date: SystemTime) -> Seen {
    Seen { date, by: SeenBy::Note("archives/note.json".into()) }
}

/// An archive with a key of its own.
struct Archive {
    keyring: Keyring,
    key: KeyFingerprint,
}

impl Archive {
    fn new() -> Option<Self> {
        let keyring = Keyring::new()?;
        let key = keyring.make("archive@example.org", "never").parse().unwrap();
        Some(Self { keyring, key })
    }

    fn sign(&self, text: &str) -> String {
        self.keyring.clear_sign(self.key.as_str(), "20240210", text)
    }

    /// Reads a file on the 12th of February, unless a test wants it otherwise.
    fn read(
        &self,
        text: &str,
        change: impl FnOnce(&mut Expected<'_>),
    ) -> Result<InRelease, InReleaseError> {
        let fingerprints = std::slice::from_ref(&self.key);
        let now = february(12);
        let mut expected = Expected { suite: "bookworm", fingerprints, seen: None, now };
        change(&mut expected);
        InRelease::read(text, &self.keyring.public(self.key.as_str()), &expected)
    }

    fn refusal(&self, text: &str, change: impl FnOnce(&mut Expected<'_>)) -> String {
        let error = self.read(text, change).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        [Some(error.to_string()), cause].into_iter().flatten().collect::<Vec<_>>().join(": ")
    }
}

#[test]
fn a_signed_word_is_read_with_its_files() {
    let Some(archive) = Archive::new() else { return };
    let read = archive.read(&archive.sign(RELEASE), |_| ()).unwrap();
    assert_eq!((read.signer, read.by_hash), (archive.key.clone(), true));
    let file = &read.files["main/binary-amd64/Packages.xz"];
    assert_eq!((file.size, &file.digest.hex()[..8]), (1234, "2ae43d2b"));
    assert!(archive.read(&archive.sign(RELEASE), |expected| expected.suite = "stable").is_ok());
}

#[test]
fn each_way_to_be_old_or_foreign_is_refused_by_name() {
    let Some(archive) = Archive::new() else { return };
    let signed = archive.sign(RELEASE);
    let told = [
        archive.refusal(&signed, |expected| expected.suite = "trixie"),
        archive.refusal(&signed, |expected| expected.now = february(18)),
        archive.refusal(&signed, |expected| expected.now = february(9)),
        archive.refusal(&signed, |expected| expected.seen = Some(seen(february(11)))),
        archive.refusal(&archive.sign(&RELEASE.replace("Date: Sat", "Date: some")), |_| ()),
        archive.refusal(&archive.sign(&RELEASE.replace("SHA256", "MD5Sum")), |_| ()),
        archive.refusal(&archive.sign(&RELEASE.replace("main/", "../")), |_| ()),
    ];
    insta::assert_snapshot!(told.join("\n"), @r"
    it is of suite `stable`, `bookworm`, expected `trixie`
    it was valid until Sat, 17 Feb 2024 08:00:00 UTC and is not any more
    it was made on Sat, 10 Feb 2024 08:00:00 UTC, which is still to come: one of the clocks is wrong
    it was made on Sat, 10 Feb 2024 08:00:00 UTC, and `archives/note.json` knows of one of Sun, 11 Feb 2024 12:00:00 GMT: it was rolled back
    it has no usable `Date`
    it has no usable `SHA256`
    it has no usable `SHA256`
    ");
    let same = Some(seen(SystemTime::UNIX_EPOCH + Duration::from_hours(474_320)));
    assert!(archive.read(&signed, |expected| expected.seen = same).is_ok(), "the same again");
}

#[test]
fn only_the_pinned_key_counts_and_only_for_what_it_signed() {
    let Some(archive) = Archive::new() else { return };
    let signed = archive.sign(RELEASE);
    let changed = signed.replace("1234", "1235");
    assert!(archive.refusal(&changed, |_| ()).contains("these are not the bytes"));
    let added = format!("Suite: bookworm\n{signed}");
    assert!(archive.read(&added, |_| ()).is_err(), "text before what is signed");
    let added = format!("{signed}\nSuite: bookworm\n");
    assert!(archive.read(&added, |_| ()).is_err(), "text behind what is signed");
    assert!(archive.refusal(RELEASE, |_| ()).contains("it is not an OpenPGP signature"));
    let other = archive.keyring.make("other@example.org", "never");
    let by_other = archive.keyring.clear_sign(&other, "20240210", RELEASE);
    assert!(archive.refusal(&by_other, |_| ()).contains("expected"));
    archive.keyring.revoke(archive.key.as_str());
    assert!(archive.refusal(&signed, |_| ()).contains("is revoked"));
}

#[test]
fn a_word_ends_with_the_key_that_signed_it() {
    let Some(archive) = Archive::new() else { return };
    let short = archive.keyring.make("short@example.org", "2024-02-12");
    let key: KeyFingerprint = short.parse().unwrap();
    let archive = Archive { keyring: archive.keyring, key };
    let signed = archive.keyring.clear_sign(&short, "20240210", RELEASE);
    assert!(archive.read(&signed, |expected| expected.now = february(11)).is_ok());
    let told = archive.refusal(&signed, |expected| expected.now = february(13));
    let ended = format!("key {short} was valid until Mon, 12 Feb 2024 12:00:00 GMT");
    assert!(told.contains(&ended), "{told}");
}

#[test]
fn a_word_is_not_signed_before_it_is_made() {
    let Some(archive) = Archive::new() else { return };
    let signed_on = |day| archive.keyring.clear_sign(archive.key.as_str(), day, RELEASE);
    let told = archive.refusal(&signed_on("20240208"), |_| ());
    assert!(told.contains("it was signed on Thu, 08 Feb 2024 12:00:00 GMT, long before"), "{told}");
    let told = archive.refusal(&signed_on("20240213"), |_| ());
    assert!(told.contains("which is still to come"), "{told}");
    assert!(archive.read(&signed_on("20240211"), |_| ()).is_ok(), "signed again by a new key");
}

/// The words by which two families of archives tell their pockets apart.
#[test]
fn the_word_of_another_pocket_is_not_that_of_the_release() {
    let Some(archive) = Archive::new() else { return };
    let names = |suite: &str, codename: &str| {
        let text = RELEASE.replace("Suite: stable", &format!("Suite: {suite}"));
        archive.sign(&text.replace("Codename: bookworm", &format!("Codename: {codename}")))
    };
    let believed = |text: &str, suite: &'static str| {
        archive.read(text, |expected| expected.suite = suite).is_ok()
    };
    let debian = [
        names("oldstable", "bookworm"),
        names("oldstable-updates", "bookworm-updates"),
        names("oldstable-security", "bookworm-security"),
    ];
    let ubuntu = [
        names("jammy", "jammy"),
        names("jammy-updates", "jammy"),
        names("jammy-security", "jammy"),
    ];
    let asked = [
        (debian, ["bookworm", "bookworm-updates", "bookworm-security"]),
        (ubuntu, ["jammy", "jammy-updates", "jammy-security"]),
    ];
    for (words, suites) in asked {
        for (at, word) in words.iter().enumerate() {
            for (other, suite) in suites.iter().enumerate() {
                assert_eq!(believed(word, suite), at == other, "{suite} for {word}");
            }
        }
    }
    assert!(believed(&names("stable", "bookworm"), "bookworm"), "when it was younger");
}

/// What this machine's apt has fetched, and `gpgv` has a word on.
#[test]
fn real_archives_are_believed_as_gpgv_believes_them() {
    let home = tempfile::tempdir().unwrap();
    let Some(_) = stock::tool("gpgv", home.path()) else { return };
    let files = fs::read_dir("/var/lib/apt/lists").into_iter().flatten();
    let files = files.map(|entry| entry.unwrap().path());
    let files: Vec<_> =
        files.filter(|path| path.to_string_lossy().ends_with("_InRelease")).collect();
    if files.is_empty() || !Path::new(ARCHIVE_KEYS).exists() {
        return stock::skipped("this machine's apt has no indexes of Debian");
    }
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let signers = signers_by_gpgv(&path);
        assert!(!signers.is_empty(), "{}", path.display());
        let suite = text.lines().find_map(|line| line.strip_prefix("Codename: ")).unwrap();
        for signer in signers {
            let fingerprints = &[signer.parse().unwrap()];
            let now = SystemTime::now();
            let expected = Expected { suite, fingerprints, seen: None, now };
            let read = InRelease::read(&text, &fs::read(ARCHIVE_KEYS).unwrap(), &expected);
            let read =
                read.unwrap_or_else(|error| panic!("{signer}: {}", manifests::with_causes(&error)));
            assert!(read.files.keys().any(|path| path.ends_with("binary-amd64/Packages.xz")));
            let broken = text.replacen("Packages.xz", "Packages.xy", 1);
            let error = InRelease::read(&broken, &fs::read(ARCHIVE_KEYS).unwrap(), &expected);
            assert!(matches!(error, Err(InReleaseError::Signature(_))));
        }
    }
}

/// The primary keys whose signatures `gpgv` accepts.
fn signers_by_gpgv(path: &Path) -> Vec<String> {
    let mut gpgv = Command::new("gpgv");
    gpgv.args(["--status-fd", "1", "--keyring", ARCHIVE_KEYS]).arg(path);
    let said = String::from_utf8(gpgv.output().unwrap().stdout).unwrap();
    let valid = said.lines().filter_map(|line| line.strip_prefix("[GNUPG:] VALIDSIG "));
    valid.map(|line| line.split_whitespace().next_back().unwrap().to_owned()).collect()
}
