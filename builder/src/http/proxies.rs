//! Proxies from the environment, and which variable to name when one fails.

use super::error::HttpError;
use crate::environment::Environment;
use reqwest::{ClientBuilder, NoProxy, Proxy};
use url::Url;

const HTTPS: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const HTTP: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
const NONE: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The proxies in force: variable and value by scheme, and the exceptions.
#[derive(Clone, Default)]
pub(crate) struct Proxies {
    https: Option<(&'static str, String)>,
    http: Option<(&'static str, String)>,
    exceptions: Option<String>,
}

impl Proxies {
    pub(crate) fn from_environment(environment: &Environment) -> Self {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| Some((*name, environment.get(name)?.to_owned())))
        };
        let exceptions = first(&NONE).map(|(_, value)| value);
        Self { https: first(&HTTPS), http: first(&HTTP), exceptions }
    }

    /// The variable whose proxy requests to this URL go through, unless
    /// `NO_PROXY` names the host.
    pub(super) fn variable(&self, url: &Url) -> Option<&'static str> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        proxy.as_ref().map(|(variable, _)| *variable)
    }

    pub(super) fn install(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, HttpError> {
        builder = builder.no_proxy();
        if let Some((variable, value)) = &self.https {
            builder = builder.proxy(self.proxy(Proxy::https(value), variable)?);
        }
        if let Some((variable, value)) = &self.http {
            builder = builder.proxy(self.proxy(Proxy::http(value), variable)?);
        }
        Ok(builder)
    }

    fn proxy(
        &self,
        proxy: reqwest::Result<Proxy>,
        variable: &'static str,
    ) -> Result<Proxy, HttpError> {
        // The cause would repeat the value, which may hold a password.
        let proxy =
            proxy.map_err(|error| HttpError::Proxy { variable, source: error.without_url() })?;
        Ok(proxy.no_proxy(self.exceptions.as_deref().and_then(NoProxy::from_string)))
    }

    /// The proxy for https, for a client that is not ours.
    pub(crate) fn https(&self) -> Option<String> {
        self.https.as_ref().map(|(_, value)| value.clone())
    }

    /// The proxy for http, likewise.
    pub(crate) fn http(&self) -> Option<String> {
        self.http.as_ref().map(|(_, value)| value.clone())
    }

    /// The hosts that are reached directly, likewise.
    pub(crate) fn exceptions(&self) -> Option<String> {
        self.exceptions.clone()
    }
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let variable =
            |proxy: &Option<(&'static str, String)>| proxy.as_ref().map(|(name, _)| *name);
        f.debug_list().entries([variable(&self.https), variable(&self.http)]).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_that_counts_is_named_by_scheme() {
        let environment =
            Environment::of([("HTTPS_PROXY", "http://me:pw@p:3128"), ("ALL_PROXY", "http://q:1")]);
        let proxies = Proxies::from_environment(&environment);
        let variable = |url: &str| proxies.variable(&url.parse().unwrap());
        assert_eq!(variable("https://a/"), Some("HTTPS_PROXY"));
        assert_eq!(variable("http://a/"), Some("ALL_PROXY"));
        assert!(!format!("{proxies:?}").contains("pw"));
    }
}
