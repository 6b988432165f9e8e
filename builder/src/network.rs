//! The way out: everything that lock and fetch need to reach sources, set up
//! once per run from what the command line and the environment say.

use crate::{
    environment::Environment,
    http::{HttpClient, HttpError, HttpOptions, Request},
    mirrors::Mirrors,
    registry::{Credentials, Registries},
};
use url::Url;

/// How sources are reached.
#[derive(Debug, Clone, Default)]
pub struct NetworkOptions {
    /// Where to ask instead.
    pub mirrors: Mirrors,
    /// Limits, timeouts and back-off.
    pub http: HttpOptions,
    /// Proxies, netrc and registry logins are found through it.
    pub environment: Environment,
}

impl NetworkOptions {
    /// The usual options with `jobs` requests at once.
    pub fn new(mirrors: Mirrors, jobs: usize, environment: Environment) -> Self {
        let http = HttpOptions { jobs, ..HttpOptions::default() };
        Self { mirrors, http, environment }
    }
}

/// The way out of one run.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) client: HttpClient,
    mirrors: Mirrors,
    credentials: Credentials,
    jobs: usize,
}

impl Network {
    pub(crate) fn open(options: &NetworkOptions) -> Result<Self, HttpError> {
        Ok(Self {
            client: HttpClient::new(options.http.clone(), &options.environment)?,
            mirrors: options.mirrors.clone(),
            credentials: Credentials::from_environment(&options.environment),
            jobs: options.http.jobs.max(1),
        })
    }

    pub(crate) fn registries(&self) -> Result<Registries<'_>, HttpError> {
        Registries::new(&self.client, &self.mirrors, self.credentials.clone())
    }

    /// How many things to work on at once: enough that every request slot is
    /// taken while some wait for their host.
    pub(crate) fn tasks(&self) -> usize {
        self.jobs * 2
    }

    /// The request for a source, after mirrors.
    pub(crate) fn request(&self, source: &Url) -> Request {
        match self.mirrors.url(source) {
            Some(mirror) => Request::new(&mirror, true),
            None => Request::new(source, false),
        }
    }
}

/// The name of the partial download of a URL.
pub(crate) fn partial_key(url: &Url) -> String {
    bundles::sha256(url.as_str().as_bytes()).hex().to_owned()
}
