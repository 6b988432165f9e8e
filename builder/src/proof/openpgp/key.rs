//! Keys as key files hold them. Anybody can write into such a file: nothing in it
//! counts but what the key itself has signed, and of two copies of a key both count,
//! so that none can leave out what the other says.

use super::{Judged, OpenPgpError, list};
use manifests::provenance::KeyFingerprint;
use pgp::{
    composed::{Deserializable, SignedPublicKey, SignedPublicSubKey},
    crypto::hash::HashAlgorithm,
    packet::{KeyFlags, PublicKey, PublicSubkey, Signature, SignatureType, SubpacketData, UserId},
    types::{Duration, KeyDetails, Tag, Timestamp},
};
use std::{cmp::Reverse, collections::BTreeMap, io, io::Read};

const KEY_BLOCK: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/// A key file of this many bytes is looked at. Debian's has 90,000.
const BYTES: usize = 4 * 1024 * 1024;

/// This many copies of a key that counts are looked at, where they differ.
const COPIES: usize = 16;

/// This many words of a key on itself are looked at. Each one costs time.
const WORDS: usize = 1024;

/// A key that counts.
pub(super) struct Key {
    pub(super) print: KeyFingerprint,
    copies: Vec<SignedPublicKey>,
}

/// What of a key has made a signature.
pub(super) enum Part<'k> {
    Primary(&'k PublicKey),
    Subkey(&'k PublicSubkey),
}

/// The keys that count. Whatever else the file holds is passed over, also when
/// it cannot be read.
pub(super) fn accepted(
    bytes: &[u8],
    accepted: &[KeyFingerprint],
) -> Result<Vec<Key>, OpenPgpError> {
    if bytes.len() > BYTES {
        return Err(OpenPgpError::TooMuch { what: "bytes of keys", most: BYTES });
    }
    let mut keys: Vec<Key> = Vec::new();
    for (print, copy) in copies(bytes, accepted) {
        match keys.iter_mut().find(|key| key.print == print) {
            Some(key) => key.add(copy)?,
            None => keys.push(Key { print, copies: vec![copy] }),
        }
    }
    keys.iter().try_for_each(Key::check_words)?;
    match keys.is_empty() {
        true => Err(OpenPgpError::NoKey(list(accepted))),
        false => Ok(keys),
    }
}

/// Every copy of an accepted key, with its fingerprint.
fn copies(bytes: &[u8], accepted: &[KeyFingerprint]) -> Vec<(KeyFingerprint, SignedPublicKey)> {
    let text = String::from_utf8_lossy(bytes);
    let blocks: Vec<Vec<u8>> = match text.find(KEY_BLOCK) {
        None => vec![bytes.to_vec()],
        Some(_) => {
            text.split(KEY_BLOCK).skip(1).map(|b| format!("{KEY_BLOCK}{b}").into()).collect()
        }
    };
    let named = |key: SignedPublicKey| {
        let print = format!("{:X}", key.fingerprint()).parse().ok()?;
        accepted.contains(&print).then_some((print, key))
    };
    let read = |block: Vec<u8>| -> Vec<_> {
        let keys = SignedPublicKey::from_reader_many(io::Cursor::new(block));
        let keys = keys.map(|(keys, _)| keys.filter_map(Result::ok).filter_map(named).collect());
        keys.unwrap_or_default()
    };
    blocks.into_iter().flat_map(read).collect()
}

impl Key {
    fn add(&mut self, copy: SignedPublicKey) -> Result<(), OpenPgpError> {
        if !self.copies.contains(&copy) {
            self.copies.push(copy);
        }
        match self.copies.len() > COPIES {
            true => Err(OpenPgpError::TooMuch { what: "copies of one key", most: COPIES }),
            false => Ok(()),
        }
    }

    fn check_words(&self) -> Result<(), OpenPgpError> {
        let details = self.copies.iter().map(|copy| &copy.details);
        let own = details.flat_map(|details| {
            let users = details.users.iter().flat_map(|user| &user.signatures);
            users.chain(&details.direct_signatures).chain(&details.revocation_signatures)
        });
        let subkeys = self.subkeys().flat_map(|subkey| &subkey.signatures);
        match own.chain(subkeys).filter(|word| self.claims(word)).count() > WORDS {
            true => Err(OpenPgpError::TooMuch { what: "words of a key on itself", most: WORDS }),
            false => Ok(()),
        }
    }

    fn primary(&self) -> &PublicKey {
        &self.copies[0].primary_key
    }

    fn subkeys(&self) -> impl Iterator<Item = &SignedPublicSubKey> {
        self.copies.iter().flat_map(|copy| &copy.public_subkeys)
    }

    /// Whether a word may be the key's own. May, not is. Old keys have words with
    /// SHA-1, which `gpgv` takes too; none with MD5.
    fn claims(&self, word: &Signature) -> bool {
        let nobody = word.issuer_fingerprint().is_empty() && word.issuer_key_id().is_empty();
        let by_us = nobody || issued(word, self.primary());
        by_us && word.hash_alg() != Some(HashAlgorithm::Md5)
    }

    /// What of this key may have made a signature.
    pub(super) fn part(&self, signature: &Signature) -> Option<Part<'_>> {
        let mut subkeys = self.subkeys().map(|subkey| &subkey.key);
        match issued(signature, self.primary()) {
            true => Some(Part::Primary(self.primary())),
            false => subkeys.find(|subkey| issued(signature, *subkey)).map(Part::Subkey),
        }
    }

    /// Checks the words of the owner: this part may sign, and could on that day.
    pub(super) fn vouch(
        &self,
        part: &Part<'_>,
        made: Timestamp,
        judged: Judged,
    ) -> Result<(), OpenPgpError> {
        let own = self.own_words(judged)?;
        let name = format!("key {}", self.print);
        let ends = own.iter().copied().find_map(lifetime);
        judged.in_time(&name, (self.primary().created_at(), ends), made)?;
        let Part::Subkey(subkey) = part else {
            // Keys without a word on their use may be used for everything.
            let signs = own.iter().copied().find_map(flags).is_none_or(KeyFlags::sign);
            return if signs { Ok(()) } else { Err(OpenPgpError::NotForSigning(name)) };
        };
        let name = format!("subkey {:X} of {name}", subkey.fingerprint());
        let ends = lifetime(self.binding(subkey, &name, judged)?);
        judged.in_time(&name, (subkey.created_at(), ends), made)
    }

    /// What the owner says of the key: first of it as such, then with the newest of its
    /// names first.
    fn own_words(&self, judged: Judged) -> Result<Vec<&Signature>, OpenPgpError> {
        let (key, details) = (self.primary(), || self.copies.iter().map(|copy| &copy.details));
        let mut revocations = details().flat_map(|details| &details.revocation_signatures);
        if revocations.any(|word| word.verify_key(key).is_ok()) {
            return Err(OpenPgpError::Revoked(format!("key {}", self.print)));
        }
        let direct = details().flat_map(|details| &details.direct_signatures);
        let direct = self.newest(direct, |word| word.verify_key(key).is_ok());
        let mut users = self.newest_of_names();
        users.sort_by_key(|word| Reverse(word.created()));
        let words = direct.into_iter().chain(users).filter(|word| judged.lasts(word));
        let words: Vec<_> = words.collect();
        match words.is_empty() {
            true => Err(OpenPgpError::Wordless(self.print.clone())),
            false => Ok(words),
        }
    }

    /// The newest word on each name, where the owner has not taken the name back.
    fn newest_of_names(&self) -> Vec<&Signature> {
        let mut names: BTreeMap<&[u8], (&UserId, Vec<&Signature>)> = BTreeMap::new();
        for user in self.copies.iter().flat_map(|copy| &copy.details.users) {
            let (_, words) = names.entry(user.id.id()).or_insert((&user.id, Vec::new()));
            words.extend(&user.signatures);
        }
        let newest = names.into_values().filter_map(|(name, words)| {
            self.newest(words, |word| {
                word.verify_certification(self.primary(), Tag::UserId, name).is_ok()
            })
        });
        newest.filter(|word| word.typ() != Some(SignatureType::CertRevocation)).collect()
    }

    /// The newest word that binds a subkey: it may sign, and both keys say so.
    fn binding(
        &self,
        subkey: &PublicSubkey,
        name: &str,
        judged: Judged,
    ) -> Result<&Signature, OpenPgpError> {
        let same = self.subkeys().filter(|one| one.key.fingerprint() == subkey.fingerprint());
        let words: Vec<_> = same.flat_map(|one| &one.signatures).collect();
        let (revocations, bindings): (Vec<&Signature>, Vec<_>) =
            words.into_iter().partition(|w| w.typ() == Some(SignatureType::SubkeyRevocation));
        let holds = |word: &Signature| word.verify_subkey_binding(self.primary(), subkey).is_ok();
        if revocations.into_iter().any(holds) {
            return Err(OpenPgpError::Revoked(name.into()));
        }
        let both = |word: &&Signature| {
            let back = word.embedded_signature();
            let back = back.map(|back| back.verify_primary_key_binding(subkey, self.primary()));
            word.key_flags().sign() && back.is_some_and(|back| back.is_ok())
        };
        let newest = self.newest(bindings, holds).filter(|word| judged.lasts(word)).filter(both);
        newest.ok_or_else(|| OpenPgpError::NotForSigning(name.into()))
    }

    /// The newest of the key's own words that hold. Of two of one second the stricter
    /// counts: their order in the file is anybody's.
    fn newest<'w>(
        &self,
        words: impl IntoIterator<Item = &'w Signature>,
        holds: impl Fn(&Signature) -> bool,
    ) -> Option<&'w Signature> {
        let mut words: Vec<_> = words.into_iter().filter(|word| self.claims(word)).collect();
        words.sort_by_key(|word| {
            let revokes = word.typ() == Some(SignatureType::CertRevocation);
            (Reverse(word.created()), !revokes, lifetime(word).unwrap_or(u32::MAX))
        });
        words.into_iter().find(|word| holds(word))
    }
}

impl Part<'_> {
    /// Checks a signature over data; its words are not looked at.
    pub(super) fn verify(&self, signature: &Signature, data: impl Read) -> bool {
        match self {
            Self::Primary(key) => signature.verify(*key, data).is_ok(),
            Self::Subkey(key) => signature.verify(*key, data).is_ok(),
        }
    }
}

/// Whether a signature says that this key made it. Says, not proves.
fn issued(signature: &Signature, key: &impl KeyDetails) -> bool {
    signature.issuer_fingerprint().contains(&&key.fingerprint())
        || signature.issuer_key_id().contains(&&key.legacy_key_id())
}

/// The seconds that a word gives a key from its birth; none for an endless one.
fn lifetime(word: &Signature) -> Option<u32> {
    word.key_expiration_time().map(Duration::as_secs).filter(|seconds| *seconds > 0)
}

/// What a word lets a key be used for, if it says so.
fn flags(word: &Signature) -> Option<&KeyFlags> {
    word.config()?.hashed_subpackets().find_map(|part| match &part.data {
        SubpacketData::KeyFlags(flags) => Some(flags),
        _ => None,
    })
}
