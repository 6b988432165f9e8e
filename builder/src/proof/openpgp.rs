//! OpenPGP signatures, detached and around a text. A key counts for its fingerprint, which the
//! definition states; everything else in a key file is only what was fetched.

use manifests::provenance::KeyFingerprint;
use pgp::{
    composed::{
        CleartextSignedMessage, Deserializable, DetachedSignature, SignedPublicKey,
        SignedPublicSubKey,
    },
    packet::Signature,
    types::{Duration, KeyDetails, Timestamp},
};
use std::io::{self, Read};

const KEY_BLOCK: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/// Why a signature proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum OpenPgpError {
    /// The key file lacks every key that counts.
    #[error("the key file holds no key {0}")]
    NoKey(String),
    /// Not a signature.
    #[error("it is not an OpenPGP signature")]
    NotASignature,
    /// Signed by somebody else.
    #[error("it is by {found}, expected {expected}")]
    Stranger {
        /// Who signed.
        found: String,
        /// Whose signature counts.
        expected: String,
    },
    /// The owner has taken the key back.
    #[error("key {0} is revoked")]
    Revoked(KeyFingerprint),
    /// Made when the key was not valid.
    #[error("it was made when key {0} was not valid")]
    OutOfTime(KeyFingerprint),
    /// It is not over these bytes.
    #[error("it does not fit: these are not the bytes that key {0} signed")]
    Broken(KeyFingerprint),
    /// The signed bytes cannot be read.
    #[error("the signed bytes cannot be read")]
    Read(#[from] io::Error),
}

/// Checks that one of the `accepted` keys signed what `open` reads, and says
/// which. `open` is asked at most once for each signature.
pub(crate) fn verify<R: Read>(
    (keys, signature): (&[u8], &[u8]),
    accepted: &[KeyFingerprint],
    open: impl Fn() -> io::Result<R>,
) -> Result<KeyFingerprint, OpenPgpError> {
    let keys = accepted_keys(keys, accepted);
    if keys.is_empty() {
        return Err(OpenPgpError::NoKey(list(accepted)));
    }
    by_one_of(&keys, &signatures(signature), accepted, open)
}

/// Checks a text that holds its own signature, and gives the part that is signed,
/// with plain line ends. Text before or behind that is refused.
pub(crate) fn verify_cleartext(
    (keys, text): (&[u8], &str),
    accepted: &[KeyFingerprint],
) -> Result<(KeyFingerprint, String), OpenPgpError> {
    let keys = accepted_keys(keys, accepted);
    if keys.is_empty() {
        return Err(OpenPgpError::NoKey(list(accepted)));
    }
    let message = CleartextSignedMessage::from_string(text);
    let (message, _) = message.map_err(|_error| OpenPgpError::NotASignature)?;
    let text = message.signed_text();
    let open = || Ok(text.as_bytes());
    let signer = by_one_of(&keys, message.signatures(), accepted, open)?;
    Ok((signer, text.replace("\r\n", "\n")))
}

fn by_one_of<R: Read>(
    keys: &[Accepted],
    signatures: &[Signature],
    accepted: &[KeyFingerprint],
    open: impl Fn() -> io::Result<R>,
) -> Result<KeyFingerprint, OpenPgpError> {
    let mut outcome = match signatures.is_empty() {
        true => OpenPgpError::NotASignature,
        false => OpenPgpError::Stranger { found: issuers(signatures), expected: list(accepted) },
    };
    for (signature, (print, key)) in pairs(signatures, keys) {
        match check(signature, key, print, open()?) {
            Ok(()) => return Ok(print.clone()),
            Err(error) => outcome = error,
        }
    }
    Err(outcome)
}

type Accepted = (KeyFingerprint, SignedPublicKey);

/// The keys that count. Whatever else the file holds is passed over, also when
/// it cannot be read.
fn accepted_keys(bytes: &[u8], accepted: &[KeyFingerprint]) -> Vec<Accepted> {
    let text = String::from_utf8_lossy(bytes);
    let blocks: Vec<Vec<u8>> = match text.find(KEY_BLOCK) {
        None => vec![bytes.to_vec()],
        Some(_) => {
            text.split(KEY_BLOCK).skip(1).map(|b| format!("{KEY_BLOCK}{b}").into()).collect()
        }
    };
    let read = |block: Vec<u8>| -> Vec<SignedPublicKey> {
        let keys = SignedPublicKey::from_reader_many(io::Cursor::new(block));
        keys.map(|(keys, _)| keys.filter_map(Result::ok).collect()).unwrap_or_default()
    };
    let keys = blocks.into_iter().flat_map(read).filter_map(|key| Some((fingerprint(&key)?, key)));
    keys.filter(|(print, _)| accepted.contains(print)).collect()
}

fn fingerprint(key: &impl KeyDetails) -> Option<KeyFingerprint> {
    format!("{:X}", key.fingerprint()).parse().ok()
}

fn signatures(bytes: &[u8]) -> Vec<Signature> {
    match DetachedSignature::from_reader_many(io::Cursor::new(bytes)) {
        Ok((all, _)) => all.filter_map(Result::ok).map(|one| one.signature).collect(),
        Err(_) => Vec::new(),
    }
}

/// Each signature with the accepted key that may have made it.
fn pairs<'a>(
    signatures: &'a [Signature],
    keys: &'a [Accepted],
) -> impl Iterator<Item = (&'a Signature, (&'a KeyFingerprint, &'a SignedPublicKey))> {
    let may = |signature: &Signature, key: &SignedPublicKey| {
        issued(signature, key) || key.public_subkeys.iter().any(|subkey| issued(signature, subkey))
    };
    signatures.iter().flat_map(move |signature| {
        let makers = keys.iter().filter(move |(_, key)| may(signature, key));
        makers.map(move |(print, key)| (signature, (print, key)))
    })
}

/// Whether a signature says that this key made it. Says, not proves.
fn issued(signature: &Signature, key: &impl KeyDetails) -> bool {
    signature.issuer_fingerprint().contains(&&key.fingerprint())
        || signature.issuer_key_id().contains(&&key.legacy_key_id())
}

fn check(
    signature: &Signature,
    key: &SignedPublicKey,
    print: &KeyFingerprint,
    data: impl Read,
) -> Result<(), OpenPgpError> {
    if key.details.revocation_signatures.iter().any(|one| one.verify_key(&key.primary_key).is_ok())
    {
        return Err(OpenPgpError::Revoked(print.clone()));
    }
    if !in_time(signature, key) {
        return Err(OpenPgpError::OutOfTime(print.clone()));
    }
    let subkey = key.public_subkeys.iter().find(|subkey| issued(signature, *subkey));
    let verified = match subkey {
        Some(subkey) if may_sign(subkey, key) => signature.verify(&subkey.key, data).is_ok(),
        Some(_) => false,
        None => signature.verify(&key.primary_key, data).is_ok(),
    };
    match verified {
        true => Ok(()),
        false => Err(OpenPgpError::Broken(print.clone())),
    }
}

/// A subkey signs for its primary key only when both say so, and it has not
/// been taken back.
fn may_sign(subkey: &SignedPublicSubKey, key: &SignedPublicKey) -> bool {
    use pgp::packet::SignatureType::SubkeyRevocation;
    subkey.verify_bindings(&key.primary_key).is_ok()
        && subkey.signatures.iter().any(|binding| binding.key_flags().sign())
        && !subkey.signatures.iter().any(|one| one.typ() == Some(SubkeyRevocation))
}

/// A signature is good for ever when the key was valid on the day it was made:
/// releases outlive keys. The end is what the newest word of the owner says.
fn in_time(signature: &Signature, key: &SignedPublicKey) -> bool {
    let Some(made) = signature.created() else { return false };
    let details = &key.details;
    let words = details.users.iter().flat_map(|user| &user.signatures);
    let words = words.chain(&details.direct_signatures);
    let own = words.filter(|word| issued(word, key));
    let newest = own.max_by_key(|word| word.created());
    let lifetime = newest.and_then(Signature::key_expiration_time).map(Duration::as_secs);
    let (born, made) = (seconds(key.created_at()), seconds(made));
    let now = seconds(Timestamp::now());
    let ends = lifetime.filter(|time| *time > 0).map(|time| born + u64::from(time));
    let unexpired = signature.signature_expiration_time().map(Duration::as_secs);
    let unexpired =
        unexpired.filter(|time| *time > 0).is_none_or(|time| now < made + u64::from(time));
    born <= made && ends.is_none_or(|ends| made < ends) && unexpired
}

fn seconds(time: Timestamp) -> u64 {
    u64::from(time.as_secs())
}

fn issuers(signatures: &[Signature]) -> String {
    let prints = signatures.iter().flat_map(Signature::issuer_fingerprint);
    let mut names: Vec<_> = prints.map(|print| format!("{print:X}")).collect();
    if names.is_empty() {
        let ids = signatures.iter().flat_map(Signature::issuer_key_id);
        names = ids.map(|id| id.to_string().to_uppercase()).collect();
    }
    match names.is_empty() {
        true => "nobody it names".into(),
        false => names.join(", "),
    }
}

fn list(prints: &[KeyFingerprint]) -> String {
    let prints: Vec<_> = prints.iter().map(KeyFingerprint::as_str).collect();
    prints.join(" or ")
}
