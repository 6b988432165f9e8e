//! Which keys we accept, and whether a manifest is signed by enough of them.

use crate::signature::KeyId;
use base64::{Engine, prelude::BASE64_STANDARD};
use manifests::{ExitCode, Failure};
use minisign_verify::Signature;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeSet, fmt};

/// A public key in minisign's format.
#[derive(Debug, Clone)]
pub struct PublicKey {
    id: KeyId,
    base64: String,
    key: minisign_verify::PublicKey,
}

/// A text that is not a minisign public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a minisign public key: expected a line of 56 base64 characters that begins with `RW`")]
pub struct PublicKeyError;

impl Failure for PublicKeyError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }
    fn hint(&self) -> Option<String> {
        Some("`bottari-builder key show KEY` prints the public key of a signing key".into())
    }
}

impl PublicKey {
    /// Reads a `.pub` file: a comment line and the key, or the key alone.
    pub fn parse(text: &str) -> Result<Self, PublicKeyError> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let base64 = lines.find(|line| !line.starts_with("untrusted comment:"));
        let base64 = base64.ok_or(PublicKeyError)?.to_owned();
        let key =
            minisign_verify::PublicKey::from_base64(&base64).map_err(|_why| PublicKeyError)?;
        let bytes = BASE64_STANDARD.decode(&base64).map_err(|_why| PublicKeyError)?;
        let id = bytes.get(2..10).and_then(|id| id.try_into().ok()).ok_or(PublicKeyError)?;
        match lines.next() {
            None => Ok(Self { id: KeyId::from_bytes(id), base64, key }),
            Some(_) => Err(PublicKeyError),
        }
    }

    /// The key's id: short, but chosen by whoever made the key. Use it to find
    /// a key, and [`Self::fingerprint`] to recognise one.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key itself, without its id.
    fn ed25519(&self) -> Vec<u8> {
        BASE64_STANDARD.decode(&self.base64).expect("decoded when it was parsed").split_off(10)
    }

    /// The key as a `.pub` file.
    pub fn render(&self) -> String {
        format!("untrusted comment: bottari public key {}\n{}\n", self.id, self.base64)
    }

    /// What travels on paper: the first 128 bits of the SHA-256 of the key.
    pub fn fingerprint(&self) -> Fingerprint {
        let bytes = BASE64_STANDARD.decode(&self.base64).expect("decoded when it was parsed");
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        Fingerprint(hash[..16].try_into().expect("16 of 32 bytes"))
    }
}

/// 128 bits that recognise a key, printed as eight groups of four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Whether a person typed this fingerprint; spaces, dashes and case are
    /// forgiven, a missing digit is not.
    pub fn is_typed_as(&self, typed: &str) -> bool {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        typed.eq_ignore_ascii_case(&hex::encode(self.0))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = hex::encode_upper(self.0);
        let groups: Vec<&str> = (0..8).map(|n| &hex[n * 4..n * 4 + 4]).collect();
        f.write_str(&groups.join(" "))
    }
}

/// The keys that are accepted, and how many of them must have signed.
#[derive(Debug, Clone)]
pub struct Trust {
    keys: Vec<PublicKey>,
    require: usize,
}

/// Why a bundle is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// There is no key to check against.
    #[error("no key is trusted here, so no bundle can be")]
    NoKeys,
    /// Nobody signed it.
    #[error("the bundle is not signed")]
    Unsigned,
    /// Signed, but by nobody we know.
    #[error(
        "no trusted key signed the bundle: it is signed by {signed_by}; trusted here: {trusted}"
    )]
    Unknown {
        /// Ids of the keys that signed.
        signed_by: String,
        /// Ids of the keys we know.
        trusted: String,
    },
    /// A trusted key's signature does not fit the manifest.
    #[error("the signature of key `{0}` does not fit: the header was altered after it was signed")]
    Broken(KeyId),
    /// Some trusted keys signed, but too few.
    #[error("{required} trusted keys must have signed the bundle, only {found} did")]
    TooFew {
        /// How many must.
        required: usize,
        /// How many did.
        found: usize,
    },
}

impl Failure for TrustError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Untrusted
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoKeys => "bring the release's public key and run `bottari-installer trust add KEY.pub`, or name it with `--trust KEY.pub`".into(),
            Self::Unsigned => "sign it on the connected side: `bottari-builder sign BUNDLE --key KEY`".into(),
            Self::Unknown { .. } => "compare the key ids with the paper that came with the medium; `bottari-installer trust list` shows what is trusted here".into(),
            Self::Broken(_) => "do not use this file; copy the bundle again from the medium".into(),
            Self::TooFew { .. } => "have it signed by another key: `bottari-builder sign BUNDLE --key KEY`".into(),
        })
    }
}

impl Trust {
    /// Accepts bundles that at least `require` of these keys signed, and at
    /// least one of them whatever `require` is.
    pub fn new(keys: Vec<PublicKey>, require: usize) -> Self {
        Self { keys, require }
    }

    /// Checks signatures over the manifest's raw bytes and returns the trusted
    /// keys that signed. Signatures of unknown keys count for nothing; a broken
    /// one of a trusted key is always refused.
    pub(crate) fn check(
        &self,
        manifest: &[u8],
        signatures: &[(KeyId, &[u8])],
    ) -> Result<Vec<KeyId>, TrustError> {
        if self.keys.is_empty() {
            return Err(TrustError::NoKeys);
        }
        if signatures.is_empty() {
            return Err(TrustError::Unsigned);
        }
        let mut good: Vec<&PublicKey> = Vec::new();
        for (id, text) in signatures {
            // Ids are not unique by nature: any trusted key with this id may fit.
            let mut known = self.keys.iter().filter(|key| key.id == *id).peekable();
            if known.peek().is_none() {
                continue;
            }
            match known.find(|key| signed_by(key, manifest, text)) {
                Some(key) => good.push(key),
                None => return Err(TrustError::Broken(*id)),
            }
        }
        self.count(&good, signatures)
    }

    fn count(
        &self,
        good: &[&PublicKey],
        signatures: &[(KeyId, &[u8])],
    ) -> Result<Vec<KeyId>, TrustError> {
        let list =
            |ids: Vec<KeyId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if good.is_empty() {
            return Err(TrustError::Unknown {
                signed_by: list(signatures.iter().map(|(id, _)| *id).collect()),
                trusted: list(self.keys.iter().map(PublicKey::id).collect()),
            });
        }
        // An id is chosen freely: one key under two ids is still one signer.
        let found = good.iter().map(|key| key.ed25519()).collect::<BTreeSet<_>>().len();
        match found < self.require {
            true => Err(TrustError::TooFew { required: self.require, found }),
            false => Ok(good.iter().map(|key| key.id).collect()),
        }
    }
}

/// Prehashed signatures only: minisign's legacy form is refused.
fn signed_by(key: &PublicKey, manifest: &[u8], text: &[u8]) -> bool {
    let text = std::str::from_utf8(text).ok();
    let signature = text.and_then(|text| Signature::decode(text).ok());
    signature.is_some_and(|signature| key.key.verify(manifest, &signature, false).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    #[test]
    fn a_public_key_is_read_with_and_without_its_comment() {
        let bare = PublicKey::parse(KEY).unwrap();
        assert_eq!(bare.id().to_string(), "E7620F1842B4E81F");
        assert_eq!(PublicKey::parse(&bare.render()).unwrap().fingerprint(), bare.fingerprint());
        for text in ["", "untrusted comment: x", "RWQf", &format!("{KEY}\n{KEY}")] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_fingerprint_is_recognised_however_it_is_typed() {
        let fingerprint = PublicKey::parse(KEY).unwrap().fingerprint();
        let printed = fingerprint.to_string();
        assert_eq!(printed.len(), 39);
        assert!(fingerprint.is_typed_as(&printed));
        assert!(fingerprint.is_typed_as(&printed.to_lowercase().replace(' ', "-")));
        assert!(!fingerprint.is_typed_as(&printed[1..]));
        assert!(!fingerprint.is_typed_as(""));
    }
}
