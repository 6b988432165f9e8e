//! What this machine is called and where others reach it, from what every Linux
//! shows without a program or a packet.

use manifests::cluster::HostName;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
};

/// An address of no machine, anywhere (RFC 5737).
const NOWHERE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// Its host name as the name of a node.
pub(super) fn name() -> HostName {
    host_name(&fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default())
}

/// The address that it speaks to others with; none when it speaks to nobody.
pub(super) fn address() -> Option<Ipv4Addr> {
    let table = || fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    source_address().or_else(|| local_address(&table()))
}

/// In lower case, without a domain, with `-` for what a name cannot hold.
fn host_name(text: &str) -> HostName {
    let label = text.trim().split('.').next().unwrap_or("").to_ascii_lowercase();
    let plain = label.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let cut: String = plain.trim_matches('-').chars().take(63).collect();
    let name = cut.trim_end_matches('-').parse();
    name.unwrap_or_else(|_| "this-machine".parse().expect("it is a host name"))
}

/// What the routes choose. Connecting a datagram socket sends nothing.
fn source_address() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((NOWHERE, 9)).ok()?;
    match socket.local_addr().ok()? {
        SocketAddr::V4(found) => Some(*found.ip()).filter(|found| reaches_others(*found)),
        SocketAddr::V6(_) => None,
    }
}

/// The first address in the kernel's table that is its own: a line `|-- ADDRESS`
/// before a line `/32 host LOCAL`.
fn local_address(table: &str) -> Option<Ipv4Addr> {
    let lines: Vec<_> = table.lines().map(str::trim).collect();
    let own = lines.windows(2).filter(|pair| pair[1] == "/32 host LOCAL");
    let addresses = own.filter_map(|pair| pair[0].strip_prefix("|-- ")?.parse().ok());
    addresses.into_iter().find(|found| reaches_others(*found))
}

fn reaches_others(address: Ipv4Addr) -> bool {
    !address.is_loopback() && !address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_becomes_the_name_of_a_node() {
        let long = "a".repeat(70);
        for (found, expected) in [
            ("cp-1\n", "cp-1"),
            ("Johns-Laptop.local\n", "johns-laptop"),
            ("my_host", "my-host"),
            ("-x-", "x"),
            ("보따리", "this-machine"),
            ("", "this-machine"),
            (long.as_str(), &long[..63]),
        ] {
            assert_eq!(host_name(found).as_str(), expected, "{found}");
        }
    }

    #[test]
    fn without_a_route_the_first_address_of_its_own_is_taken() {
        let table = "\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.2
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
";
        let loopback = "|-- 127.0.0.1\n  /32 host LOCAL\n";
        let found = local_address(&format!("{loopback}{table}"));
        assert_eq!(found, Some(Ipv4Addr::new(192, 0, 2, 2)));
        assert_eq!(local_address(loopback), None);
    }
}
