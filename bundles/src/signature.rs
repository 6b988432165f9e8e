//! Signatures in minisign's format (Ed25519 over a BLAKE2b hash of the
//! manifest), so that stock `minisign -V` can check them too.
//!
//! The two comments of a minisign file are fixed here: a signature has nothing
//! but its two 64-byte values that could vary.

use crate::format::manifest::BundleManifest;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::{fmt, str::FromStr};

/// The eight bytes by which minisign names a key, as it prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u64);

impl KeyId {
    /// From the bytes in a key or signature file.
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// The bytes in a key or signature file.
    pub fn bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

/// A text that is not sixteen upper-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key id: expected 16 upper-case hex digits")]
pub struct KeyIdError(String);

impl FromStr for KeyId {
    type Err = KeyIdError;
    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let digit = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
        let id = u64::from_str_radix(text, 16).ok();
        match id {
            Some(id) if text.len() == 16 && text.bytes().all(digit) => Ok(Self(id)),
            _ => Err(KeyIdError(text.to_owned())),
        }
    }
}

/// One signature over a bundle manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleSignature {
    key_id: KeyId,
    signature: [u8; 64],
    global: [u8; 64],
}

/// Something that can sign: a secret key of the builder.
pub trait Signer {
    /// Why signing failed.
    type Error;

    /// The key's id.
    fn key_id(&self) -> KeyId;

    /// Signs with Ed25519, the same way every time (RFC 8032): first the
    /// BLAKE2b-512 of `manifest`, then that signature followed by `comment`.
    fn sign(&self, manifest: &[u8], comment: &str) -> Result<[[u8; 64]; 2], Self::Error>;
}

impl BundleSignature {
    /// Signs a manifest.
    pub(crate) fn make<S: Signer>(signer: &S, manifest: &BundleManifest) -> Result<Self, S::Error> {
        let [signature, global] = signer.sign(&manifest.render(), &trusted_comment(manifest))?;
        Ok(Self { key_id: signer.key_id(), signature, global })
    }

    /// Whose signature it is.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The `.minisig` file.
    pub(crate) fn render(&self, manifest: &BundleManifest) -> String {
        let mut first = b"ED".to_vec();
        first.extend_from_slice(&self.key_id.bytes());
        first.extend_from_slice(&self.signature);
        format!(
            "untrusted comment: signature of bottari key {}\n{}\ntrusted comment: {}\n{}\n",
            self.key_id,
            BASE64_STANDARD.encode(first),
            trusted_comment(manifest),
            BASE64_STANDARD.encode(self.global),
        )
    }

    /// Reads a `.minisig` file. Comments and algorithm are not looked at:
    /// whoever compares it with [`Self::render`] learns whether they were ours.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(text).ok()?.lines();
        let first = BASE64_STANDARD.decode(lines.nth(1)?).ok()?;
        let global = BASE64_STANDARD.decode(lines.nth(1)?).ok()?;
        let (id, signature) = first.get(2..)?.split_first_chunk::<8>()?;
        Some(Self {
            key_id: KeyId::from_bytes(*id),
            signature: signature.try_into().ok()?,
            global: global.try_into().ok()?,
        })
    }
}

/// What `minisign -V` prints as the trusted comment.
fn trusted_comment(manifest: &BundleManifest) -> String {
    let BundleManifest { release, version, serial, .. } = manifest;
    format!("bottari bundle {release} {version} serial {serial}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_print_as_minisign_prints_them() {
        let id = KeyId::from_bytes([0x1f, 0xe8, 0xb4, 0x42, 0x18, 0x0f, 0x62, 0xe7]);
        assert_eq!(id.to_string(), "E7620F1842B4E81F");
        assert_eq!("E7620F1842B4E81F".parse(), Ok(id));
        for text in ["e7620f1842b4e81f", "E7620F1842B4E81", "+7620F1842B4E81F", ""] {
            assert!(text.parse::<KeyId>().is_err(), "{text}");
        }
    }
}
