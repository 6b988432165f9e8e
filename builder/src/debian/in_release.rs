//! `InRelease`: what an archive says of itself, signed. Every index is believed for
//! the size and digest that stand here, and for nothing else.

use super::day::parse_day;
use crate::proof::{OpenPgpError, verify_cleartext, verify_detached};
use deb822_fast::borrowed::{BorrowedParagraph, parse_borrowed};
use manifests::{Digest, provenance::KeyFingerprint};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

/// How far an archive's clock may be ahead of ours.
const AHEAD: Duration = Duration::from_mins(10);

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
    /// The date of the one that was seen last, if any.
    pub seen: Option<SystemTime>,
    /// Our clock.
    pub now: SystemTime,
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
    /// A newer one was there before.
    #[error("it was made on {found}, an earlier lock has seen one of {seen}: it was rolled back")]
    RolledBack {
        /// When this one was made.
        found: String,
        /// When the other was made.
        seen: String,
    },
}

impl InRelease {
    /// Reads what was fetched: first the signature, then what it says.
    pub fn read(
        text: &str,
        keyring: &[u8],
        expected: &Expected<'_>,
    ) -> Result<Self, InReleaseError> {
        let (signer, words) = verify_cleartext((keyring, text), expected.fingerprints)?;
        Self::believe(signer, &words, expected)
    }

    /// Reads a `Release` whose signature is another file, as archives have it that
    /// are older than `InRelease`.
    pub fn read_beside(
        (text, signature): (&str, &[u8]),
        keyring: &[u8],
        expected: &Expected<'_>,
    ) -> Result<Self, InReleaseError> {
        let open = || Ok(text.as_bytes());
        let signer = verify_detached((keyring, signature), expected.fingerprints, open)?;
        Self::believe(signer, text, expected)
    }

    /// Reads words whose signature holds.
    fn believe(
        signer: KeyFingerprint,
        words: &str,
        expected: &Expected<'_>,
    ) -> Result<Self, InReleaseError> {
        let paragraphs = parse_borrowed(words).map_err(|_error| InReleaseError::Field("Suite"))?;
        let [paragraph] = &paragraphs[..] else { return Err(InReleaseError::Field("Suite")) };
        check_suite(paragraph, expected.suite)?;
        let date = check_dates(paragraph, expected)?;
        let by_hash = paragraph.get_single("Acquire-By-Hash") == Some("yes");
        let lists_all_apart = lists_all_apart(paragraph);
        Ok(Self { date, signer, by_hash, lists_all_apart, files: files(paragraph)? })
    }
}

/// An archive that has architecture `all` says so when the others' lists hold its
/// packages too.
fn lists_all_apart(paragraph: &BorrowedParagraph<'_>) -> bool {
    let said = |field| paragraph.get_single(field).unwrap_or_default();
    said("Architectures").split_whitespace().any(|arch| arch == "all")
        && !said("No-Support-for-Architecture-all").split_whitespace().any(|of| of == "Packages")
}

fn check_suite(paragraph: &BorrowedParagraph<'_>, expected: &str) -> Result<(), InReleaseError> {
    let names = ["Suite", "Codename"].map(|field| paragraph.get_single(field).unwrap_or_default());
    match names.contains(&expected) && !expected.is_empty() {
        true => Ok(()),
        false => {
            Err(InReleaseError::Suite { expected: expected.into(), found: names.join("`, `") })
        }
    }
}

fn check_dates(
    paragraph: &BorrowedParagraph<'_>,
    expected: &Expected<'_>,
) -> Result<SystemTime, InReleaseError> {
    let said = |field| paragraph.get_single(field).unwrap_or_default().to_owned();
    let date = parse_day(&said("Date")).ok_or(InReleaseError::Field("Date"))?;
    if date > expected.now + AHEAD {
        return Err(InReleaseError::TooEarly(said("Date")));
    }
    let until = paragraph.get_single("Valid-Until").map(parse_day);
    match until {
        Some(None) => return Err(InReleaseError::Field("Valid-Until")),
        Some(Some(until)) if until < expected.now => {
            return Err(InReleaseError::Expired(said("Valid-Until")));
        }
        _ => {}
    }
    match expected.seen.filter(|seen| date < *seen) {
        None => Ok(date),
        Some(seen) => {
            let seen = httpdate::fmt_http_date(seen);
            Err(InReleaseError::RolledBack { found: said("Date"), seen })
        }
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
