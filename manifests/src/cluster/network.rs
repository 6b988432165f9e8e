//! A range of addresses: `10.244.0.0/16`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, net::IpAddr, str::FromStr};

/// Why a text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Not ADDRESS/BITS.
    #[error("`{0}` is not a network: expected ADDRESS/BITS such as `192.0.2.0/24`")]
    Form(String),
    /// An address inside the network stands where its first address belongs.
    #[error("`{found}` is an address inside a network: expected its first address, `{meant}`")]
    Inside {
        /// As written.
        found: String,
        /// The network it lies in.
        meant: Network,
    },
}

/// A range of addresses, IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// The network with this many leading bits that an address lies in.
    pub(super) fn around(address: IpAddr, prefix: u8) -> Self {
        let host_bits = width(address) - prefix;
        let bits = bits(address).checked_shr(host_bits.into()).unwrap_or(0);
        let first = bits.checked_shl(host_bits.into()).unwrap_or(0);
        Self { address: from_bits(first, address), prefix }
    }

    /// The first address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many leading bits all its addresses share.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether an address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && Self::around(address, self.prefix) == *self
    }

    /// Whether any address lies in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other.address) || other.contains(self.address)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// An address of the same family as `like`.
fn from_bits(bits: u128, like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(bits).unwrap_or(u32::MAX).into()),
        IpAddr::V6(_) => IpAddr::V6(bits.into()),
    }
}

impl FromStr for Network {
    type Err = NetworkError;
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let form = || NetworkError::Form(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(form)?;
        let address: IpAddr = address.parse().ok().ok_or_else(form)?;
        let digits = prefix.bytes().all(|b| b.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|prefix| digits && *prefix <= width(address));
        let meant = Self::around(address, prefix.ok_or_else(form)?);
        match meant.address == address {
            true => Ok(meant),
            false => Err(NetworkError::Inside { found: text.to_owned(), meant }),
        }
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;
    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> String {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl JsonSchema for Network {
    fn schema_name() -> Cow<'static, str> {
        "Network".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a range of addresses, ADDRESS/BITS",
            "pattern": "^[0-9a-f.:]+/[0-9]{1,3}$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_ends_where_its_bits_end() {
        let pods = network("10.244.0.0/16");
        for (address, inside) in
            [("10.244.0.0", true), ("10.244.255.255", true), ("10.245.0.0", false), ("::1", false)]
        {
            assert_eq!(pods.contains(address.parse().unwrap()), inside, "{address}");
        }
        assert!(network("0.0.0.0/0").contains("203.0.113.9".parse().unwrap()));
        assert!(network("fd00::/8").contains("fd12::1".parse().unwrap()));
        assert!(!network("192.0.2.7/32").contains("192.0.2.8".parse().unwrap()));
    }

    #[test]
    fn overlap_is_seen_from_both_sides() {
        let (wide, narrow) = (network("10.96.0.0/12"), network("10.100.1.0/24"));
        assert!(wide.overlaps(&narrow) && narrow.overlaps(&wide) && wide.overlaps(&wide));
        assert!(!wide.overlaps(&network("10.112.0.0/12")));
    }

    #[test]
    fn a_slip_is_told_with_the_network_that_was_meant() {
        let inside = "10.244.3.7/16".parse::<Network>().unwrap_err().to_string();
        assert!(inside.ends_with("expected its first address, `10.244.0.0/16`"), "{inside}");
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0/8",
            "a/8",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "::/129",
        ] {
            assert!(matches!(bad.parse::<Network>(), Err(NetworkError::Form(_))), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_network_survives_writing_and_holds_its_first_address(bits: u32, prefix in 0_u8..=32) {
            let found = Network::around(IpAddr::V4(bits.into()), prefix);
            prop_assert_eq!(network(&found.to_string()), found);
            prop_assert!(found.contains(found.address()) && found.contains(IpAddr::V4(bits.into())));
        }
    }
}
