//! What a cluster file means: every default filled in, every rule kept.

use super::{
    check_access, check_hosts, check_networks, check_ports, document,
    file::{CgroupDriver, ClusterFile, Sudo},
    mistakes::{ClusterErrors, Mistakes},
    network::Network,
    words::{DomainName, Endpoint, HostName, Port, UserName, UserPath},
};
use crate::{Name, Role};
use serde::Serialize;
use std::{collections::BTreeSet, net::IpAddr, path::Path};

/// A cluster as it shall be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cluster {
    /// Its name.
    pub name: Name,
    /// Its machines, in the order of the file; exactly one is a control plane.
    pub hosts: Vec<Host>,
    /// Networks inside the cluster.
    pub network: ClusterNetwork,
    /// The Kubernetes API server.
    pub api: Api,
    /// The registry on every control-plane host.
    pub registry: Registry,
    /// Networks whose packets are not counted as egress.
    pub allowed_networks: Vec<Network>,
    /// Who manages the cgroups of containers.
    pub cgroup_driver: CgroupDriver,
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Host {
    /// Its name in the cluster.
    pub name: HostName,
    /// The address the other hosts reach it under.
    pub address: IpAddr,
    /// What it does; at least one.
    pub roles: BTreeSet<Role>,
    /// How the installer reaches it.
    pub access: Access,
    /// How to become root there.
    pub sudo: Sudo,
}

/// How the installer reaches a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// It runs on this host.
    Local,
    /// Over the network.
    Ssh(Ssh),
}

/// How to log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ssh {
    /// Who logs in.
    pub user: UserName,
    /// The port of the SSH server.
    pub port: Port,
    /// The private key's file, or the SSH agent.
    pub key: Option<UserPath>,
    /// The file with the hosts' own keys.
    pub known_hosts: UserPath,
    /// The host to go through.
    pub jump: Option<Jump>,
}

/// A host on the way to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Jump {
    /// Its address.
    pub address: IpAddr,
    /// Who logs in.
    pub user: UserName,
    /// The port of its SSH server.
    pub port: Port,
    /// The private key's file, or the SSH agent.
    pub key: Option<UserPath>,
}

/// Networks inside the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterNetwork {
    /// The component of the release that connects pods.
    pub plugin: Name,
    /// Addresses of pods, with a /24 for each host.
    pub pods: Network,
    /// Addresses of services.
    pub services: Network,
    /// The domain of the cluster's own names.
    pub domain: DomainName,
}

/// The Kubernetes API server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Api {
    /// The port on every control-plane host.
    pub port: Port,
    /// Where clients and nodes reach it.
    pub endpoint: Endpoint,
}

/// The registry that every control-plane host serves from the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Registry {
    /// The port on every control-plane host.
    pub port: Port,
    /// Whether it speaks TLS.
    pub tls: bool,
}

/// Whether somebody can be asked for a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// There is a terminal, or the password was given another way.
    Possible,
    /// Nobody is there to answer.
    Impossible,
}

impl Cluster {
    /// Reads a cluster file and checks it. `path` is only for messages.
    pub fn parse(path: &Path, text: &str, asking: Asking) -> Result<Self, ClusterErrors> {
        let mistakes = Mistakes::default();
        let file = document::read::<ClusterFile>(text, &mistakes);
        let cluster = file.get().and_then(|file| {
            check_hosts::check(file, &mistakes);
            check_access::check(file, asking, &mistakes);
            check_networks::check(file, &mistakes);
            check_ports::check(file, &mistakes);
            file.cluster()
        });
        mistakes.settle(path, cluster)
    }

    /// The hosts with a role, in the order of the file.
    pub fn hosts_with(&self, role: Role) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(move |host| host.roles.contains(&role))
    }

    /// The host with this name.
    pub fn host(&self, name: &HostName) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name == *name)
    }
}
