//! How a project proves that a file is its own: lists of checksums, OpenPGP
//! signatures over files or over such lists, and signatures by cosign. A
//! definition says where they are, a lockfile what they proved when it was written.

use crate::{Digest, checked_name::checked_name};
use serde::{Deserialize, Serialize};
use url::Url;

checked_name!(
    /// The fingerprint of an OpenPGP key, as `gpg --fingerprint` prints it but
    /// without blanks.
    KeyFingerprint,
    "the fingerprint of an OpenPGP key",
    "40 or 64 upper-case hex digits without blanks",
    |text| matches!(text.len(), 40 | 64)
        && text.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b))
);

/// A list of checksums: `HEX  NAME` in each line, `SHA256 (NAME) = HEX`, or one
/// digest alone. SHA-256 or SHA-512. `U` is a template in a definition and an
/// address when it is resolved.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Checksums<U = String> {
    /// Where the list is.
    pub url: U,
    /// Who signed the list.
    pub openpgp: Option<OpenPgp<U>>,
}

/// A detached OpenPGP signature. The keys are fetched too and believed for
/// their fingerprints alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OpenPgp<U = String> {
    /// Where the signature is, armored or binary.
    pub signature: U,
    /// Where the public keys are.
    pub keys: U,
    /// Whose signature counts: any of these primary keys.
    pub fingerprints: Vec<KeyFingerprint>,
    /// Where the fingerprints were read.
    pub source: String,
}

/// A signature by `cosign sign-blob` without a key of one's own: with one that
/// lived for minutes, and a certificate that says whose it was.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Cosign<U = String> {
    /// Where the signature is.
    pub signature: U,
    /// Where the certificate is: PEM, or base64 of that.
    pub certificate: U,
    /// Who must have signed: a mail address, or the address of a workflow.
    pub identity: String,
    /// Who says that it was them: the address of a login service.
    pub issuer: String,
    /// Who issues the certificates; Sigstore's public instance when left out.
    pub authority: Option<Authority>,
}

/// Who issues certificates for signatures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Authority {
    /// Where its certificates are, PEM. They are believed for the root alone.
    pub certificates: Vec<Url>,
    /// SHA-256 of its root's DER form.
    pub root: Digest,
}

/// What proved a locked file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Proof {
    /// What it is.
    pub kind: ProofKind,
    /// Where it was fetched: the list, or the signature over the file.
    pub source: Url,
    /// The key that signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<KeyFingerprint>,
    /// Whom the certificate names that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
}

/// Kinds of [`Proof`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofKind {
    /// A list of checksums names the file's digest.
    Checksums,
    /// An OpenPGP signature over the file itself.
    Openpgp,
    /// A signature by cosign over the file itself.
    Cosign,
}

impl ProofKind {
    /// The word on screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checksums => "checksums",
            Self::Openpgp => "OpenPGP signature",
            Self::Cosign => "cosign signature",
        }
    }
}

impl Proof {
    /// Whether somebody signed, and not only wrote it beside the file.
    pub fn is_signed(&self) -> bool {
        self.signed_by.is_some() || self.identity.is_some()
    }
}

impl Cosign {
    /// Fills the templates: addresses by `fill`, the identity by `text`.
    pub(crate) fn resolve(
        &self,
        fill: &dyn Fn(&str) -> Result<Url, String>,
        text: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Cosign<Url>, String> {
        let (signature, certificate) = (fill(&self.signature)?, fill(&self.certificate)?);
        let (issuer, authority) = (self.issuer.clone(), self.authority.clone());
        Ok(Cosign { signature, certificate, identity: text(&self.identity)?, issuer, authority })
    }
}

impl Checksums {
    /// Fills the templates.
    pub(crate) fn resolve(
        &self,
        fill: &dyn Fn(&str) -> Result<Url, String>,
    ) -> Result<Checksums<Url>, String> {
        let openpgp = self.openpgp.as_ref().map(|openpgp| openpgp.resolve(fill)).transpose()?;
        Ok(Checksums { url: fill(&self.url)?, openpgp })
    }
}

impl OpenPgp {
    /// Fills the templates.
    pub(crate) fn resolve(
        &self,
        fill: &dyn Fn(&str) -> Result<Url, String>,
    ) -> Result<OpenPgp<Url>, String> {
        if self.fingerprints.is_empty() {
            return Err("openpgp: expected the fingerprint of at least one key".into());
        }
        let (signature, keys) = (fill(&self.signature)?, fill(&self.keys)?);
        let (fingerprints, source) = (self.fingerprints.clone(), self.source.clone());
        Ok(OpenPgp { signature, keys, fingerprints, source })
    }
}
