//! From the file as written to what it means: defaults and inheritance.
//!
//! Everything here answers `None` for a value that is missing or wrong; that
//! was noted when it was read.

use super::{
    document::{Field, given},
    file::{
        ClusterFile, DOMAIN, HostEntry, JumpEntry, KNOWN_HOSTS, NetworkEntry, PODS, SERVICES,
        SshEntry, Sudo, Transport, USER,
    },
    meaning::{Access, Api, Cluster, ClusterNetwork, Host, Jump, Registry, Ssh},
    network::Network,
    words::{Endpoint, Port, UserName},
};
use crate::Role;

/// A field that may be left out, inside a section that may be left out.
pub(super) fn within<'f, S, T>(
    section: Option<&'f Field<S>>,
    pick: impl FnOnce(&'f S) -> &'f Option<Field<T>>,
) -> Option<&'f Field<T>> {
    given(section).and_then(|section| pick(section).as_ref())
}

/// The value of a field, or the default when the field is left out.
pub(super) fn filled<T: Clone>(field: Option<&Field<T>>, default: Option<T>) -> Option<T> {
    match field {
        Some(field) => field.get().cloned(),
        None => default,
    }
}

impl ClusterFile {
    /// The cluster, unless a value is missing or wrong.
    pub(super) fn cluster(&self) -> Option<Cluster> {
        let hosts = self.hosts.get()?.iter().map(|host| self.host(host.get()?));
        let hosts: Vec<Host> = hosts.collect::<Option<_>>()?;
        let allowed = self.allowed_networks.iter().flat_map(Field::items);
        let driver = within(self.kubernetes.as_ref(), |section| &section.cgroup_driver);
        let tls = within(self.registry.as_ref(), |section| &section.tls);
        Some(Cluster {
            name: self.cluster.get()?.clone(),
            api: Api { port: self.api_port()?, endpoint: self.endpoint(&hosts)? },
            hosts,
            network: self.network.get()?.meaning()?,
            registry: Registry { port: self.registry_port()?, tls: filled(tls, Some(true))? },
            allowed_networks: allowed.map(|(_, network)| *network).collect(),
            cgroup_driver: filled(driver, Some(<_>::default()))?,
        })
    }

    /// The port of the API server.
    pub(super) fn api_port(&self) -> Option<Port> {
        filled(within(self.api.as_ref(), |section| &section.port), Some(Port::API))
    }

    /// The port of the registry.
    pub(super) fn registry_port(&self) -> Option<Port> {
        filled(within(self.registry.as_ref(), |section| &section.port), Some(Port::REGISTRY))
    }

    fn endpoint(&self, hosts: &[Host]) -> Option<Endpoint> {
        let field = within(self.api.as_ref(), |section| &section.endpoint);
        let first = hosts.iter().find(|host| host.roles.contains(&Role::ControlPlane))?;
        filled(field, Some(Endpoint::at(first.address, self.api_port()?)))
    }

    fn host(&self, entry: &HostEntry) -> Option<Host> {
        Some(Host {
            name: entry.name.get()?.clone(),
            address: entry.address.get()?.0,
            roles: entry.roles.items().map(|(_, role)| (*role).into()).collect(),
            access: match entry.transport()? {
                Transport::Local => Access::Local,
                Transport::Ssh => Access::Ssh(self.ssh(entry)?),
            },
            sudo: self.sudo(entry)?,
        })
    }

    /// How to become root on a host.
    pub(super) fn sudo(&self, entry: &HostEntry) -> Option<Sudo> {
        let as_root = match entry.transport()? {
            Transport::Local => true,
            Transport::Ssh => self.user(entry)?.as_str() == USER,
        };
        let default = if as_root { Sudo::None } else { Sudo::Passwordless };
        filled(entry.sudo.as_ref().or(self.sudo.as_ref()), Some(default))
    }

    /// A setting of the host's own `ssh`, or of the file's.
    fn of_ssh<'f, T>(
        &'f self,
        entry: &'f HostEntry,
        pick: impl Fn(&'f SshEntry) -> &'f Option<Field<T>>,
    ) -> Option<&'f Field<T>> {
        within(entry.ssh.as_ref(), &pick).or_else(|| within(self.ssh.as_ref(), &pick))
    }

    /// Who logs in on a host.
    pub(super) fn user(&self, entry: &HostEntry) -> Option<UserName> {
        filled(self.of_ssh(entry, |ssh| &ssh.user), USER.parse().ok())
    }

    /// The port of a host's SSH server, and where it is written.
    pub(super) fn ssh_port<'f>(
        &'f self,
        entry: &'f HostEntry,
    ) -> (Option<Port>, Option<&'f Field<Port>>) {
        let field = self.of_ssh(entry, |ssh| &ssh.port);
        (filled(field, Some(Port::SSH)), field)
    }

    /// The host to go through on the way to this one.
    pub(super) fn jump<'f>(&'f self, entry: &'f HostEntry) -> Option<&'f Field<JumpEntry>> {
        let direct = within(entry.ssh.as_ref(), |ssh| &ssh.direct);
        match direct.and_then(Field::get) {
            Some(true) => within(entry.ssh.as_ref(), |ssh| &ssh.jump),
            _ => self.of_ssh(entry, |ssh| &ssh.jump),
        }
    }

    fn ssh(&self, entry: &HostEntry) -> Option<Ssh> {
        let user = self.user(entry)?;
        let key = match self.of_ssh(entry, |ssh| &ssh.key) {
            Some(key) => Some(key.get()?.clone()),
            None => None,
        };
        let mut ssh = Ssh {
            user,
            port: self.ssh_port(entry).0?,
            key,
            known_hosts: filled(
                self.of_ssh(entry, |ssh| &ssh.known_hosts),
                KNOWN_HOSTS.parse().ok(),
            )?,
            jump: None,
        };
        if let Some(jump) = self.jump(entry) {
            ssh.jump = Some(jump.get()?.meaning(&ssh)?);
        }
        Some(ssh)
    }
}

impl HostEntry {
    /// How the installer reaches it.
    pub(super) fn transport(&self) -> Option<Transport> {
        filled(self.transport.as_ref(), Some(Transport::Ssh))
    }
}

impl JumpEntry {
    /// The port of its SSH server.
    pub(super) fn port(&self) -> Option<Port> {
        filled(self.port.as_ref(), Some(Port::SSH))
    }

    fn meaning(&self, behind: &Ssh) -> Option<Jump> {
        Some(Jump {
            address: self.address.get()?.0,
            user: filled(self.user.as_ref(), Some(behind.user.clone()))?,
            port: self.port()?,
            key: match &self.key {
                Some(key) => Some(key.get()?.clone()),
                None => behind.key.clone(),
            },
        })
    }
}

impl NetworkEntry {
    /// Addresses of pods.
    pub(super) fn pods(&self) -> Option<Network> {
        filled(self.pods.as_ref(), PODS.parse().ok())
    }

    /// Addresses of services.
    pub(super) fn services(&self) -> Option<Network> {
        filled(self.services.as_ref(), SERVICES.parse().ok())
    }

    fn meaning(&self) -> Option<ClusterNetwork> {
        Some(ClusterNetwork {
            plugin: self.plugin.get()?.clone(),
            pods: self.pods()?,
            services: self.services()?,
            domain: filled(self.domain.as_ref(), DOMAIN.parse().ok())?,
        })
    }
}
