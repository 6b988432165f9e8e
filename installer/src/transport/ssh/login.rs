//! Logging in: offers keys in a sensible order, and few enough that the host
//! does not hang up.

use super::{HostAddress, credentials::Credentials, greeter::Greeter};
use crate::transport::TransportError;
use russh::{
    client::{AuthResult, Handle},
    keys::{
        Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKey,
        agent::{AgentIdentity, client::AgentClient},
    },
};
use std::path::Path;

/// sshd hangs up after six refused keys by default.
const MOST_KEYS: usize = 5;

/// Logs in, or says which keys were refused.
pub(super) async fn login(
    handle: &mut Handle<Greeter>,
    address: &HostAddress,
    credentials: &Credentials,
) -> Result<(), TransportError> {
    let mut login = Login { handle, address, credentials, tried: Vec::new() };
    let inside = match &address.key {
        Some(path) => login.with_named_key(path).await?,
        None => login.with_any_key().await?,
    };
    if inside {
        return Ok(());
    }
    let tried = match login.tried.is_empty() {
        true => "our keys: there is none, neither in an agent nor in the usual files".to_owned(),
        false => login.tried.join(", "),
    };
    Err(TransportError::NotLetIn { host: address.name.clone(), user: address.user.clone(), tried })
}

struct Login<'a> {
    handle: &'a mut Handle<Greeter>,
    address: &'a HostAddress,
    credentials: &'a Credentials,
    tried: Vec<String>,
}

impl Login<'_> {
    /// With the key the cluster file names. Where the agent holds it, nobody is
    /// asked for its passphrase.
    async fn with_named_key(&mut self, path: &Path) -> Result<bool, TransportError> {
        let mut public = path.as_os_str().to_owned();
        public.push(".pub");
        if let Ok(wanted) = russh::keys::load_public_key(Path::new(&public)) {
            let held = |key: &PublicKey| key.key_data() == wanted.key_data();
            if self.with_agent(held).await? {
                return Ok(true);
            }
        }
        self.with_file(path).await
    }

    async fn with_any_key(&mut self) -> Result<bool, TransportError> {
        if self.with_agent(|_| true).await? {
            return Ok(true);
        }
        for path in self.credentials.usual_files() {
            if self.tried.len() < MOST_KEYS && self.with_file(path).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn with_file(&mut self, path: &Path) -> Result<bool, TransportError> {
        let key = self.credentials.load(path).await?;
        self.tried.push(format!("`{}`", path.display()));
        let hash = self.hash_for(&key.algorithm()).await?;
        let offered = PrivateKeyWithHashAlg::new(key, hash);
        let user = self.address.user.clone();
        let answer = self.handle.authenticate_publickey(user, offered).await;
        Ok(matches!(self.answered(answer)?, AuthResult::Success))
    }

    /// An agent that cannot be reached or will not sign is no reason to stop.
    async fn with_agent(
        &mut self,
        wanted: impl Fn(&PublicKey) -> bool,
    ) -> Result<bool, TransportError> {
        let Some(socket) = self.credentials.agent() else { return Ok(false) };
        let Ok(mut agent) = AgentClient::connect_uds(socket).await else { return Ok(false) };
        for identity in agent.request_identities().await.unwrap_or_default() {
            let AgentIdentity::PublicKey { key, .. } = identity else { continue };
            if self.tried.len() >= MOST_KEYS || !wanted(&key) {
                continue;
            }
            self.tried.push(format!("the agent's {}", key.fingerprint(HashAlg::Sha256)));
            let hash = self.hash_for(&key.algorithm()).await?;
            let user = self.address.user.clone();
            let answer = self.handle.authenticate_publickey_with(user, key, hash, &mut agent).await;
            if matches!(answer, Ok(AuthResult::Success)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// RSA keys sign with SHA-2 or not at all: no hash would mean SHA-1.
    async fn hash_for(&self, algorithm: &Algorithm) -> Result<Option<HashAlg>, TransportError> {
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            return Ok(None);
        }
        let best = self.answered(self.handle.best_supported_rsa_hash().await)?;
        Ok(best.flatten().or(Some(HashAlg::Sha256)))
    }

    fn answered<T>(&self, answer: Result<T, russh::Error>) -> Result<T, TransportError> {
        answer.map_err(|error| TransportError::Lost {
            host: self.address.name.clone(),
            during: "login".to_owned(),
            source: Some(error.into()),
        })
    }
}
