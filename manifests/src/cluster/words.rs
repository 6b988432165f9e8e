//! The words of a cluster file, checked once, here.

use crate::checked_name::checked_name;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

/// A checked text that the JSON schema knows too.
macro_rules! word {
    ($(#[$doc:meta])* $type:ident, $what:literal, $expected:literal, $pattern:literal, $check:expr) => {
        checked_name!($(#[$doc])* $type, $what, $expected, $check);

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $expected, "pattern": $pattern })
            }
        }
    };
}

word!(
    /// What a host is called, in the cluster and by itself: an RFC 1123 label.
    HostName,
    "a host name",
    "1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    label
);

word!(
    /// A DNS domain in lower case, without a dot at its end: `cluster.local`.
    DomainName,
    "a domain name",
    "labels of a-z, 0-9 and `-` with dots between, at most 253 characters",
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$",
    domain
);

word!(
    /// A user on a host: `root`, `ops`, `first.last@site`.
    UserName,
    "a user name",
    r"1 to 64 of letters, digits, `.`, `_`, `-`, `@` and `\`, beginning with a letter or `_`",
    r"^[A-Za-z_][A-Za-z0-9._@\\-]{0,63}$",
    |text| {
        (1..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-@\\".contains(c))
    }
);

word!(
    /// A path on the operator's machine. `~/` in front is the operator's home;
    /// a relative path begins in the folder of the cluster file.
    UserPath,
    "a path",
    "a path such as `~/.ssh/id_ed25519`, with `~` only as `~/` in front",
    r"^(~/)?[^~\u0000-\u001f][^\u0000-\u001f]*$",
    |text| {
        let rest = text.strip_prefix("~/").unwrap_or(text);
        !rest.is_empty() && !rest.starts_with('~') && !rest.chars().any(char::is_control)
    }
);

word!(
    /// Where clients reach an API server: `192.0.2.10:6443`, `api.site.example:6443`.
    Endpoint,
    "an endpoint",
    "HOST:PORT with an IPv4 address or a domain name, such as `192.0.2.10:6443`",
    r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?:[0-9]{1,5}$",
    |text| {
        let Some((host, port)) = text.split_once(':') else { return false };
        domain(host)
            && port.bytes().all(|b| b.is_ascii_digit())
            && port.parse::<u64>().is_ok_and(|port| Port::try_from(port).is_ok())
            && (host.parse::<IpAddr>().is_ok() || !host.ends_with(|c: char| c.is_ascii_digit()))
    }
);

fn label(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inside)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn domain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(label)
}

impl UserPath {
    /// The path itself, given the operator's home and the cluster file's folder.
    pub fn resolve(&self, home: &Path, folder: &Path) -> PathBuf {
        match self.0.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => folder.join(&self.0),
        }
    }
}

impl Endpoint {
    /// The address or name in front of the port.
    pub fn host(&self) -> &str {
        self.0.split_once(':').map_or("", |(host, _)| host)
    }

    /// The address, when it is not a name.
    pub fn address(&self) -> Option<IpAddr> {
        self.host().parse().ok()
    }

    /// The endpoint at an address of a host.
    pub fn at(address: IpAddr, port: Port) -> Self {
        Self(format!("{address}:{port}"))
    }
}

/// A TCP port, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Port(u16);

impl Port {
    /// The port of SSH.
    pub(super) const SSH: Self = Self(22);
    /// The usual port of an API server.
    pub(super) const API: Self = Self(6443);
    /// The port our registry listens on when the file says nothing.
    pub(super) const REGISTRY: Self = Self(5443);

    /// As a number.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl TryFrom<u64> for Port {
    type Error = String;
    fn try_from(number: u64) -> Result<Self, String> {
        let port = u16::try_from(number).ok().filter(|port| *port > 0);
        port.map(Self).ok_or_else(|| format!("expected a port from 1 to 65535, found {number}"))
    }
}

impl From<Port> for u64 {
    fn from(port: Port) -> u64 {
        port.0.into()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Port {
    fn schema_name() -> Cow<'static, str> {
        "Port".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "description": "a TCP port", "minimum": 1, "maximum": 65535 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is<T: std::str::FromStr>(text: &str) -> bool {
        text.parse::<T>().is_ok()
    }

    #[test]
    fn host_names_are_labels_in_lower_case() {
        let longest = "a".repeat(63);
        for good in ["a", "cp-1", "1", "0a", &longest] {
            assert!(is::<HostName>(good), "{good}");
        }
        for bad in ["", "-a", "a-", "CP-1", "a.b", "a_b", "a b", "é", "..", &"a".repeat(64)] {
            assert!(!is::<HostName>(bad), "{bad}");
        }
    }

    #[test]
    fn domains_are_labels_with_dots_between() {
        for good in ["cluster.local", "k8s", "a.b.c-d"] {
            assert!(is::<DomainName>(good), "{good}");
        }
        let long = ["a".repeat(60).as_str(); 5].join(".");
        for bad in ["", ".", "a.", ".a", "a..b", "Cluster.local", "a_b.c", &long] {
            assert!(!is::<DomainName>(bad), "{bad}");
        }
    }

    #[test]
    fn users_cannot_look_like_an_option() {
        for good in ["root", "ops", "_backup", "first.last@site", r"SITE\ops"] {
            assert!(is::<UserName>(good), "{good}");
        }
        for bad in ["", "-oProxyCommand=x", "a b", "a\n", "1st", "a;b", "$USER"] {
            assert!(!is::<UserName>(bad), "{bad}");
        }
    }

    #[test]
    fn a_tilde_is_the_home_and_other_paths_begin_beside_the_file() {
        let resolve = |text: &str| {
            let path: UserPath = text.parse().unwrap();
            path.resolve(Path::new("/home/ops"), Path::new("/srv/site"))
        };
        assert_eq!(resolve("~/.ssh/id"), Path::new("/home/ops/.ssh/id"));
        assert_eq!(resolve("keys/id"), Path::new("/srv/site/keys/id"));
        assert_eq!(resolve("/etc/id"), Path::new("/etc/id"));
        for bad in ["", "~", "~/", "~other/id", "~/~", "a\nb"] {
            assert!(!is::<UserPath>(bad), "{bad}");
        }
    }

    #[test]
    fn endpoints_are_a_host_and_a_port() {
        for good in ["192.0.2.10:6443", "api.site.example:443"] {
            assert!(is::<Endpoint>(good), "{good}");
        }
        for bad in [
            "192.0.2.10",
            "192.0.2.256:6443",
            "https://a:6443",
            "a:0",
            "a:65536",
            ":1",
            "a:1:2",
            "a:+1",
        ] {
            assert!(!is::<Endpoint>(bad), "{bad}");
        }
        let endpoint = Endpoint::at("192.0.2.10".parse().unwrap(), Port::API);
        assert_eq!(endpoint.as_str(), "192.0.2.10:6443");
        assert_eq!(endpoint.address(), Some("192.0.2.10".parse().unwrap()));
    }

    #[test]
    fn ports_end_at_65535() {
        assert_eq!(Port::try_from(65535).map(Port::number), Ok(65535));
        assert!(Port::try_from(0).is_err() && Port::try_from(65536).is_err());
    }
}
