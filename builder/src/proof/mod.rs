//! Proofs: what a project publishes about its own files is fetched when a
//! release is locked, and each file is held against it.
//!
//! Promises: a proof that a definition names holds, or nothing is locked; keys
//! count for their fingerprint alone; the bytes that a signature is checked
//! over are hashed in the same read.

mod checksums;
mod cosign;
mod error;
mod openpgp;

pub use checksums::ListError;
pub use cosign::CosignError;
pub use error::ProofError;
pub use openpgp::OpenPgpError;
pub(crate) use openpgp::{
    Signed, verify as verify_detached, verify_cleartext, verify_cleartext_now, verify_now,
};

use crate::{cache::Cache, network::Network};
use bundles::BlobHasher;
use cosign::{Evidence, Signer};
use manifests::{
    Algorithm, Digest,
    component::ResolvedFile,
    event::Reporter,
    provenance::{Checksums, Cosign, KeyFingerprint, OpenPgp, Proof, ProofKind},
};
use std::{
    cell::RefCell,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use url::Url;

/// Lists, signatures and key files are small; one of this size is not one.
const LIMIT: u64 = 4 * 1024 * 1024;

/// What proofs are fetched and checked with.
pub(crate) struct Prover<'a> {
    pub(crate) network: &'a Network,
    pub(crate) cache: &'a Cache,
    pub(crate) reporter: &'a dyn Reporter,
}

impl Prover<'_> {
    /// Holds a file that is in the cache against all that its project says of it.
    pub(crate) async fn prove(
        &self,
        file: &ResolvedFile,
        digest: &Digest,
    ) -> Result<Vec<Proof>, ProofError> {
        let mut proofs = Vec::new();
        if let Some(list) = &file.checksums {
            proofs.push(self.by_list(list, file, digest).await?);
        }
        if let Some(openpgp) = &file.openpgp {
            proofs.push(self.by_signature(openpgp, digest).await?);
        }
        if let Some(cosign) = &file.cosign {
            proofs.push(self.by_cosign(cosign, digest).await?);
        }
        Ok(proofs)
    }

    async fn by_list(
        &self,
        list: &Checksums<Url>,
        file: &ResolvedFile,
        digest: &Digest,
    ) -> Result<Proof, ProofError> {
        let text = self.fetch(&list.url).await?;
        let signed_by = match &list.openpgp {
            None => None,
            Some(openpgp) => {
                let text = text.clone();
                let check = move |pair: (&[u8], &[u8]), accepted: &[_]| {
                    openpgp::verify(pair, accepted, || Ok(text.as_slice()))
                };
                Some(self.checked(openpgp, check).await?)
            }
        };
        let unusable =
            |source| ProofError::List { list: list.url.to_string(), source: Box::new(source) };
        let expected = checksums::find(&String::from_utf8_lossy(&text), last_segment(&file.url))
            .map_err(unusable)?;
        let found = self.hashed(digest, expected.algorithm())?;
        if found != expected {
            return Err(ProofError::Differs { list: list.url.to_string(), expected, found });
        }
        let source = list.url.clone();
        Ok(Proof { kind: ProofKind::Checksums, source, signed_by, identity: None })
    }

    async fn by_signature(
        &self,
        openpgp: &OpenPgp<Url>,
        digest: &Digest,
    ) -> Result<Proof, ProofError> {
        let (path, algorithm) = (self.path(digest)?, digest.algorithm());
        let check = move |pair: (&[u8], &[u8]), accepted: &[_]| {
            // The bytes were hashed when they arrived; the cache is a folder that
            // others can write to, so they are hashed again with the same read.
            let hasher = RefCell::new(BlobHasher::new(algorithm));
            let open = || {
                *hasher.borrow_mut() = BlobHasher::new(algorithm);
                Ok(Hashed { file: File::open(&path)?, hasher: &hasher })
            };
            let signer = openpgp::verify(pair, accepted, open)?;
            Ok((signer, hasher.into_inner().finish().0))
        };
        let (signer, found) = self.checked(openpgp, check).await?;
        match found == *digest {
            true => Ok(Proof {
                kind: ProofKind::Openpgp,
                source: openpgp.signature.clone(),
                signed_by: Some(signer),
                identity: None,
            }),
            false => Err(ProofError::Changed(digest.clone())),
        }
    }

    /// Fetches keys and a signature, and checks them where nobody is kept waiting by
    /// much to hash.
    async fn checked<T: Send + 'static>(
        &self,
        openpgp: &OpenPgp<Url>,
        check: impl FnOnce((&[u8], &[u8]), &[KeyFingerprint]) -> Result<T, OpenPgpError>
        + Send
        + 'static,
    ) -> Result<T, ProofError> {
        let (keys, signature) = self.fetch_both(openpgp).await?;
        let accepted = openpgp.fingerprints.clone();
        let work = move || check((&keys, &signature), &accepted);
        let checked = tokio::task::spawn_blocking(work).await;
        let checked = checked.expect("checking a signature does not panic");
        checked.map_err(|error| ProofError::signature(&openpgp.signature, error))
    }

    async fn by_cosign(&self, cosign: &Cosign<Url>, digest: &Digest) -> Result<Proof, ProofError> {
        let authority = cosign.authority.clone().unwrap_or_else(cosign::sigstore);
        let mut certificates = Vec::new();
        for url in &authority.certificates {
            certificates.extend(self.fetch(url).await?);
            certificates.push(b'\n');
        }
        let evidence = Evidence {
            signature: self.fetch(&cosign.signature).await?,
            certificate: self.fetch(&cosign.certificate).await?,
            authority: certificates,
        };
        let Cosign { identity, issuer, .. } = cosign;
        let signer = Signer { identity, issuer, root: &authority.root };
        let sha256 = self.hashed(digest, Algorithm::Sha256)?;
        cosign::verify(&evidence, &signer, &sha256)
            .map_err(|error| ProofError::cosign(&cosign.signature, error))?;
        let (source, identity) = (cosign.signature.clone(), Some(identity.clone()));
        Ok(Proof { kind: ProofKind::Cosign, source, signed_by: None, identity })
    }

    async fn fetch_both(&self, openpgp: &OpenPgp<Url>) -> Result<(Vec<u8>, Vec<u8>), ProofError> {
        Ok((self.fetch(&openpgp.keys).await?, self.fetch(&openpgp.signature).await?))
    }

    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, ProofError> {
        let request = self.network.request(url);
        let fetched =
            self.network.client.get(&request, LIMIT, (last_segment(url), self.reporter)).await;
        fetched.map(|small| small.bytes).map_err(|error| ProofError::Fetch(Box::new(error)))
    }

    fn path(&self, digest: &Digest) -> Result<PathBuf, ProofError> {
        self.cache.blob_path(digest).ok_or_else(|| ProofError::Changed(digest.clone()))
    }

    /// The digest of a cached file by another algorithm, when that is needed.
    fn hashed(&self, digest: &Digest, algorithm: Algorithm) -> Result<Digest, ProofError> {
        if digest.algorithm() == algorithm {
            return Ok(digest.clone());
        }
        let path = self.path(digest)?;
        let both = hash_both_ways(&path).map_err(|source| ProofError::Read { path, source })?;
        let (own, other) = match algorithm {
            Algorithm::Sha512 => (both.1, both.0),
            Algorithm::Sha256 => both,
        };
        match own == *digest {
            true => Ok(other),
            false => Err(ProofError::Changed(digest.clone())),
        }
    }
}

/// The SHA-512 and the SHA-256 of a file.
fn hash_both_ways(path: &Path) -> io::Result<(Digest, Digest)> {
    let hasher = RefCell::new(BlobHasher::new(Algorithm::Sha512));
    io::copy(&mut Hashed { file: File::open(path)?, hasher: &hasher }, &mut io::sink())?;
    Ok(hasher.into_inner().finish())
}

/// A file that is hashed while it is read.
struct Hashed<'a> {
    file: File,
    hasher: &'a RefCell<BlobHasher>,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read(buffer)?;
        self.hasher.borrow_mut().update(&buffer[..len]);
        Ok(len)
    }
}

fn last_segment(url: &Url) -> &str {
    url.path().rsplit('/').next().unwrap_or_default()
}
