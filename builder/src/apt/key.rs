//! The OpenPGP key that signs repositories of packages. Ed25519 has no chance in it,
//! and the time of a signature is given, so the same words get the same signature.
//!
//! Every key is of one early day, [`BORN`]. A verifier refuses a signature that is
//! older than its key: one made of an old lockfile, or one that a host sees whose
//! clock is slow. The day of a key proves nothing anyway; its fingerprint does.

use super::fitness;
use crate::{
    keys::{KeyError, is_openpgp, with_ending, write_new},
    proof::{OpenPgpError, verify_cleartext, verify_detached},
};
use aws_lc_rs::rand;
use manifests::provenance::KeyFingerprint;
use pgp::{
    composed::{
        ArmorOptions, CleartextSignedMessage, Deserializable, DetachedSignature, SignedKeyDetails,
        SignedPublicKey, SignedSecretKey,
    },
    crypto::{
        ed25519::{Mode, SecretKey as Seed},
        eddsa_legacy,
        hash::HashAlgorithm,
        public_key::PublicKeyAlgorithm,
        sym::SymmetricKeyAlgorithm,
    },
    errors::Error as PgpError,
    packet::{
        KeyFlags, PubKeyInner, PublicKey, SecretKey, SignatureConfig, SignatureType, Subpacket,
        SubpacketData, UserId,
    },
    types::{
        KeyDetails, KeyVersion, Password, PlainSecretParams, PublicParams, S2kParams, SecretParams,
        StringToKey, Tag, Timestamp,
    },
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The day of every key, in seconds since 1970: 2010-01-01. No system that gets a
/// repository is as old.
const BORN: u32 = 1_262_304_000;
/// Whom the key belongs to, as tools show it.
const OWNER: &str = "Bottari OS packages";
/// How much work a password takes: the most that the format can say, 62 MiB of SHA-256.
const WORK: u8 = 255;

/// A secret key that is ready to sign.
pub struct AptKey {
    path: PathBuf,
    secret: SignedSecretKey,
    password: Password,
}

impl std::fmt::Debug for AptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AptKey").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

impl AptKey {
    /// Reads a key file; `password` is asked only when the key has one.
    pub fn load(
        path: &Path,
        password: impl FnOnce() -> io::Result<String>,
    ) -> Result<Self, KeyError> {
        let secret = read_secret(path)?;
        let password = match secret.primary_key.secret_params().is_encrypted() {
            true => {
                password().map_err(|source| KeyError::Password { path: path.into(), source })?
            }
            false => String::new(),
        };
        let (path, password) = (path.to_owned(), Password::from(password));
        let key = Self { path, secret, password };
        fitness::check(&key.path, &key.secret)?;
        // A wrong password is found now too, not when everything has been fetched.
        key.try_out()?;
        Ok(key)
    }

    /// Signs a word and checks it as hosts will.
    fn try_out(&self) -> Result<(), KeyError> {
        const WORD: &str = "a word\n";
        let born = self.secret.primary_key.created_at().into();
        let (apart, around) = (self.detached(WORD, born)?, self.around(WORD, born)?);
        let (keys, print) = (self.public()?, self.fingerprint().parse());
        let print = [print.map_err(|_error| KeyError::OtherKind { path: self.path.clone() })?];
        let unbelieved = |source: OpenPgpError| KeyError::Unbelieved {
            path: self.path.clone(),
            source: Box::new(source),
        };
        verify_detached((keys.as_bytes(), apart.as_bytes()), &print, || Ok(WORD.as_bytes()))
            .map_err(unbelieved)?;
        verify_cleartext((keys.as_bytes(), &around), &print).map_err(unbelieved)?;
        Ok(())
    }

    /// Checks that a signature of this day would hold: not older than the key.
    pub fn can_sign(&self, made: SystemTime) -> Result<(), KeyError> {
        self.day(made).map(drop)
    }

    /// What names the key: 40 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.secret.primary_key)
    }

    /// The public key in ASCII armour, as `Signed-By` takes it.
    pub fn public(&self) -> Result<String, KeyError> {
        armoured_public(&self.secret).map_err(|source| self.failed(source))
    }

    /// The words with a signature around them: `InRelease`.
    pub fn around(&self, words: &str, made: SystemTime) -> Result<String, KeyError> {
        let config = self.config(SignatureType::Text, made)?;
        // The last line end belongs to the signature's frame.
        let words = words.trim_end_matches('\n');
        CleartextSignedMessage::new(words, config, &self.secret.primary_key, &self.password)
            .and_then(|signed| signed.to_armored_string(ArmorOptions::default()))
            .map_err(|source| self.failed(source))
    }

    /// A signature apart from the words: `Release.gpg`.
    pub fn detached(&self, words: &str, made: SystemTime) -> Result<String, KeyError> {
        let config = self.config(SignatureType::Binary, made)?;
        config
            .sign(&self.secret.primary_key, &self.password, words.as_bytes())
            .and_then(|one| DetachedSignature::new(one).to_armored_string(ArmorOptions::default()))
            .map_err(|source| self.failed(source))
    }

    fn config(&self, kind: SignatureType, made: SystemTime) -> Result<SignatureConfig, KeyError> {
        let time = self.day(made)?;
        config(&self.secret.primary_key, kind, time).map_err(|source| self.failed(source))
    }

    fn day(&self, made: SystemTime) -> Result<Timestamp, KeyError> {
        let born = SystemTime::from(self.secret.primary_key.created_at());
        let said = httpdate::fmt_http_date(made);
        match Timestamp::try_from(made) {
            Ok(time) if made >= born => Ok(time),
            // A key of ours would do.
            Ok(_) if made >= SystemTime::from(Timestamp::from_secs(BORN)) => {
                let (path, born) = (self.path.clone(), httpdate::fmt_http_date(born));
                Err(KeyError::TooYoung { path, born, made: said })
            }
            _ => Err(KeyError::NoSuchDay { made: said }),
        }
    }

    fn failed(&self, source: PgpError) -> KeyError {
        KeyError::OpenPgp { path: self.path.clone(), source: Box::new(source) }
    }
}

/// The fingerprint of a public or secret key, which needs no password.
pub fn show(path: &Path) -> Result<String, KeyError> {
    let text = read(path)?;
    match SignedPublicKey::from_string(&text) {
        Ok((public, _)) => Ok(fingerprint(&public.primary_key)),
        Err(_) => Ok(fingerprint(&read_secret(path)?.primary_key)),
    }
}

/// Makes a key pair: the secret key at `path`, readable by its owner alone, and the
/// public key beside it with `.asc` behind its name. Neither may be there. Gives the
/// public key's file and the fingerprint.
pub fn generate(path: &Path, password: Option<String>) -> Result<(PathBuf, String), KeyError> {
    let failed = |source| KeyError::OpenPgp { path: path.to_owned(), source: Box::new(source) };
    let secret = make(password).map_err(failed)?;
    let public = armoured_public(&secret).map_err(failed)?;
    let armoured = secret.to_armored_string(ArmorOptions::default()).map_err(failed)?;
    let public_path = with_ending(path, "asc");
    write_new(&public_path, 0o644, &public)?;
    write_new(path, 0o600, &armoured).inspect_err(|_| {
        let _ = fs::remove_file(&public_path);
    })?;
    Ok((public_path, fingerprint(&secret.primary_key)))
}

fn make(password: Option<String>) -> Result<SignedSecretKey, PgpError> {
    let seed = Seed::try_from_bytes(chance(), Mode::EdDSALegacy)?;
    let (algorithm, born) = (PublicKeyAlgorithm::EdDSALegacy, Timestamp::from_secs(BORN));
    let public = PublicParams::EdDSALegacy((&seed).into());
    let public = PubKeyInner::new(KeyVersion::V4, algorithm, born, None, public)?;
    let public = PublicKey::from_inner(public)?;
    let plain = PlainSecretParams::EdDSALegacy(eddsa_legacy::SecretKey::Ed25519(seed));
    let mut key = SecretKey::new(public.clone(), SecretParams::Plain(plain))?;
    let owner = UserId::from_str(pgp::types::PacketHeaderVersion::default(), OWNER)?;
    let mut own = config(&key, SignatureType::CertPositive, born)?;
    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(true);
    own.hashed_subpackets.push(Subpacket::critical(SubpacketData::KeyFlags(flags))?);
    let own = own.sign_certification(&key, &public, &Password::empty(), Tag::UserId, &owner)?;
    if let Some(password) = password {
        key.set_password_with_s2k(&Password::from(password), protection())?;
    }
    let details = SignedKeyDetails::new(vec![], vec![], vec![owner.into_signed(own)], vec![]);
    Ok(SignedSecretKey::new(key, details, vec![], vec![]))
}

/// What gpg uses too, so that it can read the key.
fn protection() -> S2kParams {
    let (hash_alg, salt, count) = (HashAlgorithm::Sha256, chance(), WORK);
    S2kParams::Cfb {
        sym_alg: SymmetricKeyAlgorithm::AES256,
        s2k: StringToKey::IteratedAndSalted { hash_alg, salt, count },
        iv: chance::<16>().to_vec().into(),
    }
}

fn chance<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// Version 4, where nothing of chance goes into a signature.
fn config(
    key: &SecretKey,
    kind: SignatureType,
    made: Timestamp,
) -> Result<SignatureConfig, PgpError> {
    let mut config = SignatureConfig::v4(kind, key.algorithm(), HashAlgorithm::Sha512);
    config.hashed_subpackets = vec![
        Subpacket::critical(SubpacketData::SignatureCreationTime(made))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
    ];
    config.unhashed_subpackets =
        vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?];
    Ok(config)
}

fn armoured_public(secret: &SignedSecretKey) -> Result<String, PgpError> {
    secret.to_public_key().to_armored_string(ArmorOptions::default())
}

fn read(path: &Path) -> Result<String, KeyError> {
    fs::read_to_string(path).map_err(|source| KeyError::File { path: path.into(), source })
}

/// A key as we make them. Others may sign with chance in it, or with a subkey that
/// runs out.
fn read_secret(path: &Path) -> Result<SignedSecretKey, KeyError> {
    let failed = |source| KeyError::OpenPgp { path: path.to_owned(), source: Box::new(source) };
    let other = || KeyError::OtherKind { path: path.to_owned() };
    let text = Some(read(path)?).filter(|text| is_openpgp(text)).ok_or_else(other)?;
    let (secret, _) = SignedSecretKey::from_string(&text).map_err(failed)?;
    match secret.primary_key.algorithm() {
        PublicKeyAlgorithm::EdDSALegacy => Ok(secret),
        _ => Err(other()),
    }
}

/// Whose public key this is, when it is one key as we write it and nothing beside it.
pub(super) fn only_key(text: &[u8]) -> Option<KeyFingerprint> {
    let text = std::str::from_utf8(text).ok()?;
    let (key, _) = SignedPublicKey::from_string(text).ok()?;
    let again = key.to_armored_string(ArmorOptions::default()).ok()?;
    (again == text).then(|| fingerprint(&key.primary_key).parse().ok()).flatten()
}

fn fingerprint(key: &impl KeyDetails) -> String {
    format!("{:X}", key.fingerprint())
}
