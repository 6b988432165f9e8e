//! The part of the answer that comes from `ip`, `ss` and `/proc/net`.

use super::{
    answer::Answer,
    words::{HostAddressFact, Interface, Listening, Protocol},
};
use manifests::cluster::Network;
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// `2: eth0    inet 10.0.0.5/24 brd …`.
pub(super) fn addresses(answer: &Answer) -> Vec<HostAddressFact> {
    let address = |words: Vec<&str>| {
        let at = words.iter().position(|word| *word == "inet" || *word == "inet6")?;
        let (address, _prefix) = words.get(at + 1)?.split_once('/')?;
        Some(HostAddressFact { interface: name(words.get(1)?), address: address.parse().ok()? })
    };
    answer.words("addresses").filter_map(address).collect()
}

/// `2: eth0: <…> … link/ether 02:… brd …`.
pub(super) fn interfaces(answer: &Answer) -> Vec<Interface> {
    let interface = |words: Vec<&str>| {
        let mac = words
            .iter()
            .position(|word| *word == "link/ether")
            .and_then(|at| words.get(at + 1).map(|mac| mac.to_ascii_lowercase()));
        Some(Interface { name: name(words.get(1)?), mac })
    };
    answer.words("links").filter_map(interface).collect()
}

/// `vethX@if2:` is the interface `vethX`.
fn name(word: &str) -> String {
    let word = word.trim_end_matches(':');
    word.split_once('@').map_or(word, |(name, _)| name).to_owned()
}

pub(super) struct Routes {
    pub(super) networks: Vec<Network>,
    pub(super) default: bool,
}

/// `10.0.0.0/24 dev eth0 …`, `default via …`, `unreachable 10.1.0.0/16 …`.
pub(super) fn routes(answer: &Answer) -> Routes {
    let mut routes = Routes { networks: Vec::new(), default: false };
    for words in answer.words("routes") {
        let kinds = ["unicast", "blackhole", "unreachable", "prohibit", "local", "broadcast"];
        let target = words.iter().find(|word| !kinds.contains(word));
        match target {
            Some(&"default") => routes.default = true,
            Some(target) => routes.networks.extend(network(target)),
            None => {}
        }
    }
    routes
}

/// A network, or one address as the smallest of networks.
fn network(text: &str) -> Option<Network> {
    let whole = match text.parse::<IpAddr>() {
        Ok(address) if address.is_ipv4() => format!("{address}/32"),
        Ok(address) => format!("{address}/128"),
        Err(_not_an_address) => text.to_owned(),
    };
    whole.parse().ok()
}

pub(super) fn nameservers(answer: &Answer) -> Vec<IpAddr> {
    let server = |words: Vec<&str>| match words[..] {
        ["nameserver", server, ..] => server.split('%').next()?.parse().ok(),
        _ => None,
    };
    answer.words("resolvers").filter_map(server).collect()
}

/// Ports from `/proc/net`, which is always there, with programs from `ss`,
/// which is not.
pub(super) fn listening(answer: &Answer) -> Vec<Listening> {
    let programs: BTreeMap<(Protocol, u16), String> =
        answer.words("listeners").filter_map(|words| program(&words)).collect();
    let port = |words: Vec<&str>| {
        let [table, place] = words[..] else { return None };
        let protocol = protocol(table)?;
        let (address, port) = place.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        let program = programs.get(&(protocol, port)).cloned();
        Some(Listening { protocol, address: kernel_address(address)?, port, program })
    };
    answer.words("ports").filter_map(port).collect()
}

fn protocol(word: &str) -> Option<Protocol> {
    match word {
        "tcp" | "tcp6" => Some(Protocol::Tcp),
        "udp" | "udp6" => Some(Protocol::Udp),
        _ => None,
    }
}

/// `tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=812,fd=3))`.
fn program(words: &[&str]) -> Option<((Protocol, u16), String)> {
    let protocol = protocol(words.first()?)?;
    let port = words.get(4)?.rsplit_once(':')?.1.parse().ok()?;
    let users = words.iter().find_map(|word| word.strip_prefix("users:((\""))?;
    let (name, rest) = users.split_once('"')?;
    let pid: u32 = rest.strip_prefix(",pid=")?.split(',').next()?.parse().ok()?;
    Some(((protocol, port), format!("{name} (pid {pid})")))
}

/// The kernel prints addresses as 32-bit words in its own byte order, which is
/// little-endian on every machine we install on.
fn kernel_address(hex: &str) -> Option<IpAddr> {
    let mut bytes = Vec::with_capacity(16);
    for word in hex.as_bytes().chunks(8) {
        let word = std::str::from_utf8(word).ok().filter(|word| word.len() == 8)?;
        bytes.extend(u32::from_str_radix(word, 16).ok()?.to_le_bytes());
    }
    if let Ok(four) = <[u8; 4]>::try_from(bytes.as_slice()) {
        return Some(IpAddr::V4(Ipv4Addr::from(four)));
    }
    let sixteen = <[u8; 16]>::try_from(bytes.as_slice()).ok()?;
    let address = Ipv6Addr::from(sixteen);
    Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_kernel_are_read_in_its_byte_order() {
        let address = |hex| kernel_address(hex).map(|address| address.to_string());
        assert_eq!(address("0100007F").as_deref(), Some("127.0.0.1"));
        assert_eq!(address("00000000").as_deref(), Some("0.0.0.0"));
        assert_eq!(address("00000000000000000000000000000000").as_deref(), Some("::"));
        assert_eq!(address("00000000000000000000000001000000").as_deref(), Some("::1"));
        assert_eq!(address("0000000000000000FFFF00000100007F").as_deref(), Some("127.0.0.1"));
        for nonsense in ["", "0100007", "xyz", "0100007F00", "ü000000"] {
            assert_eq!(address(nonsense), None, "{nonsense}");
        }
    }
}
