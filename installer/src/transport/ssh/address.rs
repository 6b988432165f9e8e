//! How to reach one host.

use crate::transport::Sudo;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

/// Where a host is, who logs in there, and how that becomes root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostAddress {
    /// The name in the cluster file; messages begin with it.
    pub name: String,
    /// Its address as seen from the operator, or from the jump host.
    pub address: IpAddr,
    /// The SSH port.
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// The private key to use; without it the agent's keys, then the usual files.
    pub key: Option<PathBuf>,
    /// How the login user becomes root.
    pub sudo: Sudo,
    /// The file with the hosts' own keys.
    pub known_hosts: PathBuf,
    /// The host to go through.
    pub jump: Option<Box<HostAddress>>,
}

impl HostAddress {
    /// Root on port 22 with the usual keys.
    pub fn new(name: &str, address: IpAddr, known_hosts: PathBuf) -> Self {
        let (name, user) = (name.to_owned(), "root".to_owned());
        Self { name, address, port: 22, user, key: None, sudo: Sudo::None, known_hosts, jump: None }
    }

    /// Address and port.
    pub(crate) fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}
