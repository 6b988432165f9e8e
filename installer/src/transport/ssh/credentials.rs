//! The keys we come with: a named file, the agent's, or the usual files.

use crate::transport::{Secret, TransportError};
use russh::keys::{Error as KeyError, PrivateKey, load_secret_key};
use std::{
    collections::HashMap,
    fmt::Debug,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::Mutex;

/// How often a wrong passphrase may be typed.
const ATTEMPTS: usize = 3;

/// Asks the operator for the passphrase of a private key.
pub trait AskPassphrase: Send + Sync + Debug {
    /// Asks once; `None` when nobody can or will answer. May block.
    fn ask(&self, key: &Path) -> io::Result<Option<Secret>>;
}

/// For programs without a person in front of them.
#[derive(Debug, Clone, Copy)]
pub struct NobodyToAsk;

impl AskPassphrase for NobodyToAsk {
    fn ask(&self, _: &Path) -> io::Result<Option<Secret>> {
        Ok(None)
    }
}

/// Where keys come from. Keys stay in memory for the run, so that a passphrase
/// is asked for once and not for each host.
#[derive(Debug)]
pub struct Credentials {
    agent: Option<PathBuf>,
    usual_files: Vec<PathBuf>,
    ask: Arc<dyn AskPassphrase>,
    loaded: Mutex<HashMap<PathBuf, Arc<PrivateKey>>>,
}

impl Credentials {
    /// `agent` is the agent's socket, `usual_files` are tried in order where a
    /// host names no key.
    pub fn new(
        agent: Option<PathBuf>,
        usual_files: Vec<PathBuf>,
        ask: Arc<dyn AskPassphrase>,
    ) -> Self {
        Self { agent, usual_files, ask, loaded: Mutex::default() }
    }

    /// What the operator's own `ssh` would use.
    pub fn of_user(home: &Path, agent: Option<PathBuf>, ask: Arc<dyn AskPassphrase>) -> Self {
        let file = |name| home.join(".ssh").join(name);
        let usual = ["id_ed25519", "id_ecdsa", "id_rsa"].map(file);
        Self::new(agent, usual.into(), ask)
    }

    /// The agent's socket.
    pub(super) fn agent(&self) -> Option<&Path> {
        self.agent.as_deref()
    }

    /// The usual files that exist.
    pub(super) fn usual_files(&self) -> impl Iterator<Item = &Path> {
        self.usual_files.iter().map(PathBuf::as_path).filter(|path| path.is_file())
    }

    /// A private key, opened with the operator's help where it is locked.
    pub(super) async fn load(&self, path: &Path) -> Result<Arc<PrivateKey>, TransportError> {
        // Held while asking: with many hosts the question comes once.
        let mut loaded = self.loaded.lock().await;
        if let Some(key) = loaded.get(path) {
            return Ok(key.clone());
        }
        let (file, ask) = (path.to_owned(), self.ask.clone());
        let opened = tokio::task::spawn_blocking(move || open(&file, ask.as_ref())).await;
        let key = opened.unwrap_or_else(|error| Err(KeyError::IO(io::Error::other(error))));
        let unusable = |error: KeyError| TransportError::PrivateKey {
            path: path.to_owned(),
            source: error.into(),
        };
        let key = Arc::new(key.map_err(unusable)?);
        loaded.insert(path.to_owned(), key.clone());
        Ok(key)
    }
}

fn open(path: &Path, ask: &dyn AskPassphrase) -> Result<PrivateKey, KeyError> {
    let mut result = load_secret_key(path, None);
    for _ in 0..ATTEMPTS {
        let locked = matches!(&result, Err(KeyError::KeyIsEncrypted | KeyError::SshKey(_)));
        if !locked || !is_locked(path)? {
            return result;
        }
        match ask.ask(path)? {
            Some(passphrase) => result = load_secret_key(path, Some(passphrase.reveal())),
            None => return Err(KeyError::KeyIsEncrypted),
        }
    }
    result
}

/// Whether the file is a key that needs a passphrase, rather than a broken one.
fn is_locked(path: &Path) -> io::Result<bool> {
    let text = std::fs::read_to_string(path)?;
    Ok(match PrivateKey::from_openssh(&text) {
        Ok(key) => key.is_encrypted(),
        Err(_not_openssh) => text.contains("ENCRYPTED"),
    })
}
