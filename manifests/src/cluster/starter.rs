//! The commented cluster file that `init` writes.

use super::words::HostName;
use crate::Name;
use std::{fmt::Write, net::Ipv4Addr};

const TEMPLATE: &str = include_str!("starter.yaml");

/// A host that is known before the file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarterHost {
    /// Its name.
    pub name: HostName,
    /// Its address.
    pub address: Ipv4Addr,
}

/// A cluster file with comments. The first host becomes the control plane,
/// and a worker too when it is alone. Without hosts, documentation addresses
/// (192.0.2.0/24) show the form.
pub fn starter(cluster: Option<&Name>, hosts: &[StarterHost]) -> String {
    let mut lines = String::new();
    match hosts {
        [] => {
            push(&mut lines, "cp-1", Ipv4Addr::new(192, 0, 2, 11), "control-plane");
            push(&mut lines, "worker-1", Ipv4Addr::new(192, 0, 2, 12), "worker");
        }
        [only] => push(&mut lines, only.name.as_str(), only.address, "control-plane, worker"),
        [first, rest @ ..] => {
            push(&mut lines, first.name.as_str(), first.address, "control-plane");
            for host in rest {
                push(&mut lines, host.name.as_str(), host.address, "worker");
            }
        }
    }
    TEMPLATE.replace("{cluster}", cluster.map_or("demo", Name::as_str)).replace("{hosts}\n", &lines)
}

fn push(lines: &mut String, name: &str, address: Ipv4Addr, roles: &str) {
    write!(lines, "- name: {name}\n  address: {address}\n  roles: [{roles}]\n")
        .expect("writing to a String cannot fail");
}
