//! OpenPGP signatures, detached and around a text. A key counts for its fingerprint, which the
//! definition states; everything else in a key file is only what was fetched.
//!
//! Promises: what `gpgv` refuses is refused, and by its name; a sender decides neither how many
//! signatures are checked nor how often a file is hashed.

mod judged;
mod key;
mod read;

use judged::Judged;
use key::{Key, Part};
use manifests::provenance::KeyFingerprint;
use pgp::{
    crypto::hash::HashAlgorithm,
    packet::{Signature, SignatureType},
    types::Timestamp,
};
use std::{
    io::{self, Read},
    time::SystemTime,
};

/// Why a signature proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum OpenPgpError {
    /// The key file lacks every key that counts.
    #[error("the key file holds no key {0}")]
    NoKey(String),
    /// Not a signature.
    #[error("it is not an OpenPGP signature")]
    NotASignature,
    /// Signed by somebody else.
    #[error("it is by {found}, expected {expected}")]
    Stranger {
        /// Who signed.
        found: String,
        /// Whose signature counts.
        expected: String,
    },
    /// The owner has taken the key back.
    #[error("{0} is revoked")]
    Revoked(String),
    /// Nothing says that it is anybody's key.
    #[error("key {0} has no word of its owner with it")]
    Wordless(KeyFingerprint),
    /// The owner has not made it for this.
    #[error("{0} is not one that signs data")]
    NotForSigning(String),
    /// Made when the key was not valid.
    #[error("it was made when {0} was not valid")]
    OutOfTime(String),
    /// The key has come to its end.
    #[error("{key} was valid until {day} and is not any more")]
    Ended {
        /// The key.
        key: String,
        /// When.
        day: String,
    },
    /// The signature itself has come to its end.
    #[error("it was good for some time only, which is over")]
    Over,
    /// Others can be made that fit it as well.
    #[error("it is made with {0}, which is too weak to prove anything")]
    WeakHash(HashAlgorithm),
    /// It is not over these bytes.
    #[error("it does not fit: these are not the bytes that key {0} signed")]
    Broken(KeyFingerprint),
    /// Looking at all of it would take too long.
    #[error("there are more than {most} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How many are looked at.
        most: usize,
    },
    /// The signed bytes cannot be read.
    #[error("the signed bytes cannot be read")]
    Read(#[from] io::Error),
}

/// A signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The primary key.
    pub(crate) signer: KeyFingerprint,
    /// When, as the signer says.
    pub(crate) made: SystemTime,
}

/// Checks that one of the `accepted` keys signed what `open` reads, on a day when
/// it could, and says which. `open` is asked at most once for each signature.
pub(crate) fn verify<R: Read>(
    (keys, signature): (&[u8], &[u8]),
    accepted: &[KeyFingerprint],
    open: impl Fn() -> io::Result<R>,
) -> Result<KeyFingerprint, OpenPgpError> {
    let keys = key::accepted(keys, accepted)?;
    let signatures = read::detached(signature)?;
    by_one_of(&keys, &signatures, (accepted, Judged::when_made()), open).map(|signed| signed.signer)
}

/// The same for a text, of which the signer says that it holds now: so the key must be
/// good now too.
pub(crate) fn verify_now(
    (keys, signature, text): (&[u8], &[u8], &str),
    accepted: &[KeyFingerprint],
    now: SystemTime,
) -> Result<Signed, OpenPgpError> {
    let keys = key::accepted(keys, accepted)?;
    let signatures = read::detached(signature)?;
    by_one_of(&keys, &signatures, (accepted, Judged::at(now)), || Ok(text.as_bytes()))
}

/// Checks a text that holds its own signature, and gives the part that is signed,
/// with plain line ends. Text before or behind that is refused.
pub(crate) fn verify_cleartext(
    (keys, text): (&[u8], &str),
    accepted: &[KeyFingerprint],
) -> Result<(KeyFingerprint, String), OpenPgpError> {
    let (signed, text) = cleartext((keys, text), accepted, Judged::when_made())?;
    Ok((signed.signer, text))
}

/// The same for a text, of which the signer says that it holds now.
pub(crate) fn verify_cleartext_now(
    (keys, text): (&[u8], &str),
    accepted: &[KeyFingerprint],
    now: SystemTime,
) -> Result<(Signed, String), OpenPgpError> {
    cleartext((keys, text), accepted, Judged::at(now))
}

fn cleartext(
    (keys, text): (&[u8], &str),
    accepted: &[KeyFingerprint],
    judged: Judged,
) -> Result<(Signed, String), OpenPgpError> {
    let keys = key::accepted(keys, accepted)?;
    let text = read::around(text)?;
    let open = || Ok(text.signed.as_bytes());
    let signed = by_one_of(&keys, &text.signatures, (accepted, judged), open)?;
    Ok((signed, text.signed.replace("\r\n", "\n")))
}

fn by_one_of<R: Read>(
    keys: &[Key],
    signatures: &[Signature],
    (accepted, judged): (&[KeyFingerprint], Judged),
    open: impl Fn() -> io::Result<R>,
) -> Result<Signed, OpenPgpError> {
    let mut outcome = match signatures.is_empty() {
        true => OpenPgpError::NotASignature,
        false => OpenPgpError::Stranger { found: issuers(signatures), expected: list(accepted) },
    };
    for signature in signatures {
        // One maker at most: whom a signature names beside that is no reason to hash
        // everything again.
        let maker = keys.iter().find_map(|key| Some((key, key.part(signature)?)));
        let Some((key, part)) = maker else { continue };
        match check(signature, (key, &part), judged, &open) {
            Ok(made) => return Ok(Signed { signer: key.print.clone(), made: made.into() }),
            Err(error) => outcome = error,
        }
    }
    Err(outcome)
}

/// Checks all that costs little before the bytes are hashed. Gives the day of the
/// signature.
fn check<R: Read>(
    signature: &Signature,
    (key, part): (&Key, &Part<'_>),
    judged: Judged,
    open: impl Fn() -> io::Result<R>,
) -> Result<Timestamp, OpenPgpError> {
    let of_data = matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text));
    let (true, Some(hash), Some(made)) = (of_data, signature.hash_alg(), signature.created())
    else {
        return Err(OpenPgpError::NotASignature);
    };
    // As apt has it; gpgv still takes SHA-1.
    if matches!(hash, HashAlgorithm::Md5 | HashAlgorithm::Sha1 | HashAlgorithm::Ripemd160) {
        return Err(OpenPgpError::WeakHash(hash));
    }
    key.vouch(part, made, judged)?;
    if !judged.lasts(signature) {
        return Err(OpenPgpError::Over);
    }
    match part.verify(signature, open()?) {
        true => Ok(made),
        false => Err(OpenPgpError::Broken(key.print.clone())),
    }
}

fn issuers(signatures: &[Signature]) -> String {
    let prints = signatures.iter().flat_map(Signature::issuer_fingerprint);
    let mut names: Vec<_> = prints.map(|print| format!("{print:X}")).collect();
    if names.is_empty() {
        let ids = signatures.iter().flat_map(Signature::issuer_key_id);
        names = ids.map(|id| id.to_string().to_uppercase()).collect();
    }
    match names.is_empty() {
        true => "nobody it names".into(),
        false => names.join(", "),
    }
}

fn list(prints: &[KeyFingerprint]) -> String {
    let prints: Vec<_> = prints.iter().map(KeyFingerprint::as_str).collect();
    prints.join(" or ")
}
