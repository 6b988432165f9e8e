//! What an installation asks of its hosts, from the cluster file and the bundle.

use super::packages::Rehearsals;
use crate::facts::Protocol;
use manifests::{
    Arch, Role,
    cluster::{Cluster, Host, Network},
    lockfile::Lockfile,
};
use std::{collections::BTreeSet, net::IpAddr};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// Compressed layers take about this many times their size once unpacked.
const UNPACKED_IMAGES: u64 = 3;
/// Files come as archives: the archive, and what is in it.
const UNPACKED_FILES: u64 = 4;

/// An operating system we install on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// As in `/etc/os-release`: `ubuntu`.
    pub id: &'static str,
    /// Versions that were tried.
    pub versions: &'static [&'static str],
}

/// What K-PaaS supports, and what our own lab runs on.
pub const SUPPORTED_SYSTEMS: &[System] = &[
    System { id: "ubuntu", versions: &["22.04", "24.04"] },
    System { id: "debian", versions: &["12"] },
];

/// What a release asks for, whatever the hosts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appetite {
    /// Architectures the bundle carries.
    pub arches: Vec<Arch>,
    /// Size of the bundle file in bytes.
    pub bundle_bytes: u64,
    /// Compressed bytes of images by role, each role on its own host.
    pub images: Vec<(Role, u64)>,
    /// Bytes of files by role.
    pub files: Vec<(Role, u64)>,
}

impl Appetite {
    /// What a locked release asks for. What no role is named for, all need.
    pub fn of(lockfile: &Lockfile, bundle_bytes: u64) -> Self {
        let roles = [Role::ControlPlane, Role::Worker, Role::Edge];
        let wanted = |list: &[Role], role| list.is_empty() || list.contains(&role);
        let files = |role| {
            let files = lockfile.files.iter().filter(|file| wanted(&file.roles, role));
            (role, files.map(|file| file.size).sum())
        };
        let images = |role| {
            let images = lockfile.images.iter().filter(|image| wanted(&image.roles, role));
            let manifests = images.flat_map(|image| &image.manifests);
            let layers = manifests.flat_map(|manifest| &manifest.layers);
            // Layers that images share lie on a host once.
            let distinct: BTreeSet<_> = layers.map(|layer| (&layer.digest, layer.size)).collect();
            (role, distinct.iter().map(|(_, size)| size).sum())
        };
        Self {
            arches: lockfile.arches.clone(),
            bundle_bytes,
            images: roles.map(images).into(),
            files: roles.map(files).into(),
        }
    }
}

/// What is asked of all hosts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// What is asked of each.
    pub hosts: Vec<HostNeeds>,
    /// Systems we install on.
    pub systems: &'static [System],
    /// Architectures the bundle carries.
    pub arches: Vec<Arch>,
    /// Addresses of pods.
    pub pods: Network,
    /// Addresses of services.
    pub services: Network,
    /// What the hosts' own apt said of the bundle's packages; none without any.
    pub rehearsals: Rehearsals,
}

/// What is asked of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostNeeds {
    /// Its name in the cluster file.
    pub name: String,
    /// The address the other hosts reach it under.
    pub address: IpAddr,
    /// Fewest processors.
    pub cpus: u32,
    /// Least memory in bytes.
    pub memory_bytes: u64,
    /// Least room by folder, in bytes.
    pub disk_bytes: Vec<(&'static str, u64)>,
    /// Ports that must be free.
    pub ports: Vec<PortNeed>,
}

/// A port that something of ours will listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortNeed {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// What for.
    pub purpose: &'static str,
}

impl Needs {
    /// What a cluster of this release asks of its hosts.
    pub fn of(cluster: &Cluster, appetite: &Appetite) -> Self {
        let host = |host: &Host| HostNeeds {
            name: host.name.to_string(),
            address: host.address,
            cpus: if host.roles.contains(&Role::ControlPlane) { 2 } else { 1 },
            memory_bytes: memory(&host.roles),
            disk_bytes: disk(&host.roles, appetite),
            ports: ports(&host.roles, cluster),
        };
        Self {
            hosts: cluster.hosts.iter().map(host).collect(),
            systems: SUPPORTED_SYSTEMS,
            arches: appetite.arches.clone(),
            pods: cluster.network.pods,
            services: cluster.network.services,
            rehearsals: Rehearsals::new(),
        }
    }
}

/// kubeadm asks a control plane for 1700 MiB; a little is taken by the kernel
/// before anybody counts.
fn memory(roles: &BTreeSet<Role>) -> u64 {
    if roles.contains(&Role::ControlPlane) { 1700 * MIB } else { 900 * MIB }
}

fn disk(roles: &BTreeSet<Role>, appetite: &Appetite) -> Vec<(&'static str, u64)> {
    // Roles on one host share images and files, so the hungriest one counts.
    let most = |list: &[(Role, u64)]| {
        list.iter().filter(|(role, _)| roles.contains(role)).map(|(_, bytes)| *bytes).max()
    };
    let images = most(&appetite.images).unwrap_or(0);
    let files = most(&appetite.files).unwrap_or(0);
    let mut needs = vec![
        ("/usr/local", files * UNPACKED_FILES),
        ("/var/lib/containers", images * UNPACKED_IMAGES),
        // Volumes, logs, and what the kubelet keeps free before it evicts.
        ("/var/lib/kubelet", 2 * GIB),
    ];
    if roles.contains(&Role::ControlPlane) {
        needs.push(("/var/lib/bottari", appetite.bundle_bytes));
        // The largest database etcd allows by default, and a snapshot's start.
        needs.push(("/var/lib/etcd", 2 * GIB));
    }
    needs
}

fn ports(roles: &BTreeSet<Role>, cluster: &Cluster) -> Vec<PortNeed> {
    let tcp = |port, purpose| PortNeed { protocol: Protocol::Tcp, port, purpose };
    let mut ports = vec![
        tcp(10250, "kubelet"),
        tcp(10248, "kubelet health"),
        tcp(10249, "kube-proxy metrics"),
        tcp(10256, "kube-proxy health"),
        PortNeed { protocol: Protocol::Udp, port: 4789, purpose: "pod network (VXLAN)" },
    ];
    if roles.contains(&Role::ControlPlane) {
        ports.extend([
            tcp(cluster.api.port.number(), "API server"),
            tcp(2379, "etcd clients"),
            tcp(2380, "etcd peers"),
            tcp(10257, "controller manager"),
            tcp(10259, "scheduler"),
            tcp(cluster.registry.port.number(), "registry"),
        ]);
    }
    ports
}
