//! The client: one attempt at one request, redirects included.

use super::{
    HttpError, HttpOptions, Netrc, Request,
    attempts::{self, Attempts},
    limits::{Limits, Permit},
    proxies::Proxies,
    redirect,
    request::readable,
};
use crate::environment::Environment;
use manifests::event::Reporter;
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION},
};
use std::{error::Error, time::SystemTime};
use url::Url;

/// How we introduce ourselves.
pub(crate) const USER_AGENT: &str = concat!("bottari-builder/", env!("CARGO_PKG_VERSION"));

/// The one HTTP client of a run.
#[derive(Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    limits: Limits,
    netrc: Netrc,
    proxies: Proxies,
    pub(crate) options: HttpOptions,
}

/// An answer whose status is one that somebody can use.
#[derive(Debug)]
pub(super) struct Response {
    /// The answer.
    pub(super) inner: reqwest::Response,
    _permit: Permit,
}

impl HttpClient {
    /// A client with the proxies and the netrc file that the environment names.
    pub fn new(options: HttpOptions, environment: &Environment) -> Result<Self, HttpError> {
        // Fails only when a provider was installed before, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let proxies = Proxies::from_environment(environment);
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.stall_timeout)
            .redirect(reqwest::redirect::Policy::none());
        let client = proxies
            .install(builder)?
            .build()
            .map_err(|source| HttpError::Setup { source: source.without_url() })?;
        let limits = Limits::new(options.per_host, options.jobs);
        let netrc = Netrc::from_environment(environment);
        Ok(Self { client, limits, netrc, proxies, options })
    }

    pub(crate) fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Attempts at something of ours that is not a request of this client.
    pub(crate) fn attempts<'a>(
        &'a self,
        (name, reporter): (&'a str, &'a dyn Reporter),
    ) -> Attempts<'a> {
        Attempts::new(&self.options.retry, name, reporter)
    }

    /// One attempt. `Ok` is a success, or 304 for a conditional request.
    pub(super) async fn send(
        &self,
        method: Method,
        request: &Request,
        extra: &HeaderMap,
    ) -> Result<Response, HttpError> {
        let permit = self.limits.permit(&request.url).await;
        let mut url = request.url.clone();
        for _ in 0..=self.options.redirects {
            let inner = self.hop(method.clone(), &url, request, extra).await?;
            if !is_redirect(inner.status()) {
                let inner = check(&url, inner)?;
                return Ok(Response { inner, _permit: permit });
            }
            let location = inner.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            url = redirect::next(&url, location, request.mirrored)?;
        }
        let what = format!("redirects more than {} times", self.options.redirects);
        Err(HttpError::Redirect { url: readable(&request.url), what })
    }

    async fn hop(
        &self,
        method: Method,
        url: &Url,
        request: &Request,
        extra: &HeaderMap,
    ) -> Result<reqwest::Response, HttpError> {
        let mut headers = request.headers.clone();
        headers.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(value) = self.authorization(url, request) {
            headers.insert(AUTHORIZATION, value);
        }
        let sent = self.client.request(method, url.clone()).headers(headers).send().await;
        sent.map_err(|error| self.failed(url, error))
    }

    /// The request's own right for the request's own host; netrc for others.
    fn authorization(&self, url: &Url, request: &Request) -> Option<HeaderValue> {
        let own = request.authorization.as_ref();
        own.filter(|_| redirect::same_origin(url, &request.url))
            .cloned()
            .or_else(|| self.netrc.authorization(url.host_str()?))
            .map(|authorization| authorization.header())
    }

    /// Names a failure below HTTP.
    pub(super) fn failed(&self, url: &Url, error: reqwest::Error) -> HttpError {
        let proxy = self.proxies.variable(url);
        let (place, source) = (readable(url), error.without_url());
        if is_certificate(&source) {
            HttpError::Certificate { url: place, source }
        } else if source.is_dns() {
            HttpError::Lookup { url: place, proxy, source }
        } else if source.is_connect() {
            HttpError::Connect { url: place, proxy, source }
        } else if source.is_timeout() {
            HttpError::Stalled { url: place, after: self.options.stall_timeout }
        } else {
            HttpError::cut(url, Some(source))
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn check(url: &Url, response: reqwest::Response) -> Result<reqwest::Response, HttpError> {
    let status = response.status().as_u16();
    let place = || readable(url);
    match status {
        200..=299 | 304 => Ok(response),
        401 | 403 | 407 => {
            let host = url.authority().to_owned();
            Err(HttpError::Refused { url: place(), host, status })
        }
        404 | 410 => Err(HttpError::Missing { url: place(), status }),
        _ => {
            let retry_after = attempts::retry_after(response.headers(), SystemTime::now());
            Err(HttpError::Status { url: place(), status, retry_after })
        }
    }
}

/// A certificate that is wrong now is wrong at the next attempt too.
fn is_certificate(error: &(dyn Error + 'static)) -> bool {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return matches!(tls, rustls::Error::InvalidCertificate(_));
    }
    // Asked for its source, an I/O error passes over the error that it wraps.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let wrapped = wrapped.map(|inner| inner as &(dyn Error + 'static));
    wrapped.or_else(|| error.source()).is_some_and(is_certificate)
}
