//! Values that are each right and do not go together, within one cluster.

use super::{
    cluster::{Described, Machine, Storage},
    findings::{Findings, Scope},
    settings::{Value, differs},
    values::{MOST_HOSTS, PODS, SERVICES},
};
use manifests::cluster::Network;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
};

/// Holds everything of a cluster against everything else.
pub(super) fn check(cluster: &Described, scope: Scope, findings: &Findings) {
    etcd_is_odd(cluster, findings);
    hosts_are_not_too_many(cluster, findings);
    let mut names = HashMap::new();
    for name in cluster.machines().filter_map(|machine| machine.name.as_ref()) {
        differs(name, &mut names, findings);
    }
    addresses_differ(cluster, findings);
    workers_suffice_for_rook(cluster, findings);
    pool_holds_nothing_else(cluster, findings);
    pool_is_on_the_network_of_hosts(cluster, scope, findings);
    nothing_is_inside_the_cluster(cluster, findings);
}

fn etcd_is_odd(cluster: &Described, findings: &Findings) {
    let even = cluster.control_planes.as_ref().filter(|count| count.is % 2 == 0);
    if let Some(Value { name, spot, is }) = even {
        let message = format!(
            "`{name}`: etcd needs an odd number of members, found {is}: with {is} it bears no more \
             failures than with {}",
            is - 1
        );
        findings.mistake(*spot, message);
    }
}

/// The pod network of K-PaaS has a /24 for each host.
fn hosts_are_not_too_many(cluster: &Described, findings: &Findings) {
    let nodes = cluster.masters.len() + cluster.workers.len();
    let last = cluster.workers.last().and_then(|machine| machine.name.as_ref());
    if let Some(last) = last.filter(|_| nodes > MOST_HOSTS) {
        let message = format!(
            "{nodes} hosts: the pod network {PODS} has room for {MOST_HOSTS}; write a larger one \
             with `init`"
        );
        findings.mistake(last.spot, message);
    }
}

/// Hosts, the load balancer, the ingress and the gateway each have their own.
fn addresses_differ(cluster: &Described, findings: &Findings) {
    let mut addresses = HashMap::new();
    for address in cluster.machines().filter_map(|machine: &Machine| machine.address.as_ref()) {
        differs(address, &mut addresses, findings);
    }
    for address in balancer_address(cluster).iter().chain(&cluster.ingress).chain(&cluster.gateway)
    {
        differs(address, &mut addresses, findings);
    }
}

/// The load balancer, when it is no name.
pub(super) fn balancer_address(cluster: &Described) -> Option<Value<Ipv4Addr>> {
    let Value { name, spot, is } = cluster.balancer.as_ref()?;
    match is.address()? {
        IpAddr::V4(address) => Some(Value { name: name.clone(), spot: *spot, is: address }),
        IpAddr::V6(_) => None,
    }
}

fn workers_suffice_for_rook(cluster: &Described, findings: &Findings) {
    let workers = cluster.workers.len();
    let rook = cluster.storage.as_ref().filter(|storage| storage.is == Storage::Rook);
    if let Some(rook) = rook.filter(|_| (1..3).contains(&workers)) {
        let message = format!(
            "`{}`: rook-ceph keeps three copies: expected 3 workers or more, found {workers}",
            rook.name
        );
        findings.mistake(rook.spot, message);
    }
}

/// Every address that is not the pool's.
fn others(cluster: &Described) -> Vec<Value<Ipv4Addr>> {
    let hosts = cluster.machines().filter_map(|machine| machine.address.as_ref());
    let more = cluster.nfs_server.iter().chain(&cluster.ingress).chain(&cluster.gateway);
    hosts.chain(more).cloned().chain(balancer_address(cluster)).collect()
}

/// MetalLB refuses pools that overlap, and the ingress has a pool of its own;
/// an address of a machine would be given to a service.
fn pool_holds_nothing_else(cluster: &Described, findings: &Findings) {
    let Some(pool) = &cluster.pool else { return };
    for Value { name, spot, is } in others(cluster).iter().filter(|v| pool.is.contains(v.is)) {
        let message = format!("`{name}`: {is} lies in `{}`, {}", pool.name, pool.is);
        findings.mistake(*spot, message);
    }
}

/// Layer 2 is answered on the hosts' own network only. How large that is stands
/// in no variable, so that this is no more than worth a look.
fn pool_is_on_the_network_of_hosts(cluster: &Described, scope: Scope, findings: &Findings) {
    let Some(pool) = &cluster.pool else { return };
    let near = |address: Ipv4Addr| {
        let near = |end: Ipv4Addr| end.octets()[..3] == address.octets()[..3];
        near(pool.is.first) || near(pool.is.last)
    };
    let mut hosts = cluster.machines().filter_map(|machine| machine.address.as_ref()).peekable();
    if hosts.peek().is_some() && !hosts.any(|host| near(host.is)) {
        let message = format!(
            "`{}`: no host has an address near {}: MetalLB answers only on the hosts' own network",
            pool.name, pool.is
        );
        findings.unsaid(pool.spot, scope, message);
    }
}

/// What lies in the networks of pods or services cannot be reached from pods.
fn nothing_is_inside_the_cluster(cluster: &Described, findings: &Findings) {
    let more = cluster.public_address.iter().chain(&cluster.gateway_outside).cloned();
    let mut all: Vec<_> = others(cluster).into_iter().chain(more).collect();
    if let Some(Value { name, spot, is }) = &cluster.pool {
        let end = |is| Value { name: name.clone(), spot: *spot, is };
        all.extend([end(is.first), end(is.last)]);
    }
    for Value { name, spot, is } in all {
        if let Some(what) = inside(is) {
            findings.mistake(spot, format!("`{name}`: {is} lies in the {what} of K-PaaS"));
        }
    }
    pool_holds_no_inside(cluster, findings);
}

/// A range may begin before a network and end behind it.
fn pool_holds_no_inside(cluster: &Described, findings: &Findings) {
    let Some(pool) = &cluster.pool else { return };
    if inside(pool.is.first).is_some() || inside(pool.is.last).is_some() {
        return;
    }
    let begins_in_it = |network: &&str| {
        let first = network.split('/').next().and_then(|first| first.parse().ok());
        first.is_some_and(|first| pool.is.contains(first))
    };
    for network in [PODS, SERVICES].into_iter().filter(begins_in_it) {
        let message = format!("`{}`: {} holds {network} of K-PaaS", pool.name, pool.is);
        findings.mistake(pool.spot, message);
    }
}

/// The network of K-PaaS that holds an address.
pub(super) fn inside(address: Ipv4Addr) -> Option<String> {
    let holds = |network: &str| {
        network.parse().is_ok_and(|network: Network| network.contains(address.into()))
    };
    [("pod network", PODS), ("service network", SERVICES)]
        .into_iter()
        .find(|(_, network)| holds(network))
        .map(|(what, network)| format!("{what} {network}"))
}
