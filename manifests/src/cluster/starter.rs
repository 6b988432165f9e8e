//! The commented cluster file that `init` writes.

use super::{
    file::{PODS, SERVICES},
    network::Network,
    words::HostName,
};
use crate::Name;
use std::{fmt::Write, net::Ipv4Addr};

const TEMPLATE: &str = include_str!("starter.yaml");

/// Networks to choose from, the usual ones first. No two overlap.
const POD_NETWORKS: [&str; 3] = [PODS, "172.30.0.0/16", "10.32.0.0/16"];
const SERVICE_NETWORKS: [&str; 3] = [SERVICES, "172.24.0.0/14", "10.48.0.0/12"];

/// What is known before the file is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Starter {
    /// The cluster's name.
    pub cluster: Option<Name>,
    /// The component that connects pods.
    pub plugin: Option<Name>,
    /// The hosts. The first becomes the control plane, and a worker too when it
    /// is alone. Without any, documentation addresses (192.0.2.0/24) show the form.
    pub hosts: Vec<StarterHost>,
    /// Whether the first of them is the machine that the installer runs on.
    pub local: bool,
}

/// A host that is known before the file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarterHost {
    /// Its name.
    pub name: HostName,
    /// Its address.
    pub address: Ipv4Addr,
}

impl Starter {
    /// The cluster file with comments. Its networks hold none of the hosts.
    pub fn text(&self) -> String {
        let word =
            |name: &Option<Name>, usual: &str| name.as_ref().map_or(usual, Name::as_str).to_owned();
        TEMPLATE
            .replace("{cluster}", &word(&self.cluster, "demo"))
            .replace("{plugin}", &word(&self.plugin, "calico"))
            .replace("{pods}", self.network(POD_NETWORKS))
            .replace("{services}", self.network(SERVICE_NETWORKS))
            .replace("{hosts}\n", &self.hosts())
    }

    fn hosts(&self) -> String {
        let mut lines = String::new();
        if self.hosts.is_empty() {
            push(&mut lines, "cp-1", Ipv4Addr::new(192, 0, 2, 11), "control-plane");
            push(&mut lines, "worker-1", Ipv4Addr::new(192, 0, 2, 12), "worker");
        }
        for (n, host) in self.hosts.iter().enumerate() {
            let roles = match (n, self.hosts.len()) {
                (0, 1) => "control-plane, worker",
                (0, _) => "control-plane",
                _ => "worker",
            };
            push(&mut lines, host.name.as_str(), host.address, roles);
            if n == 0 && self.local {
                lines.push_str("  transport: local          # this machine\n");
            }
        }
        lines
    }

    /// The first that holds no host; when all do, the file's reader says so.
    fn network(&self, choice: [&'static str; 3]) -> &'static str {
        let holds =
            |network: &Network| self.hosts.iter().any(|host| network.contains(host.address.into()));
        let free = |text: &&str| text.parse().is_ok_and(|network| !holds(&network));
        choice.into_iter().find(free).unwrap_or(choice[0])
    }
}

fn push(lines: &mut String, name: &str, address: Ipv4Addr, roles: &str) {
    write!(lines, "- name: {name}\n  address: {address}\n  roles: [{roles}]\n")
        .expect("writing to a String cannot fail");
}
