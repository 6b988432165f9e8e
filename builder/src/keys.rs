//! Signing keys in minisign's format: made here or by stock `minisign -G`.
//!
//! The `minisign` crate reads and writes the files. It does not sign for us:
//! it mixes chance into every signature, and a bundle must be the same bytes
//! each time. Ed25519 without chance (RFC 8032) comes from the TLS library.

use crate::proof::OpenPgpError;
use aws_lc_rs::signature::Ed25519KeyPair;
use blake2::{Blake2b512, Digest};
use bundles::{KeyId, PublicKey, Signer};
use manifests::{ExitCode, Failure};
use minisign::{KeyPair, PError, SecretKeyBox};
use std::{
    fs, io,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Why a key cannot be read, made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot use key file `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key is never overwritten.
    #[error("`{path}` is already there")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Not a minisign secret key, or the wrong password.
    #[error("`{path}` is not a secret key of minisign, or the password is wrong")]
    Secret {
        /// The file.
        path: PathBuf,
        /// What minisign says.
        source: PError,
    },
    /// The password could not be asked for.
    #[error("cannot ask for the password of `{path}`")]
    Password {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The two passwords typed were not the same.
    #[error("the two passwords differ")]
    Typed,
    /// Not an OpenPGP secret key, or the wrong password.
    #[error("`{path}` is not an OpenPGP secret key, or the password is wrong")]
    OpenPgp {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<pgp::errors::Error>,
    },
    /// An OpenPGP key that signs in another way than ours do.
    #[error("`{path}` is not a key for packages: expected an Ed25519 key of OpenPGP version 4")]
    OtherKind {
        /// The file.
        path: PathBuf,
    },
    /// An OpenPGP key where one for bundles is needed.
    #[error("`{path}` is a key for OS packages: expected one for bundles")]
    ForPackages {
        /// The file.
        path: PathBuf,
    },
    /// There are OS packages, and nothing to sign their repositories with.
    #[error("the lockfile has OS packages for {systems}: expected a key for their repositories")]
    NoAptKey {
        /// Their systems.
        systems: String,
    },
    /// What is to be signed is older than the key, and nobody would take that.
    #[error("the key in `{path}` is of {born}, and is to sign packages of {made}")]
    TooYoung {
        /// The file.
        path: PathBuf,
        /// The day of the key.
        born: String,
        /// The day of what it is to sign.
        made: String,
    },
    /// No signature of OpenPGP can be of that day, or no key is as old.
    #[error("packages of {made} cannot be signed: expected a day from 2010 to 2105")]
    NoSuchDay {
        /// The day of what is to be signed.
        made: String,
    },
    /// An OpenPGP key that its owner has taken back.
    #[error("the key in `{path}` is revoked, and no host believes it")]
    Revoked {
        /// The file.
        path: PathBuf,
    },
    /// An OpenPGP key that does not last as long as a bundle.
    #[error("the key in `{path}` ends on {day}, and no host believes it after that")]
    Expires {
        /// The file.
        path: PathBuf,
        /// When.
        day: String,
    },
    /// An OpenPGP key that vouches for keys alone, or leaves signing to a subkey.
    #[error("the key in `{path}` is not one that signs data by itself")]
    NotForSigning {
        /// The file.
        path: PathBuf,
    },
    /// What an OpenPGP key signs does not hold.
    #[error("nobody would believe what the key in `{path}` signs")]
    Unbelieved {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<OpenPgpError>,
    },
    /// The key does not sign.
    #[error("the secret key in `{path}` is damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

impl Failure for KeyError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoAptKey { .. } => ExitCode::Usage,
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Exists { .. } => Some("choose another name with `-o`: whoever trusts the old key would no longer trust what you sign".into()),
            Self::Password { .. } => Some("where nobody can type, put the password in a file and name it with `--password-file`, or that of a key for OS packages with `--apt-key-password-file`".into()),
            Self::NoAptKey { .. } => Some("make one once with `bottari-builder key generate --apt`, then run the same command with `--apt-key apt.key`".into()),
            Self::ForPackages { .. } => Some("`bottari-builder key generate` makes one for bundles; this one belongs behind `--apt-key`".into()),
            Self::OtherKind { .. } => Some("make one with `bottari-builder key generate --apt`".into()),
            Self::TooYoung { .. } | Self::Revoked { .. } | Self::Expires { .. } | Self::NotForSigning { .. } | Self::Unbelieved { .. } => Some("make one with `bottari-builder key generate --apt`: it has no end and is older than the packages, and its public half travels in the bundle".into()),
            Self::NoSuchDay { .. } => Some("no other key helps: the day is that of the newest `indexes:` of the system in the lockfile; make it anew with `bottari-builder lock`".into()),
            Self::Secret { .. } | Self::OpenPgp { .. } => Some("`bottari-builder key show FILE` tells what a key file holds".into()),
            _ => None,
        }
    }
}

/// A secret key that is ready to sign.
pub struct SigningKey {
    path: PathBuf,
    id: KeyId,
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Where the parts of a secret key lie in the bytes that minisign writes:
/// algorithms (6), scrypt salt and limits (48), then these.
const ID: std::ops::Range<usize> = 54..62;
const SEED: std::ops::Range<usize> = 62..94;
const PUBLIC: std::ops::Range<usize> = 94..126;
/// Key derivation algorithm of a key without password.
const NO_PASSWORD: [u8; 2] = [0, 0];

impl SigningKey {
    /// Reads a key file; `password` is asked only when the key has one.
    pub fn load(
        path: &Path,
        password: impl FnOnce() -> io::Result<String>,
    ) -> Result<Self, KeyError> {
        let file = |source| KeyError::File { path: path.to_owned(), source };
        let secret = |source| KeyError::Secret { path: path.to_owned(), source };
        let text = fs::read_to_string(path).map_err(file)?;
        if is_openpgp(&text) {
            return Err(KeyError::ForPackages { path: path.to_owned() });
        }
        let boxed = SecretKeyBox::from_string(&text).map_err(secret)?;
        let key = if is_encrypted(&text) {
            let asked = |source| KeyError::Password { path: path.to_owned(), source };
            boxed.into_secret_key(Some(password().map_err(asked)?))
        } else {
            boxed.into_unencrypted_secret_key()
        };
        Self::from_bytes(path, &key.map_err(secret)?.to_bytes())
    }

    fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, KeyError> {
        let damaged = || KeyError::Damaged { path: path.to_owned() };
        let part = |range| bytes.get(range).ok_or_else(damaged);
        let (seed, public) = (part(SEED)?, part(PUBLIC)?);
        let pair =
            Ed25519KeyPair::from_seed_and_public_key(seed, public).map_err(|_why| damaged())?;
        let id: [u8; 8] = part(ID)?.try_into().map_err(|_why| damaged())?;
        let public = [b"Ed", &id[..], public].concat();
        let public = PublicKey::parse(&base64(&public)).map_err(|_why| damaged())?;
        Ok(Self { path: path.to_owned(), id: KeyId::from_bytes(id), pair, public })
    }

    /// The key that checks what this one signs.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl Signer for SigningKey {
    type Error = KeyError;

    fn key_id(&self) -> KeyId {
        self.id
    }

    fn sign(&self, manifest: &[u8], comment: &str) -> Result<[[u8; 64]; 2], KeyError> {
        let sign = |bytes: &[u8]| {
            let damaged = || KeyError::Damaged { path: self.path.clone() };
            self.pair.sign(bytes).as_ref().try_into().map_err(|_why| damaged())
        };
        let first: [u8; 64] = sign(&Blake2b512::digest(manifest))?;
        let second = sign(&[&first, comment.as_bytes()].concat())?;
        Ok([first, second])
    }
}

/// Makes a key pair: the secret key at `path`, readable by its owner alone, and
/// the public key beside it with `.pub` behind its name. Neither may be there.
pub fn generate(path: &Path, password: Option<String>) -> Result<(PathBuf, PublicKey), KeyError> {
    let secret = |source| KeyError::Secret { path: path.to_owned(), source };
    let pair = match password {
        Some(password) => KeyPair::generate_encrypted_keypair(Some(password)),
        None => KeyPair::generate_unencrypted_keypair(),
    };
    let pair = pair.map_err(secret)?;
    let damaged = |_why| KeyError::Damaged { path: path.to_owned() };
    let public = PublicKey::parse(&pair.pk.to_base64()).map_err(damaged)?;
    let comment = format!("bottari secret key {}", public.id());
    let boxed = pair.sk.to_box(Some(&comment)).map_err(secret)?;
    let public_path = with_ending(path, "pub");
    write_new(&public_path, 0o644, &public.render())?;
    write_new(path, 0o600, &boxed.into_string()).inspect_err(|_| {
        let _ = fs::remove_file(&public_path);
    })?;
    Ok((public_path, public))
}

/// Reads the public key of a `.pub` file, or of a secret key.
pub fn show(
    path: &Path,
    password: impl FnOnce() -> io::Result<String>,
) -> Result<PublicKey, KeyError> {
    let text = fs::read_to_string(path)
        .map_err(|source| KeyError::File { path: path.to_owned(), source })?;
    match PublicKey::parse(&text) {
        Ok(public) => Ok(public),
        Err(_) => SigningKey::load(path, password).map(|key| key.public),
    }
}

/// Reads a key to check signatures with.
pub fn to_trust(path: &Path) -> Result<PublicKey, KeyError> {
    // A secret key's own public half would do, but who has it can sign, so
    // checking with it proves nothing: a password is not asked for.
    show(path, || Err(io::Error::other("expected a public key")))
}

/// Whether a file's text is an OpenPGP key, of whatever kind.
pub(crate) fn is_openpgp(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN PGP ")
}

fn is_encrypted(text: &str) -> bool {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let bytes = text.lines().nth(1).and_then(|line| BASE64_STANDARD.decode(line).ok());
    bytes.and_then(|bytes| bytes.get(2..4).map(|kdf| *kdf != NO_PASSWORD)).unwrap_or(true)
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(bytes)
}

/// The file beside a secret key's: `release.pub` of `release.key`.
pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), KeyError> {
    let mut options = fs::File::options();
    let file = options.write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    })
    .map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.to_owned() },
        _ => KeyError::File { path: path.to_owned(), source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::unix::fs::PermissionsExt, process::Command};

    fn nobody() -> io::Result<String> {
        panic!("a key without password asks for none")
    }

    #[test]
    fn stock_minisign_accepts_what_our_key_signs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("release.key");
        let (public, _) = generate(&path, None).unwrap();
        let key = SigningKey::load(&path, nobody).unwrap();
        let [first, second] = key.sign(b"hello", "a comment").unwrap();
        let line = base64(&[b"ED", &key.key_id().bytes()[..], &first].concat());
        let text = format!(
            "untrusted comment: x\n{line}\ntrusted comment: a comment\n{}\n",
            base64(&second)
        );
        fs::write(folder.path().join("m"), "hello").unwrap();
        fs::write(folder.path().join("m.minisig"), text).unwrap();
        let verify = || {
            let mut minisign = Command::new("minisign");
            minisign.args(["-q", "-V", "-m", "m", "-p"]).arg(&public);
            minisign.current_dir(folder.path()).status().unwrap().success()
        };
        assert!(verify());
        fs::write(folder.path().join("m"), "hallo").unwrap();
        assert!(!verify());
    }

    #[test]
    fn one_key_signs_the_same_bytes_the_same_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.key");
        generate(&path, None).unwrap();
        let sign = || SigningKey::load(&path, nobody).unwrap().sign(b"x", "y").unwrap();
        assert_eq!(sign(), sign());
    }

    #[test]
    fn a_password_opens_the_key_and_a_wrong_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.key");
        let (_, public) = generate(&path, Some("보따리".into())).unwrap();
        let key = SigningKey::load(&path, || Ok("보따리".into())).unwrap();
        assert_eq!(key.public().fingerprint(), public.fingerprint());
        let wrong = SigningKey::load(&path, || Ok("보자기".into())).unwrap_err();
        assert!(matches!(wrong, KeyError::Secret { .. }), "{wrong}");
    }

    #[test]
    fn a_key_is_private_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.key");
        generate(&path, None).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(generate(&path, None), Err(KeyError::Exists { .. })));
        fs::remove_file(folder.path().join("k.pub")).unwrap();
        assert!(matches!(generate(&path, None), Err(KeyError::Exists { .. })));
        assert!(!folder.path().join("k.pub").exists());
    }

    #[test]
    fn a_public_key_is_shown_from_either_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.key");
        let (public_path, public) = generate(&path, None).unwrap();
        for path in [&path, &public_path] {
            assert_eq!(show(path, nobody).unwrap().render(), public.render());
        }
    }
}
