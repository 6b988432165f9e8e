//! Why a request failed, and whether it may work later.

use super::request::readable;
use crate::cache::CacheError;
use manifests::Digest;
use std::time::Duration;
use url::Url;

/// A request that failed. URLs in it are without credentials and queries.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The client cannot be set up.
    #[error("cannot set up the HTTP client")]
    Setup {
        /// Why.
        source: reqwest::Error,
    },
    /// A proxy variable does not hold a proxy.
    #[error("`{variable}` does not hold the address of a proxy")]
    Proxy {
        /// The variable.
        variable: &'static str,
        /// Why.
        source: reqwest::Error,
    },
    /// The host's name has no address.
    #[error("cannot find the host of `{url}`")]
    Lookup {
        /// What was asked.
        url: String,
        /// The proxy variable in force.
        proxy: Option<&'static str>,
        /// Why.
        source: reqwest::Error,
    },
    /// No connection came up.
    #[error("cannot connect for `{url}`")]
    Connect {
        /// What was asked.
        url: String,
        /// The proxy variable in force.
        proxy: Option<&'static str>,
        /// Why.
        source: reqwest::Error,
    },
    /// The server's certificate is not trusted here.
    #[error("the certificate of the server of `{url}` is not trusted")]
    Certificate {
        /// What was asked.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The server fell silent.
    #[error("`{url}` sent nothing for {} s", .after.as_secs_f64())]
    Stalled {
        /// What was asked.
        url: String,
        /// How long we waited.
        after: Duration,
    },
    /// The connection broke in the middle.
    #[error("the answer of `{url}` was cut")]
    Cut {
        /// What was asked.
        url: String,
        /// Why, when the transport says so.
        source: Option<reqwest::Error>,
    },
    /// The server wants to know who asks, or knows and says no.
    #[error("`{url}` answered {status}: not allowed")]
    Refused {
        /// What was asked.
        url: String,
        /// The host.
        host: String,
        /// 401, 403 or 407.
        status: u16,
    },
    /// There is no such thing.
    #[error("`{url}` answered {status}: not there")]
    Missing {
        /// What was asked.
        url: String,
        /// 404 or 410.
        status: u16,
    },
    /// Any other answer that is not what was asked for.
    #[error("`{url}` answered {status}")]
    Status {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
        /// How long the server asked us to wait.
        retry_after: Option<Duration>,
    },
    /// The answer to a request for the rest cannot be joined to what is here.
    #[error("`{url}` did not continue at byte {offset}")]
    Discontinued {
        /// What was asked.
        url: String,
        /// How many bytes are here.
        offset: u64,
    },
    /// Redirects without an end, or to nowhere.
    #[error("`{url}` {what}")]
    Redirect {
        /// What was asked.
        url: String,
        /// What is wrong with where it led.
        what: String,
    },
    /// The body is not the plain bytes.
    #[error("`{url}`: expected plain bytes, found content encoding `{encoding}`")]
    Encoded {
        /// What was asked.
        url: String,
        /// The encoding.
        encoding: String,
    },
    /// The body has another size than it should.
    #[error("`{url}`: expected {expected}, found {found}")]
    Size {
        /// What was asked.
        url: String,
        /// "10 bytes", "at most 10 bytes".
        expected: String,
        /// "12 bytes", "more".
        found: String,
    },
    /// The body has another digest than it should.
    #[error("`{url}`: expected {expected}, found {found} after {size} bytes")]
    WrongBytes {
        /// What was asked.
        url: String,
        /// The digest it should have.
        expected: Digest,
        /// The digest it has.
        found: Digest,
        /// How many bytes arrived.
        size: u64,
    },
    /// The same failure too many times in a row.
    #[error("gave up after {attempts} attempts")]
    Exhausted {
        /// How many attempts failed.
        attempts: u32,
        /// How the last one failed.
        source: Box<HttpError>,
    },
    /// The registry gave no token.
    #[error("registry `{host}` gave no token")]
    Token {
        /// The registry's host.
        host: String,
        /// Whether asking again may help.
        passing: bool,
        /// Why.
        source: oci_client::errors::OciDistributionError,
    },
    /// Credentials for a registry cannot be read.
    #[error("cannot read the credentials for registry `{host}`: {why}")]
    Credentials {
        /// The registry's host.
        host: String,
        /// Why.
        why: String,
    },
    /// Our own disk.
    #[error("the download cannot be kept")]
    Cache(#[source] CacheError),
}

impl HttpError {
    /// Whether the same request may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Lookup { .. }
            | Self::Connect { .. }
            | Self::Stalled { .. }
            | Self::Cut { .. }
            | Self::Discontinued { .. } => true,
            Self::Status { status, .. } => {
                matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            Self::Token { passing, .. } => *passing,
            _ => false,
        }
    }

    /// How long the server asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the server wants (other) credentials.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// Whether the source gave other bytes than it should: trying again or
    /// elsewhere may give the right ones, but never from this answer.
    pub fn is_changed_source(&self) -> bool {
        matches!(self, Self::Size { .. } | Self::WrongBytes { .. })
    }

    /// The failure itself, below how often it was tried.
    pub fn root(&self) -> &Self {
        match self {
            Self::Exhausted { source, .. } => source.root(),
            other => other,
        }
    }

    pub(crate) fn wrong_bytes(url: &Url, expected: Digest, found: Digest, size: u64) -> Self {
        Self::WrongBytes { url: readable(url), expected, found, size }
    }

    pub(crate) fn cut(url: &Url, source: Option<reqwest::Error>) -> Self {
        Self::Cut { url: readable(url), source: source.map(reqwest::Error::without_url) }
    }

    pub(crate) fn size(url: &Url, expected: String, found: String) -> Self {
        Self::Size { url: readable(url), expected, found }
    }
}

impl From<CacheError> for HttpError {
    fn from(error: CacheError) -> Self {
        Self::Cache(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> HttpError {
        HttpError::Status { url: "https://a/".into(), status, retry_after: None }
    }

    #[test]
    fn a_busy_server_is_asked_again_and_a_wrong_request_is_not() {
        assert!([408, 429, 500, 502, 503, 504].into_iter().all(|s| status(s).is_retryable()));
        assert!(![400, 409, 501].into_iter().any(|s| status(s).is_retryable()));
    }
}
