//! The cluster file as people write it. Field names, documentation, defaults
//! and the JSON schema all come from these types.
//!
//! `Field` must be there, `Option<Field>` may be left out; the defaults in the
//! schema are the constants that [`super::meaning`] fills in.

use super::{
    document::Field,
    network::Network,
    words::{DomainName, Endpoint, HostName, Port, UserName, UserPath},
};
use crate::{Name, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The network of pods when the file says nothing.
pub(super) const PODS: &str = "10.244.0.0/16";
/// The network of services when the file says nothing.
pub(super) const SERVICES: &str = "10.96.0.0/12";
/// The cluster's domain when the file says nothing.
pub(super) const DOMAIN: &str = "cluster.local";
/// Who logs in when the file says nothing.
pub(super) const USER: &str = "root";
/// Where the hosts' keys are known when the file says nothing.
pub(super) const KNOWN_HOSTS: &str = "~/.ssh/known_hosts";

/// One Kubernetes cluster: its hosts, how to reach them, and what it looks like.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "Bottari cluster file")]
pub(super) struct ClusterFile {
    /// The cluster's name; stays as it is for the cluster's life.
    pub(super) cluster: Field<Name>,
    /// The machines, each once.
    #[schemars(length(min = 1))]
    pub(super) hosts: Field<Vec<Field<HostEntry>>>,
    /// How hosts are reached unless they say otherwise.
    pub(super) ssh: Option<Field<SshEntry>>,
    /// How to become root unless a host says otherwise; left out: `none` for
    /// root and local hosts, else `passwordless`.
    pub(super) sudo: Option<Field<Sudo>>,
    /// Networks inside the cluster.
    pub(super) network: Field<NetworkEntry>,
    /// The Kubernetes API server.
    pub(super) api: Option<Field<ApiEntry>>,
    /// The registry that every control-plane host serves from the bundle.
    pub(super) registry: Option<Field<RegistryEntry>>,
    /// Networks that hosts may speak to although they are not the cluster's:
    /// NTP, syslog, the operator. Not counted as egress.
    pub(super) allowed_networks: Option<Field<Vec<Field<Network>>>>,
    /// Settings of Kubernetes itself.
    pub(super) kubernetes: Option<Field<KubernetesEntry>>,
}

/// One machine.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct HostEntry {
    /// Its name in the cluster, equal to its own host name.
    pub(super) name: Field<HostName>,
    /// The address the other hosts reach it under.
    #[schemars(extend("format" = "ipv4"))]
    pub(super) address: Field<HostAddress>,
    /// What it does in the cluster.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub(super) roles: Field<Vec<Field<HostRole>>>,
    /// How the installer reaches it.
    #[schemars(extend("default" = "ssh"))]
    pub(super) transport: Option<Field<Transport>>,
    /// What differs from the file's own `ssh`.
    pub(super) ssh: Option<Field<SshEntry>>,
    /// What differs from the file's own `sudo`.
    pub(super) sudo: Option<Field<Sudo>>,
}

/// An address of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub(super) struct HostAddress(pub(super) IpAddr);

impl TryFrom<String> for HostAddress {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let found = |_| format!("`{text}` is not an address: expected one such as `192.0.2.11`");
        text.parse().map(Self).map_err(found)
    }
}

/// What a host does in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum HostRole {
    /// Runs the API server, etcd and the registry.
    ControlPlane,
    /// Runs the workload.
    Worker,
}

impl From<HostRole> for Role {
    fn from(role: HostRole) -> Self {
        match role {
            HostRole::ControlPlane => Self::ControlPlane,
            HostRole::Worker => Self::Worker,
        }
    }
}

/// How the installer reaches a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Transport {
    /// Over the network.
    Ssh,
    /// The installer runs on this host.
    Local,
}

/// How to become root on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sudo {
    /// The user is root.
    None,
    /// `sudo` asks for nothing.
    Passwordless,
    /// `sudo` asks for the user's password, and the installer for it in turn.
    Password,
}

/// How to log in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct SshEntry {
    /// Who logs in.
    #[schemars(extend("default" = USER))]
    pub(super) user: Option<Field<UserName>>,
    /// The port of the SSH server.
    #[schemars(extend("default" = 22))]
    pub(super) port: Option<Field<Port>>,
    /// The private key's file; left out: the SSH agent.
    pub(super) key: Option<Field<UserPath>>,
    /// The file with the hosts' own keys.
    #[schemars(extend("default" = KNOWN_HOSTS))]
    pub(super) known_hosts: Option<Field<UserPath>>,
    /// The host to go through.
    pub(super) jump: Option<Field<JumpEntry>>,
    /// Do not go through the jump host of the file's own `ssh`.
    #[schemars(extend("default" = false))]
    pub(super) direct: Option<Field<bool>>,
}

/// A host on the way to others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct JumpEntry {
    /// Its address.
    #[schemars(extend("format" = "ipv4"))]
    pub(super) address: Field<HostAddress>,
    /// Who logs in there; left out: the same user as on the host behind it.
    pub(super) user: Option<Field<UserName>>,
    /// The port of its SSH server.
    #[schemars(extend("default" = 22))]
    pub(super) port: Option<Field<Port>>,
    /// The private key's file for it; left out: the same as for the host behind it.
    pub(super) key: Option<Field<UserPath>>,
}

/// Networks inside the cluster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct NetworkEntry {
    /// The component of the release that connects pods.
    pub(super) plugin: Field<Name>,
    /// Addresses of pods: a /24 for each host.
    #[schemars(extend("default" = PODS))]
    pub(super) pods: Option<Field<Network>>,
    /// Addresses of services, /12 to /28.
    #[schemars(extend("default" = SERVICES))]
    pub(super) services: Option<Field<Network>>,
    /// The domain of the cluster's own names.
    #[schemars(extend("default" = DOMAIN))]
    pub(super) domain: Option<Field<DomainName>>,
}

/// The Kubernetes API server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ApiEntry {
    /// The port on every control-plane host.
    #[schemars(extend("default" = 6443))]
    pub(super) port: Option<Field<Port>>,
    /// Where clients and nodes reach it, such as a virtual address; left out:
    /// the control-plane host itself.
    pub(super) endpoint: Option<Field<Endpoint>>,
}

/// The registry that every control-plane host serves from the bundle.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RegistryEntry {
    /// The port on every control-plane host.
    #[schemars(extend("default" = 5443))]
    pub(super) port: Option<Field<Port>>,
    /// Whether it speaks TLS, with a certificate of the site's own CA.
    #[schemars(extend("default" = true))]
    pub(super) tls: Option<Field<bool>>,
}

/// Settings of Kubernetes itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct KubernetesEntry {
    /// Who manages the cgroups of containers.
    #[schemars(extend("default" = "systemd"))]
    pub(super) cgroup_driver: Option<Field<CgroupDriver>>,
}

/// Who manages the cgroups of containers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CgroupDriver {
    /// systemd; right wherever systemd runs the host.
    #[default]
    Systemd,
    /// The runtime itself.
    Cgroupfs,
}
