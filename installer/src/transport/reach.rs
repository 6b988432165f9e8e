//! From a host of the cluster file to an open way to it.

use super::{
    Secret, Session, Sudo, TransportError, local,
    ssh::{Connector, HostAddress},
};
use manifests::cluster::{self, Access};
use std::path::Path;

/// How a host is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It is this machine.
    Local {
        /// Its name in the cluster file.
        name: String,
        /// How its user becomes root.
        sudo: Sudo,
    },
    /// Over SSH.
    Ssh(Box<HostAddress>),
}

/// What a cluster file leaves to the operator's machine.
#[derive(Debug, Clone)]
pub struct Surroundings<'a> {
    /// The operator's home.
    pub home: &'a Path,
    /// The folder of the cluster file.
    pub folder: &'a Path,
    /// The sudo password, where a host asks for one.
    pub password: Option<Secret>,
}

impl Reach {
    /// How the cluster file says this host is reached.
    pub fn of(host: &cluster::Host, around: &Surroundings<'_>) -> Self {
        let name = host.name.to_string();
        let sudo = match (host.sudo, &around.password) {
            (cluster::Sudo::None, _) => Sudo::None,
            (cluster::Sudo::Password, Some(password)) => Sudo::Password(password.clone()),
            // Without a password sudo itself says what it lacks.
            (cluster::Sudo::Passwordless | cluster::Sudo::Password, _) => Sudo::Passwordless,
        };
        match &host.access {
            Access::Local => Self::Local { name, sudo },
            Access::Ssh(ssh) => {
                let resolve = |path: &cluster::UserPath| path.resolve(around.home, around.folder);
                let known_hosts = resolve(&ssh.known_hosts);
                let jump = ssh.jump.as_ref().map(|jump| HostAddress {
                    port: jump.port.number(),
                    user: jump.user.to_string(),
                    key: jump.key.as_ref().map(resolve),
                    ..HostAddress::new("the jump host", jump.address, known_hosts.clone())
                });
                Self::Ssh(Box::new(HostAddress {
                    port: ssh.port.number(),
                    user: ssh.user.to_string(),
                    key: ssh.key.as_ref().map(resolve),
                    sudo,
                    jump: jump.map(Box::new),
                    ..HostAddress::new(&name, host.address, known_hosts)
                }))
            }
        }
    }

    /// The host's name in the cluster file.
    pub fn name(&self) -> &str {
        match self {
            Self::Local { name, .. } => name,
            Self::Ssh(address) => &address.name,
        }
    }

    /// Opens the way.
    pub async fn open(&self, connector: &Connector) -> Result<Session, TransportError> {
        match self {
            Self::Local { name, sudo } => {
                let session = local(name, sudo.clone());
                session.prove_root("the operator").await?;
                Ok(session)
            }
            Self::Ssh(address) => connector.connect(address).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifests::cluster::{Asking, Cluster, Starter};

    #[test]
    fn paths_begin_where_the_operator_thinks_they_do() {
        let text = Starter::default().text();
        let cluster = Cluster::parse(Path::new("cluster.yaml"), &text, Asking::Possible).unwrap();
        let around = Surroundings {
            home: Path::new("/home/op"),
            folder: Path::new("/site"),
            password: None,
        };
        let reach = Reach::of(&cluster.hosts[0], &around);
        let Reach::Ssh(address) = &reach else { panic!("{reach:?}") };
        assert_eq!(address.known_hosts, Path::new("/home/op/.ssh/known_hosts"));
        assert_eq!(address.port, 22);
        assert_eq!(reach.name(), cluster.hosts[0].name.as_str());
    }
}
