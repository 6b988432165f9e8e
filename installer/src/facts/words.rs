//! The facts of one host. What could not be found out is absent, and a check
//! says so rather than guess.

use manifests::{Arch, cluster::Network, packages::SystemName};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// Everything observed on one host at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Facts {
    /// What the host calls itself.
    pub hostname: Option<String>,
    /// `/etc/machine-id`: unique, unless a disk was cloned.
    pub machine_id: Option<String>,
    /// The firmware's id, readable by root on most machines.
    pub product_uuid: Option<String>,
    /// The operating system.
    pub os: Option<Os>,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// The machine in the kernel's words: `x86_64`.
    pub machine: Option<String>,
    /// How many CPUs are online.
    pub cpus: Option<u32>,
    /// Main memory.
    pub memory: Option<Memory>,
    /// What is swapped to, when anything is.
    pub swap: Vec<String>,
    /// The kind of virtual machine or container; `none` on bare metal.
    pub virtualization: Option<String>,
    /// The first process: `systemd`, where systemd runs the host.
    pub init: Option<String>,
    /// The version of systemd.
    pub systemd: Option<u32>,
    /// Whether we looked as root; otherwise some facts are missing.
    pub as_root: bool,
    /// Room by folder; a folder that is not there yet has its parent's.
    pub disks: BTreeMap<String, Disk>,
    /// How processes are grouped.
    pub cgroup: Cgroup,
    /// Whether the clock follows a time source, as far as systemd knows.
    pub time_synchronized: Option<bool>,
    /// The clock against ours.
    pub clock: Option<Clock>,
    /// Addresses by interface.
    pub addresses: Vec<HostAddressFact>,
    /// Network interfaces.
    pub interfaces: Vec<Interface>,
    /// Networks the host has routes to, default routes left out.
    pub routes: Vec<Network>,
    /// Whether there is a default route.
    pub default_route: bool,
    /// Name servers.
    pub nameservers: Vec<IpAddr>,
    /// Ports that somebody listens on.
    pub listening: Vec<Listening>,
    /// Kernel features by module name.
    pub features: BTreeMap<String, Feature>,
    /// Security modules of the kernel in use.
    pub security_modules: Vec<String>,
    /// `Enforcing`, `Permissive`, or absent without `SELinux`.
    pub selinux: Option<String>,
    /// Kernel settings of interest.
    pub sysctls: BTreeMap<String, String>,
    /// Programs of interest that are there.
    pub tools: BTreeSet<String>,
    /// Installed packages of interest with their versions.
    pub packages: BTreeMap<String, String>,
    /// Services of interest that are there.
    pub units: Vec<Unit>,
    /// What an earlier installation left.
    pub leftovers: Leftovers,
}

impl Facts {
    /// The architecture in our words.
    pub fn arch(&self) -> Option<Arch> {
        match self.machine.as_deref()? {
            "x86_64" => Some(Arch::Amd64),
            "aarch64" => Some(Arch::Arm64),
            _ => None,
        }
    }

    /// Whether the host shares its kernel with others and cannot load modules.
    pub fn is_container(&self) -> bool {
        const CONTAINERS: [&str; 6] =
            ["docker", "podman", "lxc", "lxc-libvirt", "systemd-nspawn", "container-other"];
        self.virtualization.as_deref().is_some_and(|kind| CONTAINERS.contains(&kind))
    }
}

/// An operating system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Os {
    /// `ubuntu`, `debian`.
    pub id: String,
    /// `22.04`; empty where there are no versions.
    pub version: String,
    /// For people: `Ubuntu 22.04.5 LTS`.
    pub name: String,
}

impl Os {
    /// The name that releases have for it: `ubuntu-22.04`.
    pub fn system(&self) -> Option<SystemName> {
        format!("{}-{}", self.id, self.version).parse().ok()
    }
}

/// Main memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Memory {
    /// All of it.
    pub total_bytes: u64,
    /// What programs could still get.
    pub available_bytes: u64,
}

/// Room for files in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Disk {
    /// The size of the filesystem.
    pub total_bytes: u64,
    /// What is free for ordinary users.
    pub free_bytes: u64,
    /// Where the filesystem is mounted: equal for folders that share it.
    pub mounted_on: String,
}

/// Control groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cgroup {
    /// 1 or 2.
    pub version: Option<u8>,
    /// `cpu`, `memory`, …
    pub controllers: BTreeSet<String>,
}

/// A clock against the operator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Clock {
    /// How far it is ahead, in milliseconds; negative when behind.
    pub ahead_ms: i64,
    /// How far that may be wrong: half the time the question took.
    pub uncertainty_ms: u64,
}

/// An address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostAddressFact {
    /// The interface.
    pub interface: String,
    /// The address.
    pub address: IpAddr,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its hardware address, unless it has none.
    pub mac: Option<String>,
}

/// TCP or UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// The name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// A port in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The address it listens on; unspecified means all.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// Who listens, where we could see it: `sshd (pid 812)`.
    pub program: Option<String>,
}

/// Whether the kernel can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Feature {
    /// It does it now.
    Working,
    /// Its module can be loaded.
    Loadable,
    /// Neither; a container cannot always tell.
    Absent,
}

/// A service that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name without `.service`.
    pub name: String,
    /// `active`, `inactive`, `failed`.
    pub active: String,
    /// `enabled`, `disabled`, `masked`.
    pub enabled: String,
}

/// Traces of an earlier installation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Leftovers {
    /// Files and folders that hold something.
    pub paths: Vec<String>,
    /// iptables chains and rules of Kubernetes and pod networks.
    pub iptables_lines: u32,
}
