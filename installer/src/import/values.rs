//! The values of variables, each for itself.

use std::{fmt, net::Ipv4Addr, str::FromStr};

/// The pod network of every cluster of K-PaaS; no variable changes it.
pub(super) const PODS: &str = "10.233.64.0/18";
/// The service network of every cluster of K-PaaS; no variable changes it.
pub(super) const SERVICES: &str = "10.233.0.0/18";
/// The pod network has a /24 for so many hosts.
pub(super) const MOST_HOSTS: usize = 64;

/// Addresses from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: Ipv4Addr,
    pub(super) last: Ipv4Addr,
}

impl Range {
    pub(super) fn contains(self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&address)
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// An address that one machine can have.
pub(super) fn address(text: &str) -> Result<Ipv4Addr, String> {
    let Ok(address) = Ipv4Addr::from_str(text) else {
        return Err(format!("`{text}` is not an IPv4 address: expected one such as `192.0.2.11`"));
    };
    let why = match address {
        v4 if v4.is_link_local() => "is a link-local address: it is reached over one cable only",
        v4 if v4.is_loopback() => "is a loopback address: other hosts cannot reach it",
        v4 if v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast() => {
            "belongs to no single machine"
        }
        _ => return Ok(address),
    };
    Err(format!("address {address} {why}"))
}

/// `192.0.2.150-192.0.2.160`
pub(super) fn range(text: &str) -> Result<Range, String> {
    let form = || format!("`{text}` is not a range: expected `192.0.2.150-192.0.2.160`");
    let (first, last) = text.split_once('-').ok_or_else(form)?;
    let range = Range { first: address(first)?, last: address(last)? };
    match range.first <= range.last {
        true => Ok(range),
        false => Err(format!("{range} ends before it begins")),
    }
}

/// How many hosts of a kind there are.
pub(super) fn count(text: &str) -> Result<usize, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    match number {
        Some(number @ 1..=MOST_HOSTS) => Ok(number),
        _ => Err(format!("expected a number from 1 to {MOST_HOSTS}, found `{text}`")),
    }
}

/// One of the words that K-PaaS knows.
pub(super) fn word<T: Copy>(words: &[(&str, T)], text: &str) -> Result<T, String> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let words: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
    Err(format!("expected {}, found `{text}`", words.join(" or ")))
}

/// Where the API server is reached: an address or a name in lower case.
pub(super) fn balancer(text: &str) -> Result<manifests::cluster::Endpoint, String> {
    format!("{text}:6443").parse().ok().ok_or_else(|| {
        format!(
            "`{text}` is neither an IPv4 address nor a name in lower case such as `api.site.example`"
        )
    })
}
