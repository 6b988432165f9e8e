//! Whether hosts believe what a key signs: judged where the key is loaded. Behind the
//! air gap it is too late, and nobody there can make another.

use crate::keys::KeyError;
use pgp::{
    composed::SignedSecretKey,
    packet::{KeyFlags, Signature, SignatureType, SubpacketData},
    types::{Duration, KeyDetails},
};
use std::path::Path;

/// Refuses a key that is taken back, comes to an end, or does not sign. Any end is too
/// early: hosts may be years ahead, and a bundle has no end.
pub(super) fn check(path: &Path, key: &SignedSecretKey) -> Result<(), KeyError> {
    let path = || path.to_owned();
    let own: Vec<_> = words(key).filter(|word| claims(word, key)).collect();
    if own.iter().any(|word| revokes(word)) {
        return Err(KeyError::Revoked { path: path() });
    }
    if let Some(seconds) = own.iter().copied().find_map(end) {
        let born = std::time::SystemTime::from(key.primary_key.created_at());
        let day = born + std::time::Duration::from_secs(seconds.into());
        return Err(KeyError::Expires { path: path(), day: httpdate::fmt_http_date(day) });
    }
    // Keys without a word on their use may be used for everything.
    match own.iter().copied().filter_map(flags).all(KeyFlags::sign) {
        true => Ok(()),
        false => Err(KeyError::NotForSigning { path: path() }),
    }
}

/// All that is said of the key itself; its subkeys sign nothing here.
fn words(key: &SignedSecretKey) -> impl Iterator<Item = &Signature> {
    let names = key.details.users.iter().flat_map(|user| &user.signatures);
    names.chain(&key.details.direct_signatures).chain(&key.details.revocation_signatures)
}

/// Whether a word may be the key's own; what others say of it does not count.
fn claims(word: &Signature, key: &SignedSecretKey) -> bool {
    let (prints, ids) = (word.issuer_fingerprint(), word.issuer_key_id());
    prints.is_empty() && ids.is_empty()
        || prints.contains(&&key.fingerprint())
        || ids.contains(&&key.legacy_key_id())
}

fn revokes(word: &Signature) -> bool {
    matches!(word.typ(), Some(SignatureType::KeyRevocation | SignatureType::CertRevocation))
}

/// The seconds from the key's birth after which it, or what vouches for it, is over.
fn end(word: &Signature) -> Option<u32> {
    let ends = [word.key_expiration_time(), word.signature_expiration_time()];
    ends.into_iter().flatten().map(Duration::as_secs).find(|seconds| *seconds > 0)
}

fn flags(word: &Signature) -> Option<&KeyFlags> {
    word.config()?.hashed_subpackets().find_map(|part| match &part.data {
        SubpacketData::KeyFlags(flags) => Some(flags),
        _ => None,
    })
}
