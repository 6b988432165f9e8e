//! An authority like Sigstore's: a root, one between, and certificates of ten
//! minutes that say who signs and who vouches for them.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType, date_time_ymd,
};
use std::time::Duration;

pub(crate) const IDENTITY: &str = "https://example.org/.github/workflows/release.yml@refs/tags/v1";
pub(crate) const VOUCHER: &str = "https://login.example.org";

pub(crate) struct Fulcio {
    root: Part,
    between: Part,
}

struct Part {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
    der: Vec<u8>,
}

/// What stands beside a file.
pub(crate) struct Signed {
    pub(crate) signature: String,
    pub(crate) certificate: String,
}

impl Fulcio {
    pub(crate) fn new() -> Self {
        let root = Part::authority("root", None);
        let between = Part::authority("between", Some(&root));
        Self { root, between }
    }

    /// All certificates, as the authority publishes them.
    pub(crate) fn pem(&self) -> String {
        format!("{}{}", self.between.pem, self.root.pem)
    }

    pub(crate) fn root(&self) -> String {
        bundles::sha256(&self.root.der).to_string()
    }

    /// Signs for the identity above, with a certificate for signing code.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Signed {
        self.sign_as(IDENTITY, ExtendedKeyUsagePurpose::CodeSigning, bytes)
    }

    pub(crate) fn sign_as(
        &self,
        identity: &str,
        purpose: ExtendedKeyUsagePurpose,
        bytes: &[u8],
    ) -> Signed {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::URI(identity.try_into().unwrap())];
        params.not_before = date_time_ymd(2024, 1, 15);
        params.not_after = params.not_before + Duration::from_mins(10);
        params.extended_key_usages = vec![purpose];
        let voucher = [&[0x0c, u8::try_from(VOUCHER.len()).unwrap()], VOUCHER.as_bytes()].concat();
        let id = [1, 3, 6, 1, 4, 1, 57264, 1, 8];
        params.custom_extensions = vec![CustomExtension::from_oid_content(&id, voucher)];
        let issuer = Issuer::from_params(&self.between.params, &self.between.key);
        let certificate = params.signed_by(&key, &issuer).unwrap().pem();
        Signed { signature: BASE64_STANDARD.encode(signature(&key, bytes)), certificate }
    }
}

impl Part {
    fn authority(name: &str, by: Option<&Part>) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        params.not_before = date_time_ymd(2023, 1, 1);
        params.not_after = date_time_ymd(2033, 1, 1);
        let certificate = match by {
            None => params.self_signed(&key),
            Some(by) => params.signed_by(&key, &Issuer::from_params(&by.params, &by.key)),
        };
        let certificate = certificate.unwrap();
        Self { pem: certificate.pem(), der: certificate.der().to_vec(), params, key }
    }
}

fn signature(key: &KeyPair, bytes: &[u8]) -> Vec<u8> {
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der());
    key.unwrap().sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec()
}
