//! The right to read a repository: asked for when a registry wants it, once
//! per repository, and again when it has run out.

use super::{Credentials, endpoint::Endpoint};
use crate::http::{Attempts, Authorization, HttpClient, HttpError, Login};
use oci_client::{
    Client, Reference, RegistryOperation,
    client::{ClientConfig, ClientProtocol},
    errors::OciDistributionError,
    secrets::RegistryAuth,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Authorizations by host and repository.
pub(super) struct Tokens {
    credentials: Credentials,
    https: Client,
    http: Client,
    known: Mutex<HashMap<String, Arc<Slot>>>,
}

/// The lock lets one task ask while the others of this repository wait.
type Slot = tokio::sync::Mutex<Option<Authorization>>;

impl Tokens {
    pub(super) fn new(client: &HttpClient, credentials: Credentials) -> Result<Self, HttpError> {
        let build = |protocol| {
            Client::try_from(config(client, protocol)).map_err(|source| HttpError::Token {
                host: "any".into(),
                passing: false,
                source,
            })
        };
        let (https, http) = (build(ClientProtocol::Https)?, build(ClientProtocol::Http)?);
        Ok(Self { credentials, https, http, known: Mutex::default() })
    }

    /// The authorization to begin with: what worked before, or none.
    pub(super) async fn current(&self, endpoint: &Endpoint) -> Option<Authorization> {
        self.slot(endpoint).lock().await.clone()
    }

    /// A new authorization after `refused` was not enough. None when there is
    /// nothing to log in with.
    pub(super) async fn renew(
        &self,
        endpoint: &Endpoint,
        refused: Option<&Authorization>,
        mut attempts: Attempts<'_>,
    ) -> Result<Option<Authorization>, HttpError> {
        let slot = self.slot(endpoint);
        let mut known = slot.lock().await;
        if known.is_some() && known.as_ref() != refused {
            // Another task of this repository has asked while we waited.
            return Ok(known.clone());
        }
        let login = self.login(endpoint).await?;
        let token = loop {
            match self.ask(endpoint, &login).await {
                Ok(token) => break token,
                Err(error) => attempts.pause(error).await?,
            }
        };
        *known = match (token, login) {
            (Some(token), _) => Authorization::bearer(&token),
            (None, RegistryAuth::Basic(user, password)) => {
                Some(Authorization::basic(&user, &password))
            }
            (None, _) => None,
        };
        Ok(known.clone())
    }

    async fn ask(
        &self,
        endpoint: &Endpoint,
        login: &RegistryAuth,
    ) -> Result<Option<String>, HttpError> {
        let client = if endpoint.base.scheme() == "https" { &self.https } else { &self.http };
        let (host, repository) = (endpoint.host().to_owned(), endpoint.repository.clone());
        let reference = Reference::with_tag(host.clone(), repository, "latest".to_owned());
        let answer = client.auth(&reference, login, RegistryOperation::Pull).await;
        answer.map_err(|source| {
            let passing = matches!(source, OciDistributionError::RequestError(_));
            HttpError::Token { host, passing, source }
        })
    }

    async fn login(&self, endpoint: &Endpoint) -> Result<RegistryAuth, HttpError> {
        if let Some(Login { user, password }) = &endpoint.login {
            return Ok(RegistryAuth::Basic(user.clone(), password.clone()));
        }
        let (credentials, host) = (self.credentials.clone(), endpoint.host().to_owned());
        let repository = endpoint.repository.clone();
        tokio::task::spawn_blocking(move || credentials.find(&host, &repository))
            .await
            .expect("looking for credentials does not panic")
    }

    fn slot(&self, endpoint: &Endpoint) -> Arc<Slot> {
        let key = format!("{}/{}", endpoint.host(), endpoint.repository);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(key).or_default())
    }
}

fn config(client: &HttpClient, protocol: ClientProtocol) -> ClientConfig {
    let proxies = client.proxies();
    ClientConfig {
        protocol,
        read_timeout: Some(client.options.stall_timeout),
        connect_timeout: Some(client.options.connect_timeout),
        user_agent: crate::http::USER_AGENT,
        https_proxy: proxies.https(),
        http_proxy: proxies.http(),
        no_proxy: proxies.exceptions(),
        ..ClientConfig::default()
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}
