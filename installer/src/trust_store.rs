//! The keys that are trusted on this host: one `.pub` file each, in folders that
//! only `trust add` fills. A key never comes from a bundle.

use bundles::{KeyId, PublicKey, PublicKeyError, Trust};
use manifests::{ExitCode, Failure};
use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Why keys cannot be read, added or removed.
#[derive(Debug, thiserror::Error)]
pub enum TrustStoreError {
    /// A key file or folder cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not a public key.
    #[error("`{path}` does not hold a public key")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PublicKeyError,
    },
    /// The fingerprint typed is not that of the key.
    #[error("the key in `{path}` does not have the fingerprint that was given: it is not trusted")]
    Fingerprint {
        /// The key's file.
        path: PathBuf,
    },
    /// There is nobody to ask.
    #[error("the fingerprint of `{path}` must be given, and this is not a terminal to ask at")]
    NobodyToAsk {
        /// The key's file.
        path: PathBuf,
    },
    /// Another key with this id is trusted already.
    #[error("another key with the id {id} is already trusted, in `{path}`")]
    IdTaken {
        /// The id both have.
        id: KeyId,
        /// Where the other one is.
        path: PathBuf,
    },
    /// No trusted key has this id.
    #[error("no key {id} is trusted here")]
    NotHere {
        /// The id.
        id: KeyId,
    },
    /// There is no folder for keys.
    #[error("there is no folder for trusted keys: neither `XDG_CONFIG_HOME` nor `HOME` is set")]
    NoPlace,
    /// A key file cannot be written or removed.
    #[error("cannot change `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for TrustStoreError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Fingerprint { .. } | Self::IdTaken { .. } => ExitCode::Untrusted,
            Self::NobodyToAsk { .. } => ExitCode::Usage,
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Fingerprint { .. } => "compare again with the paper that came with the medium, digit by digit; if it still differs, do not use the key and ask whoever sent it".into(),
            Self::NobodyToAsk { path } => format!("type it from the paper: `bottari-installer trust add {} --fingerprint \"XXXX XXXX ...\"`", path.display()),
            Self::IdTaken { id, .. } => format!("if the new one replaces it, first run `bottari-installer trust remove {id}`"),
            Self::NotHere { .. } => "`bottari-installer trust list` shows the keys that are trusted here".into(),
            Self::NoPlace => "set `BOTTARI_TRUST_DIR` to a folder for them".into(),
            Self::Key { source, .. } => return source.hint(),
            Self::Read { .. } | Self::Write { .. } => return None,
        })
    }
}

/// A key and the file that holds it.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// Its file.
    pub path: PathBuf,
}

/// The folders that are looked into, and the one that is written to.
#[derive(Debug, Clone)]
pub struct TrustStore {
    folders: Vec<PathBuf>,
    own: Option<PathBuf>,
}

impl TrustStore {
    /// `/etc/bottari/trust` and the user's `~/.config/bottari/trust`; or
    /// `$BOTTARI_TRUST_DIR` alone.
    pub fn of_this_host() -> Self {
        let env = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        Self::from_environment(crate::rollback::is_root(), env)
    }

    fn from_environment(is_root: bool, env: impl Fn(&str) -> Option<OsString>) -> Self {
        if let Some(only) = env("BOTTARI_TRUST_DIR").map(PathBuf::from) {
            return Self { folders: vec![only.clone()], own: Some(only) };
        }
        let system = PathBuf::from("/etc/bottari/trust");
        let config = env("XDG_CONFIG_HOME").map(PathBuf::from);
        let config = config.or_else(|| Some(PathBuf::from(env("HOME")?).join(".config")));
        let user = config.map(|config| config.join("bottari/trust"));
        let own = if is_root { Some(system.clone()) } else { user.clone() };
        Self { folders: std::iter::once(system).chain(user).collect(), own }
    }

    /// Every trusted key, sorted by id within each folder.
    pub fn keys(&self) -> Result<Vec<TrustedKey>, TrustStoreError> {
        let mut keys = Vec::new();
        for folder in &self.folders {
            let mut found = keys_in(folder)?;
            found.sort_by_key(|trusted| trusted.key.id());
            keys.append(&mut found);
        }
        Ok(keys)
    }

    /// Trusts a key whose fingerprint somebody has compared. Gives its file.
    pub fn add(&self, key: &PublicKey) -> Result<PathBuf, TrustStoreError> {
        let same_id = self.keys()?.into_iter().find(|trusted| trusted.key.id() == key.id());
        if let Some(TrustedKey { key: known, path }) = same_id {
            return match known.fingerprint() == key.fingerprint() {
                true => Ok(path),
                false => Err(TrustStoreError::IdTaken { id: key.id(), path }),
            };
        }
        let folder = self.own.as_ref().ok_or(TrustStoreError::NoPlace)?;
        let path = folder.join(format!("{}.pub", key.id()));
        let written = write_key(folder, &path, key);
        written.map_err(|source| TrustStoreError::Write { path: path.clone(), source })?;
        Ok(path)
    }

    /// Stops trusting a key, wherever it is. Gives the files that held it.
    pub fn remove(&self, id: KeyId) -> Result<Vec<PathBuf>, TrustStoreError> {
        let here = self.keys()?.into_iter().filter(|trusted| trusted.key.id() == id);
        let paths: Vec<_> = here.map(|trusted| trusted.path).collect();
        if paths.is_empty() {
            return Err(TrustStoreError::NotHere { id });
        }
        for path in &paths {
            fs::remove_file(path)
                .map_err(|source| TrustStoreError::Write { path: path.clone(), source })?;
        }
        Ok(paths)
    }
}

/// Reads one key file.
pub fn read_key(path: &Path) -> Result<PublicKey, TrustStoreError> {
    let text = fs::read_to_string(path)
        .map_err(|source| TrustStoreError::Read { path: path.to_owned(), source })?;
    PublicKey::parse(&text).map_err(|source| TrustStoreError::Key { path: path.to_owned(), source })
}

/// Makes keys into the trust that bundles are opened with.
pub fn trust(keys: &[TrustedKey], require: usize) -> Trust {
    Trust::new(keys.iter().map(|trusted| trusted.key.clone()).collect(), require)
}

/// A file in the folder that is not a key is a mistake to hear about: keys that
/// are silently passed over end in a bundle that nobody understands to be refused.
fn keys_in(folder: &Path) -> Result<Vec<TrustedKey>, TrustStoreError> {
    let unreadable = |source| TrustStoreError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut keys = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "pub") {
            keys.push(TrustedKey { key: read_key(&path)?, path });
        }
    }
    Ok(keys)
}

fn write_key(folder: &Path, path: &Path, key: &PublicKey) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new();
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut file = file.permissions(readable).tempfile_in(folder)?;
    file.write_all(key.render().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    fn store(folder: &Path) -> TrustStore {
        TrustStore { folders: vec![folder.to_owned()], own: Some(folder.to_owned()) }
    }

    #[test]
    fn a_key_is_added_found_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder.path().join("not/there/yet"));
        let key = PublicKey::parse(KEY).unwrap();
        assert!(store.keys().unwrap().is_empty());
        let path = store.add(&key).unwrap();
        assert_eq!(store.add(&key).unwrap(), path);
        assert_eq!(store.keys().unwrap()[0].key.fingerprint(), key.fingerprint());
        assert_eq!(store.remove(key.id()).unwrap(), [path]);
        assert!(matches!(store.remove(key.id()), Err(TrustStoreError::NotHere { .. })));
    }

    #[test]
    fn another_key_cannot_take_the_id_of_a_trusted_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        store.add(&PublicKey::parse(KEY).unwrap()).unwrap();
        let forged = KEY.replace("GFO3", "GFOA");
        let forged = PublicKey::parse(&forged).unwrap();
        assert!(matches!(store.add(&forged), Err(TrustStoreError::IdTaken { .. })));
        assert_eq!(store.keys().unwrap().len(), 1);
    }

    #[test]
    fn a_broken_key_file_is_told_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("README"), "keys live here").unwrap();
        assert!(store(folder.path()).keys().unwrap().is_empty());
        fs::write(folder.path().join("x.pub"), "not a key").unwrap();
        assert!(matches!(store(folder.path()).keys(), Err(TrustStoreError::Key { .. })));
    }

    #[test]
    fn one_variable_replaces_all_folders() {
        let env = |name: &str| match name {
            "HOME" => Some(OsString::from("/home/a")),
            _ => None,
        };
        let user = TrustStore::from_environment(false, env);
        assert_eq!(user.own.as_deref(), Some(Path::new("/home/a/.config/bottari/trust")));
        assert_eq!(user.folders[0], Path::new("/etc/bottari/trust"));
        let root = TrustStore::from_environment(true, env);
        assert_eq!(root.own.as_deref(), Some(Path::new("/etc/bottari/trust")));
        let only = TrustStore::from_environment(true, |name| {
            (name == "BOTTARI_TRUST_DIR").then(|| OsString::from("/t"))
        });
        assert_eq!(only.folders, [Path::new("/t")]);
    }
}
