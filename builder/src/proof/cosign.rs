//! Signatures by cosign without a key of one's own: the key lived for minutes,
//! and a certificate of those minutes says whose it was.
//!
//! Checked: the certificate leads to the root that the definition names, is one
//! for signing code, names the identity and who vouched for it, and its key
//! signed these bytes. Not checked: that the signature was made in those minutes,
//! which only the public log of signatures can tell. The signer has to have lost
//! or kept a key that is meant to be thrown away for that to matter.

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use manifests::{Digest, provenance::Authority};
use rustls::pki_types::{CertificateDer, UnixTime, pem::PemObject};
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::{
    asn1_rs::{FromDer, Utf8String},
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension, X509Extension},
};

/// 1.3.6.1.5.5.7.3.3
const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];

/// Where Fulcio, Sigstore's authority, says who vouched for the identity: as a
/// DER text, and as plain bytes in older certificates.
/// <https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>
const ISSUER: &str = "1.3.6.1.4.1.57264.1.8";
const ISSUER_OF_OLD: &str = "1.3.6.1.4.1.57264.1.1";

/// Sigstore's public instance: its root and where its certificates are kept.
/// <https://github.com/sigstore/root-signing>, read on 2026-11-21.
const SIGSTORE_ROOT: &str =
    "sha256:3ba7b6cc4e95469d4d334b49cb257ad8537076fa84b0ca87ff4ecfe6a54680c1";
const SIGSTORE_CERTIFICATES: [&str; 2] = [
    "https://raw.githubusercontent.com/sigstore/root-signing/main/targets/fulcio_v1.crt.pem",
    "https://raw.githubusercontent.com/sigstore/root-signing/main/targets/fulcio_intermediate_v1.crt.pem",
];

/// Why a signature proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum CosignError {
    /// The certificate cannot be read.
    #[error("there is no certificate at its address")]
    NotACertificate,
    /// The signature cannot be read.
    #[error("it is not a cosign signature")]
    NotASignature,
    /// The authority's certificates lack the root.
    #[error("the authority's certificates do not hold the root {0}")]
    NoRoot(Digest),
    /// Somebody else issued the certificate, or for something else.
    #[error("its certificate is not one of the authority's for signing code")]
    NotIssued(#[source] webpki::Error),
    /// Signed by somebody else.
    #[error("it is by {found}, expected {expected}")]
    Stranger {
        /// Whom the certificate names.
        found: String,
        /// Whose signature counts.
        expected: String,
    },
    /// Somebody else vouched for the signer.
    #[error("{found} vouches for the signer, expected {expected}")]
    OtherIssuer {
        /// Whom the certificate names.
        found: String,
        /// Whose word counts.
        expected: String,
    },
    /// It is not over these bytes.
    #[error("it does not fit: these are not the bytes that {0} signed")]
    Broken(String),
}

/// What was fetched to check a signature with.
pub(super) struct Evidence {
    pub(super) signature: Vec<u8>,
    pub(super) certificate: Vec<u8>,
    /// The authority's certificates, PEM, one file after the other.
    pub(super) authority: Vec<u8>,
}

/// Who must have signed, and who must say so.
pub(super) struct Signer<'a> {
    pub(super) identity: &'a str,
    pub(super) issuer: &'a str,
    pub(super) root: &'a Digest,
}

/// Sigstore's public instance.
pub(super) fn sigstore() -> Authority {
    let url = |text: &str| text.parse().expect("these are addresses");
    let root = SIGSTORE_ROOT.parse().expect("this is a digest");
    Authority { certificates: SIGSTORE_CERTIFICATES.iter().map(|text| url(text)).collect(), root }
}

/// Checks a signature over the bytes of this SHA-256.
pub(super) fn verify(
    evidence: &Evidence,
    signer: &Signer<'_>,
    sha256: &Digest,
) -> Result<(), CosignError> {
    let der = certificate(&evidence.certificate).ok_or(CosignError::NotACertificate)?;
    let (_, parsed) =
        X509Certificate::from_der(&der).map_err(|_why| CosignError::NotACertificate)?;
    issued(&der, &parsed, &evidence.authority, signer.root)?;
    check_names(&parsed, signer)?;
    let signature = signature(&evidence.signature).ok_or(CosignError::NotASignature)?;
    let bytes = hex::decode(sha256.hex()).expect("a digest is hex");
    let digest = digest::Digest::import_less_safe(&bytes, &digest::SHA256);
    let digest = digest.expect("32 bytes of a SHA-256");
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &parsed.public_key().subject_public_key.data)
        .verify_digest(&digest, &signature)
        .map_err(|_unspecified| CosignError::Broken(signer.identity.to_owned()))
}

/// PEM, or base64 of that, as Kubernetes publishes it.
fn certificate(bytes: &[u8]) -> Option<CertificateDer<'static>> {
    let first = |pem: &[u8]| CertificateDer::pem_slice_iter(pem).next()?.ok();
    first(bytes).or_else(|| first(&decoded(bytes)?))
}

/// DER in base64, or bare.
fn signature(bytes: &[u8]) -> Option<Vec<u8>> {
    const SEQUENCE: u8 = 0x30;
    let der = decoded(bytes).unwrap_or_else(|| bytes.to_vec());
    (der.first() == Some(&SEQUENCE)).then_some(der)
}

fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    BASE64_STANDARD.decode(text).ok()
}

/// The chain as it held at the moment of issue: a certificate of minutes is
/// always past its end when a release is locked.
fn issued(
    der: &CertificateDer<'_>,
    parsed: &X509Certificate<'_>,
    authority: &[u8],
    root: &Digest,
) -> Result<(), CosignError> {
    let all: Vec<CertificateDer<'_>> =
        CertificateDer::pem_slice_iter(authority).filter_map(Result::ok).collect();
    let (roots, between): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| bundles::sha256(one) == *root);
    let anchors: Result<Vec<_>, _> =
        roots.iter().map(|root| anchor_from_trusted_cert(root)).collect();
    let anchors = anchors.map_err(CosignError::NotIssued)?;
    if anchors.is_empty() {
        return Err(CosignError::NoRoot(root.clone()));
    }
    let born = u64::try_from(parsed.validity().not_before.timestamp()).unwrap_or_default();
    let born = UnixTime::since_unix_epoch(Duration::from_secs(born));
    let usage = KeyUsage::required(CODE_SIGNING);
    let leaf = EndEntityCert::try_from(der).map_err(CosignError::NotIssued)?;
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &between, born, usage, None, None)
        .map(drop)
        .map_err(CosignError::NotIssued)
}

fn check_names(parsed: &X509Certificate<'_>, signer: &Signer<'_>) -> Result<(), CosignError> {
    let found = identities(parsed);
    if found.iter().all(|name| name != signer.identity) {
        let (found, expected) = (listed(&found), signer.identity.to_owned());
        return Err(CosignError::Stranger { found, expected });
    }
    match issuer(parsed) {
        Some(issuer) if issuer == signer.issuer => Ok(()),
        found => Err(CosignError::OtherIssuer {
            found: found.unwrap_or_else(|| "nobody".into()),
            expected: signer.issuer.to_owned(),
        }),
    }
}

fn identities(parsed: &X509Certificate<'_>) -> Vec<String> {
    let extensions = parsed.extensions().iter().map(X509Extension::parsed_extension);
    let names = extensions.filter_map(|extension| match extension {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::RFC822Name(text) | GeneralName::URI(text) => Some((*text).to_owned()),
        _ => None,
    };
    names.flatten().filter_map(text).collect()
}

fn issuer(parsed: &X509Certificate<'_>) -> Option<String> {
    let value = |id: &str| {
        let mut extensions = parsed.extensions().iter();
        extensions.find(|extension| extension.oid.to_id_string() == id).map(|found| found.value)
    };
    match value(ISSUER) {
        Some(der) => Some(Utf8String::from_der(der).ok()?.1.string()),
        None => String::from_utf8(value(ISSUER_OF_OLD)?.to_vec()).ok(),
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "nobody it names".into(),
        names => names.join(", "),
    }
}
