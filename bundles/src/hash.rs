//! Hashing while bytes move.

use manifests::{Algorithm, Digest};
use sha2::{Digest as _, Sha256, Sha512};

/// The SHA-256 of bytes in memory.
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest::from_sha256(&Sha256::digest(bytes).into())
}

/// The digest of bytes in memory by one algorithm.
pub fn digest(bytes: &[u8], algorithm: Algorithm) -> Digest {
    let mut hasher = BlobHasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish().0
}

/// Hashes a blob by SHA-256, and by SHA-512 too when that names it.
#[derive(Debug, Clone)]
pub struct BlobHasher {
    sha256: Sha256,
    sha512: Option<Sha512>,
    bytes: u64,
}

impl BlobHasher {
    /// A hasher that can tell a digest of this algorithm.
    pub fn new(algorithm: Algorithm) -> Self {
        let sha512 = (algorithm == Algorithm::Sha512).then(Sha512::new);
        Self { sha256: Sha256::new(), sha512, bytes: 0 }
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(bytes);
        }
        self.bytes += bytes.len() as u64;
    }

    /// How many bytes it took.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest by the algorithm asked for, and the SHA-256.
    pub fn finish(self) -> (Digest, Digest) {
        let sha256 = Digest::from_sha256(&self.sha256.finalize().into());
        match self.sha512 {
            Some(sha512) => (Digest::from_sha512(&sha512.finalize().into()), sha256),
            None => (sha256.clone(), sha256),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashing_in_pieces_equals_hashing_at_once() {
        let mut hasher = BlobHasher::new(Algorithm::Sha512);
        hasher.update(b"hel");
        hasher.update(b"lo");
        assert_eq!(hasher.bytes(), 5);
        let (sha512, also) = hasher.finish();
        assert_eq!(sha512, digest(b"hello", Algorithm::Sha512));
        assert_eq!(also, sha256(b"hello"));
    }
}
