//! `InRelease`: what an archive says of itself, signed. Every index is believed for
//! the size and digest that stand here, and for nothing else.

use super::day::parse_day;
use crate::proof::{OpenPgpError, Signed, verify_cleartext_now, verify_now};
use deb822_fast::borrowed::{BorrowedParagraph, parse_borrowed};
use manifests::{Digest, provenance::KeyFingerprint};
use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// How far an archive's clock may be ahead of ours.
const AHEAD: Duration = Duration::from_mins(10);

/// How much older than its words a signature may be: clocks differ, and nobody signs
/// on one day what is made on another. Later ones are fine: archives sign old words
/// again with new keys.
const SIGNED_BEFORE: Duration = Duration::from_hours(24);

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InRelease {
    /// When it was made.
    pub date: SystemTime,
    /// Who signed it.
    pub signer: KeyFingerprint,
    /// Whether indexes can be asked for by their digest, which never changes under
    /// a reader.
    pub by_hash: bool,
    /// Whether packages for every architecture are in lists of their own.
    pub lists_all_apart: bool,
    /// Its files, by path below the suite.
    pub files: BTreeMap<String, IndexFile>,
}

/// A file that the archive vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFile {
    /// Bytes.
    pub size: u64,
    /// What they hash to.
    pub digest: Digest,
}

/// What is known before it is read.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The suite or the code name that was asked for.
    pub suite: &'a str,
    /// The keys that count.
    pub fingerprints: &'a [KeyFingerprint],
    /// The one that was seen last, if any.
    pub seen: Option<Seen>,
    /// Our clock.
    pub now: SystemTime,
}

/// The latest word that is known of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// When it was made.
    pub date: SystemTime,
    /// Who knows.
    pub by: SeenBy,
}

/// What remembers a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenBy {
    /// The lockfile that is there already.
    Lockfile,
    /// This note of the cache.
    Note(PathBuf),
}

impl fmt::Display for SeenBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lockfile => formatter.write_str("the earlier lockfile"),
            Self::Note(path) => write!(formatter, "`{}`", path.display()),
        }
    }
}

/// Why an archive's word is not taken.
#[derive(Debug, thiserror::Error)]
pub enum InReleaseError {
    /// Nobody that counts has signed it.
    #[error("its signature does not hold")]
    Signature(#[from] OpenPgpError),
    /// It is signed, and not what such a file is.
    #[error("it has no usable `{0}`")]
    Field(&'static str),
    /// It is another suite's.
    #[error("it is of suite `{found}`, expected `{expected}`")]
    Suite {
        /// What was asked for.
        expected: String,
        /// What it says.
        found: String,
    },
    /// It says itself that it is too old: somebody holds back newer ones.
    #[error("it was valid until {0} and is not any more")]
    Expired(String),
    /// It was made later than now.
    #[error("it was made on {0}, which is still to come: one of the clocks is wrong")]
    TooEarly(String),
    /// It was signed before it was made.
    #[error("it was signed on {signed}, long before the day that it gives itself: {date}")]
    SignedBefore {
        /// When it was signed.
        signed: String,
        /// When it was made, it says.
        date: String,
    },
    /// A newer one was there before.
    #[error("it was made on {found}, and {by} knows of one of {seen}: it was rolled back")]
    RolledBack {
        /// When this one was made.
        found: String,
        /// When the other was made.
        seen: String,
        /// Who knows of it.
        by: SeenBy,
    },
}

impl InRelease {
    /// Reads what was fetched: first the signature, then what it says.
    pub fn read(
        text: &str,
        keyring: &[u8],
        expected: &Expected<'_>,
    ) -> Result<Self, InReleaseError> {
        let Expected { fingerprints, now, .. } = *expected;
        let (signed, words) = verify_cleartext_now((keyring, text), fingerprints, now)?;
        Self::believe(signed, &words, expected)
    }

    /// Reads a `Release` whose signature is another file, as archives have it that
    /// are older than `InRelease`.
    pub fn read_beside(
        (text, signature): (&str, &[u8]),
        keyring: &[u8],
        expected: &Expected<'_>,
    ) -> Result<Self, InReleaseError> {
        let Expected { fingerprints, now, .. } = *expected;
        let signed = verify_now((keyring, signature, text), fingerprints, now)?;
        Self::believe(signed, text, expected)
    }

    /// Reads words whose signature holds.
    fn believe(
        signed: Signed,
        words: &str,
        expected: &Expected<'_>,
    ) -> Result<Self, InReleaseError> {
        let paragraphs = parse_borrowed(words).map_err(|_error| InReleaseError::Field("Suite"))?;
        let [paragraph] = &paragraphs[..] else { return Err(InReleaseError::Field("Suite")) };
        check_suite(paragraph, expected.suite)?;
        let date = check_dates(paragraph, signed.made, expected)?;
        let by_hash = paragraph.get_single("Acquire-By-Hash") == Some("yes");
        let lists_all_apart = lists_all_apart(paragraph);
        let files = files(paragraph)?;
        Ok(Self { date, signer: signed.signer, by_hash, lists_all_apart, files })
    }
}

/// An archive that has architecture `all` says so when the others' lists hold its
/// packages too.
fn lists_all_apart(paragraph: &BorrowedParagraph<'_>) -> bool {
    let said = |field| paragraph.get_single(field).unwrap_or_default();
    said("Architectures").split_whitespace().any(|arch| arch == "all")
        && !said("No-Support-for-Architecture-all").split_whitespace().any(|of| of == "Packages")
}

/// Some archives tell their pockets apart by `Codename` (Debian: `bookworm`,
/// `bookworm-updates`), others by `Suite` alone (Ubuntu: `jammy` and `jammy-updates`, both
/// of `Codename: jammy`). The code name is enough unless the suite is one of its pockets.
fn check_suite(paragraph: &BorrowedParagraph<'_>, expected: &str) -> Result<(), InReleaseError> {
    let [suite, codename] =
        ["Suite", "Codename"].map(|field| paragraph.get_single(field).unwrap_or_default());
    let pocket = suite.strip_prefix(codename).is_some_and(|rest| rest.starts_with('-'));
    if !expected.is_empty() && (suite == expected || codename == expected && !pocket) {
        return Ok(());
    }
    let found = format!("{suite}`, `{codename}");
    Err(InReleaseError::Suite { expected: expected.into(), found })
}

fn check_dates(
    paragraph: &BorrowedParagraph<'_>,
    made: SystemTime,
    expected: &Expected<'_>,
) -> Result<SystemTime, InReleaseError> {
    let said = |field| paragraph.get_single(field).unwrap_or_default().to_owned();
    let date = parse_day(&said("Date")).ok_or(InReleaseError::Field("Date"))?;
    if date > expected.now + AHEAD {
        return Err(InReleaseError::TooEarly(said("Date")));
    }
    check_signed((made, date), expected.now)?;
    let until = paragraph.get_single("Valid-Until").map(parse_day);
    match until {
        Some(None) => return Err(InReleaseError::Field("Valid-Until")),
        Some(Some(until)) if until < expected.now => {
            return Err(InReleaseError::Expired(said("Valid-Until")));
        }
        _ => {}
    }
    match expected.seen.as_ref().filter(|seen| date < seen.date) {
        None => Ok(date),
        Some(Seen { date, by }) => {
            let (seen, by) = (httpdate::fmt_http_date(*date), by.clone());
            Err(InReleaseError::RolledBack { found: said("Date"), seen, by })
        }
    }
}

fn check_signed(
    (made, date): (SystemTime, SystemTime),
    now: SystemTime,
) -> Result<(), InReleaseError> {
    let [signed, said] = [made, date].map(httpdate::fmt_http_date);
    if made > now + AHEAD {
        return Err(InReleaseError::TooEarly(signed));
    }
    match made + SIGNED_BEFORE < date {
        true => Err(InReleaseError::SignedBefore { signed, date: said }),
        false => Ok(()),
    }
}

fn files(paragraph: &BorrowedParagraph<'_>) -> Result<BTreeMap<String, IndexFile>, InReleaseError> {
    let lines = paragraph.get("SHA256").ok_or(InReleaseError::Field("SHA256"))?;
    let lines = lines.iter().filter(|line| !line.trim().is_empty());
    lines.map(|line| file(line).ok_or(InReleaseError::Field("SHA256"))).collect()
}

fn file(line: &str) -> Option<(String, IndexFile)> {
    let mut words = line.split_whitespace();
    let (hex, size, path) = (words.next()?, words.next()?, words.next()?);
    let sane = path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    let digest = format!("sha256:{hex}").parse().ok()?;
    let file = IndexFile { size: size.parse().ok()?, digest };
    (sane && words.next().is_none()).then(|| (path.to_owned(), file))
}
