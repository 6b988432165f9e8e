//! What is asked, and with which right.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::header::{HeaderMap, HeaderValue};
use url::Url;

/// One thing to GET. The same value is sent again when an attempt fails.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where to ask, after mirrors. Without credentials: see [`Self::new`].
    pub url: Url,
    /// Whether a `--mirrors` file sent us there; only such a place may lead
    /// from https to http.
    pub mirrored: bool,
    /// Headers besides those the client sets itself.
    pub headers: HeaderMap,
    /// The right to ask, for this host only. Without it, netrc is looked at.
    pub authorization: Option<Authorization>,
}

/// An `Authorization` header. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization(HeaderValue);

impl Request {
    /// A request. Credentials in the URL become an [`Authorization`].
    pub fn new(url: &Url, mirrored: bool) -> Self {
        let (url, login) = without_credentials(url);
        let authorization = login.map(|login| Authorization::basic(&login.user, &login.password));
        Self { url, mirrored, headers: HeaderMap::new(), authorization }
    }

    /// The same request with an `Accept` header.
    #[must_use]
    pub fn accepting(mut self, media_types: &str) -> Self {
        let value = HeaderValue::from_str(media_types).expect("media types are plain ASCII");
        self.headers.insert(reqwest::header::ACCEPT, value);
        self
    }
}

impl Authorization {
    /// User and password.
    pub fn basic(user: &str, password: &str) -> Self {
        Self::sensitive(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
            .expect("base64 is plain ASCII")
    }

    /// A token. None when no header can hold it.
    pub fn bearer(token: &str) -> Option<Self> {
        Self::sensitive(&format!("Bearer {token}"))
    }

    fn sensitive(text: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorization(masked)")
    }
}

/// User and password as they stand in a URL. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(masked)")
    }
}

/// Takes the credentials out of a URL.
pub(crate) fn without_credentials(url: &Url) -> (Url, Option<Login>) {
    let mut bare = url.clone();
    // Only URLs that cannot have a host refuse this, and they have no credentials.
    let _ = (bare.set_username(""), bare.set_password(None));
    let login = (bare != *url).then(|| Login {
        user: decoded(url.username()),
        password: decoded(url.password().unwrap_or("")),
    });
    (bare, login)
}

/// Undoes the percent-encoding of a user or password in a URL.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A URL for people: without credentials, and without a query, which may hold
/// a signature that is as good as a password.
pub(crate) fn readable(url: &Url) -> String {
    let (mut url, _) = without_credentials(url);
    url.set_query(url.query().map(|_| "…"));
    url.to_string().replace("%E2%80%A6", "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_a_url_become_a_masked_header() {
        let url: Url = "https://us%40er:p%3Ass@example.org/a?sig=s3cret".parse().unwrap();
        let request = Request::new(&url, true);
        assert_eq!(request.url.as_str(), "https://example.org/a?sig=s3cret");
        assert_eq!(request.authorization, Some(Authorization::basic("us@er", "p:ss")));
        assert!(!format!("{:?}", request.authorization).contains("Basic"));
        assert_eq!(readable(&url), "https://example.org/a?…");
    }

    #[test]
    fn a_url_without_credentials_gives_no_header() {
        let request = Request::new(&"http://127.0.0.1:1/%zz".parse().unwrap(), false);
        assert_eq!(request.authorization, None);
    }
}
