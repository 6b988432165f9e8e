//! `HOST[:PORT]/PREFIX`: the one place that a push talks to.

use super::names::is_repository;
use axum::http::uri::Authority;
use std::{fmt, net::IpAddr, str::FromStr};

/// A registry, and the path below which everything is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    authority: Authority,
    prefix: String,
}

/// Why a text is not a [`Target`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// With `https://` or the like in front.
    #[error("expected HOST[:PORT]/PREFIX without `{0}://` in front")]
    Scheme(String),
    /// No host, or one with a login in front of it.
    #[error("`{0}` is not a registry: expected HOST or HOST:PORT")]
    Host(String),
    /// A prefix that no registry would take.
    #[error("`{0}` is not a prefix: expected lower-case words, `.`, `_`, `-` and `/`")]
    Prefix(String),
}

impl Target {
    /// Host and port as they were typed: what logins are looked up by.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The path in front of every name; empty when there is none.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A repository of a bundle as it is called in this registry.
    pub(super) fn repository(&self, name: &str) -> String {
        match self.prefix() {
            "" => name.to_owned(),
            prefix => format!("{prefix}/{name}"),
        }
    }
}

/// The host of an authority, without the brackets of IPv6.
pub(super) fn host(authority: &Authority) -> &str {
    authority.host().trim_start_matches('[').trim_end_matches(']')
}

/// Whether packets to this host stay on this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl FromStr for Target {
    type Err = TargetError;
    fn from_str(text: &str) -> Result<Self, TargetError> {
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(TargetError::Scheme(scheme.to_owned()));
        }
        let (place, prefix) = text.split_once('/').unwrap_or((text, ""));
        let authority = authority(place).ok_or_else(|| TargetError::Host(place.to_owned()))?;
        let prefix = prefix.trim_end_matches('/');
        if !prefix.is_empty() && !is_repository(prefix) {
            return Err(TargetError::Prefix(prefix.to_owned()));
        }
        Ok(Self { authority, prefix: prefix.to_owned() })
    }
}

/// Host and port, without a login.
pub(super) fn authority(text: &str) -> Option<Authority> {
    let authority = text.to_ascii_lowercase().parse::<Authority>().ok()?;
    let port = authority.as_str().rsplit_once(':').map(|(_, port)| port);
    let port_is_right = match port {
        Some(port) if !port.contains(']') => port.parse::<u16>().is_ok_and(|port| port > 0),
        _ => true,
    };
    let good = !authority.as_str().contains('@') && !host(&authority).is_empty() && port_is_right;
    good.then_some(authority)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.authority)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, String> {
        let target = text.parse::<Target>().map_err(|error| error.to_string())?;
        Ok(format!("{} {} {}", target.authority(), host(&target.authority), target.repository("a")))
    }

    #[test]
    fn a_target_is_a_host_and_a_prefix() {
        for (text, expected) in [
            ("harbor.site", "harbor.site harbor.site a"),
            ("Harbor.Site:8443/k8s/", "harbor.site:8443 harbor.site k8s/a"),
            ("[::1]:5000/x/y", "[::1]:5000 ::1 x/y/a"),
            ("10.0.0.1:5000/x", "10.0.0.1:5000 10.0.0.1 x/a"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_target_says_what_was_expected() {
        for text in [
            "",
            "/x",
            "https://a/b",
            "me:pw@a/b",
            "a/B",
            "a/../b",
            "a//b",
            "a:0/x",
            "a:99999/x",
            "a:/x",
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains("expected"), "{text}: {error}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(is_loopback("127.0.0.1") && is_loopback("::1") && is_loopback("localhost"));
        assert!(!is_loopback("10.0.0.1") && !is_loopback("localhost.example"));
    }
}
