//! Content digests in OCI form: `sha256:<hex>` or `sha512:<hex>`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// A hash function that names blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256, what OCI registries use by default.
    Sha256,
    /// SHA-512, allowed by OCI and published by some upstreams.
    Sha512,
}

impl Algorithm {
    /// The prefix in a digest, and the folder name in an OCI layout.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hex digits a digest of this algorithm has.
    pub fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// Bytes named by their hash, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

/// Why a text is not a [`Digest`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Neither `sha256:` nor `sha512:` in front.
    #[error("`{0}` is not a digest: expected `sha256:` or `sha512:` in front")]
    Algorithm(String),
    /// Wrong number of digits, or not lower-case hex.
    #[error("`{text}` is not a digest: expected {expected} lower-case hex digits after the colon")]
    Hex {
        /// What was given.
        text: String,
        /// How many digits the algorithm has.
        expected: usize,
    },
}

impl Digest {
    /// Joins an algorithm with the hex form of its hash.
    pub fn new(algorithm: Algorithm, hex: &str) -> Result<Self, DigestError> {
        let digits = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hex.len() != algorithm.hex_len() || !digits {
            let text = format!("{}:{hex}", algorithm.as_str());
            return Err(DigestError::Hex { text, expected: algorithm.hex_len() });
        }
        Ok(Self { algorithm, hex: hex.to_owned() })
    }

    /// A SHA-256 digest from the 32 bytes of the hash.
    pub fn from_sha256(hash: &[u8; 32]) -> Self {
        Self { algorithm: Algorithm::Sha256, hex: hex::encode(hash) }
    }

    /// A SHA-512 digest from the 64 bytes of the hash.
    pub fn from_sha512(hash: &[u8; 64]) -> Self {
        Self { algorithm: Algorithm::Sha512, hex: hex::encode(hash) }
    }

    /// The hash function.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hash in lower-case hex, without the algorithm.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The first twelve digits, for people.
    pub fn short(&self) -> &str {
        &self.hex[..12]
    }

    /// `blobs/<algorithm>/<hex>`: where an OCI layout keeps these bytes.
    pub fn layout_path(&self) -> String {
        format!("blobs/{}/{}", self.algorithm.as_str(), self.hex)
    }
}

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        match text.split_once(':') {
            Some(("sha256", hex)) => Self::new(Algorithm::Sha256, hex),
            Some(("sha512", hex)) => Self::new(Algorithm::Sha512, hex),
            _ => Err(DigestError::Algorithm(text.to_owned())),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.as_str(), self.hex)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sha256_digest_reads_and_prints_the_same() {
        let text = format!("sha256:{}", "0a".repeat(32));
        let digest: Digest = text.parse().unwrap();
        assert_eq!(digest.to_string(), text);
        assert_eq!(digest.layout_path(), format!("blobs/sha256/{}", "0a".repeat(32)));
        assert_eq!(digest, Digest::from_sha256(&[0x0a; 32]));
    }

    #[test]
    fn a_sha512_digest_reads_and_prints_the_same() {
        let digest = Digest::from_sha512(&[0xff; 64]);
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
    }

    #[test]
    fn wrong_digests_are_refused_with_what_was_expected() {
        let upper = format!("sha256:{}", "AB".repeat(32));
        for text in ["", "sha256", "md5:00", "sha256:00", upper.as_str(), "sha512:00"] {
            let error = text.parse::<Digest>().unwrap_err().to_string();
            assert!(error.contains("expected"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_can_put_a_path_into_a_digest(text in "\\PC{0,80}") {
            if let Ok(digest) = text.parse::<Digest>() {
                prop_assert!(!digest.hex().contains(['/', '.', '\\']));
            }
            let hostile = format!("sha256:{text}");
            if let Ok(digest) = hostile.parse::<Digest>() {
                prop_assert_eq!(digest.to_string(), hostile);
            }
        }
    }
}
