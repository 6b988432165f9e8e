//! What a cluster of K-PaaS has and no cluster file can say today.
//!
//! Each says what K-PaaS does, what this version does instead, and the profile
//! of the release that carries what is needed.

use super::{
    cluster::{Cloud, Described, Machine, Storage},
    findings::{Findings, Scope},
    settings::{Settings, Value},
};
use std::collections::BTreeSet;

/// Profiles of the release that are wanted.
pub(super) type Profiles = BTreeSet<&'static str>;

/// Tells all of it, and gives the profiles to lock.
pub(super) fn tell(cluster: &Described, scope: Scope, findings: &Findings) -> Profiles {
    let mut profiles = Profiles::new();
    etcd(cluster, scope, findings);
    control_planes(cluster, scope, findings);
    certificate(cluster, scope, findings);
    storage(cluster, scope, findings, &mut profiles);
    addresses(cluster, scope, findings);
    policies(cluster, scope, findings, &mut profiles);
    cloud(cluster, scope, findings);
    profiles
}

/// The one difference that keeps the release from being installed today.
fn etcd(cluster: &Described, scope: Scope, findings: &Findings) {
    let Some(count) = &cluster.control_planes else { return };
    let message = "K-PaaS runs etcd as a service of the hosts; this version runs it as a pod, whose \
                   image kpaas-1.7.0 does not bring: its bundle cannot be applied yet";
    findings.unsaid(count.spot, scope, message);
}

fn control_planes(cluster: &Described, scope: Scope, findings: &Findings) {
    let Some(count) = cluster.control_planes.as_ref().filter(|count| count.is > 1) else { return };
    let message = format!(
        "K-PaaS makes {} control planes; this version installs one, `{}`, and the others stand in \
         the file as comments",
        count.is,
        cluster.masters.first().map_or("", name)
    );
    findings.unsaid(count.spot, scope, message);
    if let Some(first) = cluster.etcd.first().and_then(|machine| machine.name.as_ref()) {
        let message = format!(
            "K-PaaS keeps etcd on {} hosts of its own; this version keeps it on the control plane",
            cluster.etcd.len()
        );
        findings.unsaid(first.spot, scope, message);
    }
}

fn name(machine: &Machine) -> &str {
    machine.name.as_ref().map_or("", |name| name.is.as_str())
}

fn certificate(cluster: &Described, scope: Scope, findings: &Findings) {
    let first = cluster.masters.first().and_then(|machine| machine.address.as_ref());
    let Some(public) = &cluster.public_address else { return };
    if first.is_some_and(|first| first.is != public.is) {
        let message = format!(
            "K-PaaS puts {} into the certificate of the API server; this version does not, so \
             clients reach it by its own address",
            public.is
        );
        findings.unsaid(public.spot, scope, message);
    }
}

fn storage(cluster: &Described, scope: Scope, findings: &Findings, profiles: &mut Profiles) {
    let Some(storage) = &cluster.storage else { return };
    let (what, profile) = match (storage.is, &cluster.nfs_server) {
        (Storage::Nfs, Some(server)) => {
            (format!("makes volumes on the NFS server {}", server.is), "storage-nfs")
        }
        (Storage::Nfs, None) => return,
        (Storage::Rook, _) => {
            ("makes volumes on empty disks of the workers by Rook".to_owned(), "storage-rook")
        }
    };
    profiles.insert(profile);
    let message = format!(
        "K-PaaS {what}; this version does not: profile `{profile}` carries it, and no storage \
         class is made"
    );
    findings.unsaid(storage.spot, scope, message);
}

fn addresses(cluster: &Described, scope: Scope, findings: &Findings) {
    if let Some(pool) = &cluster.pool {
        let message = format!(
            "K-PaaS gives {} to services; this version installs MetalLB without a pool. Whether \
             DHCP gives these addresses away too cannot be seen from here",
            pool.is
        );
        findings.unsaid(pool.spot, scope, message);
    }
    if let Some(ingress) = &cluster.ingress {
        let message = format!(
            "K-PaaS gives {} to the ingress; this version installs ingress-nginx without an address",
            ingress.is
        );
        findings.unsaid(ingress.spot, scope, message);
    }
    if let Some(gateway) = &cluster.gateway {
        let outside = cluster.gateway_outside.as_ref().map(|outside| outside.is.to_string());
        let message = format!(
            "K-PaaS gives {} (outside {}) to the gateway of the mesh; this version makes no gateway",
            gateway.is,
            outside.unwrap_or_default()
        );
        findings.unsaid(gateway.spot, scope, message);
    }
}

fn policies(cluster: &Described, scope: Scope, findings: &Findings, profiles: &mut Profiles) {
    if let Some(kyverno) = cluster.kyverno.as_ref().filter(|kyverno| kyverno.is) {
        profiles.insert("kyverno");
        let message = "K-PaaS installs Kyverno and its policies; this version does not: profile \
                       `kyverno` carries it";
        findings.unsaid(kyverno.spot, scope, message);
    }
}

fn cloud(cluster: &Described, scope: Scope, findings: &Findings) {
    let Some(cloud) = &cluster.cloud else { return };
    let provider = match cloud.is {
        Cloud::Nhn => "NHN",
        Cloud::Naver => "NAVER",
    };
    let message = format!(
        "K-PaaS installs the load balancer controller of {provider} Cloud; no release carries it, \
         and the credentials of the file were not read"
    );
    findings.unsaid(cloud.spot, scope, message);
}

/// Variables that K-PaaS itself passes over with the others as they are.
pub(super) fn unread(settings: &Settings<'_>, known: impl Fn(&str) -> bool, scope: Scope) {
    for Value { name, spot, .. } in settings.unread() {
        if known(&name) {
            let message = format!(
                "`{name}` is set, and with these settings K-PaaS does not read it, nor is it read here"
            );
            settings.findings.unsaid(spot, scope, message);
        }
    }
}
