//! Hashing while bytes move: always SHA-256, and SHA-512 where upstream
//! publishes that.

use manifests::{Algorithm, Digest};
use sha2::{Digest as _, Sha256, Sha512};

/// Hashes and counts what passes.
#[derive(Debug, Clone)]
pub struct Hasher {
    sha256: Sha256,
    sha512: Option<Sha512>,
    size: u64,
}

/// What passed a [`Hasher`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashes {
    /// SHA-256 of all bytes.
    pub sha256: Digest,
    /// SHA-512 of all bytes, when it was wanted.
    pub sha512: Option<Digest>,
    /// How many bytes.
    pub size: u64,
}

impl Hasher {
    /// A hasher that can tell a digest of this algorithm, and SHA-256.
    pub fn new(algorithm: Algorithm) -> Self {
        let sha512 = (algorithm == Algorithm::Sha512).then(Sha512::new);
        Self { sha256: Sha256::new(), sha512, size: 0 }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(bytes);
        }
        self.size += bytes.len() as u64;
    }

    /// How many bytes passed.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Tells what passed.
    pub fn finish(self) -> Hashes {
        Hashes {
            sha256: Digest::from_sha256(&self.sha256.finalize().into()),
            sha512: self.sha512.map(|sha512| Digest::from_sha512(&sha512.finalize().into())),
            size: self.size,
        }
    }

    /// The digest of bytes in memory.
    pub fn digest(bytes: &[u8], algorithm: Algorithm) -> Digest {
        match algorithm {
            Algorithm::Sha256 => Digest::from_sha256(&Sha256::digest(bytes).into()),
            Algorithm::Sha512 => Digest::from_sha512(&Sha512::digest(bytes).into()),
        }
    }
}

impl Hashes {
    /// The digest of this algorithm; SHA-256 when the other was not wanted.
    pub fn of(&self, algorithm: Algorithm) -> &Digest {
        match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Sha512 => self.sha512.as_ref().unwrap_or(&self.sha256),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashing_in_pieces_equals_hashing_at_once() {
        let mut hasher = Hasher::new(Algorithm::Sha512);
        hasher.update(b"hel");
        hasher.update(b"lo");
        let passed = hasher.finish();
        assert_eq!(passed.size, 5);
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            assert_eq!(*passed.of(algorithm), Hasher::digest(b"hello", algorithm));
        }
    }
}
