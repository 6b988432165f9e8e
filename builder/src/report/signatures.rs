//! Who signed a bundle, and whether anybody has looked.

use bundles::{Bundle, KeyId, PublicKey};
use serde::Serialize;

/// A public key to check signatures with.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    /// The name of its file, for commands to type.
    pub file: String,
    /// The key.
    pub key: PublicKey,
}

/// The signatures of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Signatures {
    /// Whether they were checked with trusted keys. If they were, enough are
    /// good: a bundle of which they are not has no report.
    pub checked: bool,
    /// How many trusted keys had to sign.
    pub required: usize,
    /// Every signature in the file.
    pub keys: Vec<SignatureFacts>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SignatureFacts {
    /// The id that its key claims.
    pub key_id: String,
    /// Whether a trusted key made it.
    pub trusted: bool,
    /// Fingerprint of that key; several only when trusted keys share an id.
    pub fingerprints: Vec<String>,
    /// The files of that key.
    #[serde(skip)]
    pub key_files: Vec<String>,
}

impl Signatures {
    pub(super) fn of(bundle: &Bundle, keys: &[TrustedKey], required: usize) -> Self {
        let ids = bundle.signatures().iter().map(bundles::BundleSignature::key_id);
        let keys_of = ids.map(|id| SignatureFacts::of(id, bundle.signed_by().contains(&id), keys));
        let (checked, keys) = (!keys.is_empty(), keys_of.collect());
        Self { checked, required: if checked { required.max(1) } else { 0 }, keys }
    }

    /// The signatures of trusted keys.
    pub(super) fn trusted(&self) -> impl Iterator<Item = &SignatureFacts> {
        self.keys.iter().filter(|key| key.trusted)
    }
}

impl SignatureFacts {
    fn of(id: KeyId, trusted: bool, keys: &[TrustedKey]) -> Self {
        let its: Vec<_> = keys.iter().filter(|one| trusted && one.key.id() == id).collect();
        Self {
            key_id: id.to_string(),
            trusted,
            fingerprints: its.iter().map(|one| one.key.fingerprint().to_string()).collect(),
            key_files: its.iter().map(|one| one.file.clone()).collect(),
        }
    }
}
